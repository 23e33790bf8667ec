//! What is asked of the machine that runs the checks.

use super::{CheckKinds, is_set, made, name, template, wanted};
use crate::Range;
use crate::checks::{self, ProcessState, ProcessTable, Touch};
use crate::config::Recipe;
use purlin_config::{Fields, Misread, choice};
use purlin_core::Error;
use std::sync::Arc;

const STATES: [(&str, ProcessState); 5] = [
    ("running", ProcessState::Running),
    ("sleeping", ProcessState::Sleeping),
    ("stuck", ProcessState::Stuck),
    ("stopped", ProcessState::Stopped),
    ("zombie", ProcessState::Zombie),
];

/// All of them; they share one look at all processes, and one limit of children that touch paths.
pub(super) fn all(kinds: CheckKinds) -> CheckKinds {
    let (table, touch) = (ProcessTable::new(), Touch::new());
    let (for_disk, for_mount, for_files) = (touch.clone(), touch.clone(), touch);
    kinds
        .with("plugin", plugin)
        .with("disk", move |fields| disk(fields, &for_disk))
        .with("mount", move |fields| mount(fields, &for_mount))
        .with("process", move |fields| process(fields, &table))
        .with("load", |_| made(|_| Ok(Arc::new(checks::Load::new()))))
        .with("file-age", move |fields| file_age(fields, &for_files))
        .with("systemd", systemd)
}

fn plugin(fields: &mut Fields<'_>) -> Option<Arc<dyn Recipe>> {
    let argv = fields.wanted("argv")?;
    argv.command()?;
    let argv = argv.list("a list of words", template)?;
    made(move |fill| {
        let words = argv.iter().map(|word| fill.text(word)).collect::<Result<Vec<_>, _>>()?;
        let check = checks::Plugin::new(words)?;
        Ok(match fill.host() {
            Some(host) => Arc::new(check.on(host.name())),
            None => Arc::new(check),
        })
    })
}

fn disk(fields: &mut Fields<'_>, touch: &Touch) -> Option<Arc<dyn Recipe>> {
    let (path, touch) = (wanted(fields, "path")?, touch.clone());
    made(move |fill| Ok(Arc::new(checks::Disk::at(fill.text(&path)?)?.touch(&touch))))
}

fn mount(fields: &mut Fields<'_>, touch: &Touch) -> Option<Arc<dyn Recipe>> {
    let path = wanted(fields, "path");
    let (kind, source) = (name(fields, "file_system"), name(fields, "source"));
    let is_writable = is_set(fields, "writable");
    let file = name(fields, "read");
    let (path, touch) = (path?, touch.clone());
    made(move |fill| {
        let mut check = checks::Mount::at(fill.text(&path)?)?.touch(&touch);
        if let Some(kind) = &kind {
            check = check.file_system(kind);
        }
        if let Some(source) = &source {
            check = check.source(source);
        }
        if let Some(file) = &file {
            check = check.reading(file);
        }
        Ok(Arc::new(if is_writable { check.writable() } else { check }))
    })
}

fn process(fields: &mut Fields<'_>, table: &ProcessTable) -> Option<Arc<dyn Recipe>> {
    let (program, argument, user) = (name(fields, "program"), name(fields, "argument"), name(fields, "user"));
    let state = fields.value("state").and_then(|state| state.parsed(|text| choice(text, &STATES)));
    let count = fields
        .value("count")
        .and_then(|count| count.parsed(|text| text.parse::<Range>().map_err(|error: Error| misread(&error))));
    let table = table.clone();
    made(move |_| {
        let mut check = checks::Processes::of(&table);
        if let Some(program) = &program {
            check = check.name(program);
        }
        if let Some(argument) = &argument {
            check = check.argument(argument);
        }
        if let Some(user) = &user {
            check = check.user(user);
        }
        if let Some(state) = state {
            check = check.state(state);
        }
        if let Some(count) = count {
            check = check.count(count);
        }
        Ok(Arc::new(check))
    })
}

fn misread(error: &Error) -> Misread {
    let fault = Misread::new(error.message().to_owned());
    match error.note() {
        Some(note) => fault.help(note),
        None => fault,
    }
}

fn file_age(fields: &mut Fields<'_>, touch: &Touch) -> Option<Arc<dyn Recipe>> {
    let path = wanted(fields, "path");
    let is_oldest = fields
        .value("which")
        .and_then(|which| which.parsed(|text| choice(text, &[("newest", false), ("oldest", true)])))
        .unwrap_or_default();
    let (path, touch) = (path?, touch.clone());
    made(move |fill| {
        let path = fill.text(&path)?;
        let check = if is_oldest { checks::FileAge::oldest(path)? } else { checks::FileAge::newest(path)? };
        Ok(Arc::new(check.touch(&touch)))
    })
}

fn systemd(fields: &mut Fields<'_>) -> Option<Arc<dyn Recipe>> {
    let unit = wanted(fields, "unit");
    let is_once = is_set(fields, "once");
    let unit = unit?;
    made(move |fill| {
        let check = checks::Systemd::unit(fill.text(&unit)?)?;
        Ok(Arc::new(if is_once { check.once() } else { check }))
    })
}
