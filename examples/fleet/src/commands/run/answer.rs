//! What a command has said on a host.

use crate::app::NAME;
use crate::commands::remote::{Line, State, Verdict, folded, hosts};
use crate::output::{Page, schema_of_flow};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use purlin::transport::{Captured, Exit, Output};
use schemars::JsonSchema;
use serde::Serialize;

pub(super) const FORMAT: &str = "run";

/// What a command has said on one host.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Ran {
    /// Its exit status; null where a signal has ended it.
    exit: Option<i32>,
    /// The signal that has ended it, such as KILL.
    signal: Option<String>,
    /// Its standard output; null where that is no UTF-8.
    stdout: Option<String>,
    /// Its standard output in base64, where it is no UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    stdout_base64: Option<String>,
    /// Its standard error; null where that is no UTF-8.
    stderr: Option<String>,
    /// Its standard error in base64, where it is no UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    stderr_base64: Option<String>,
    /// How many bytes more there were of its standard output than were kept.
    stdout_passed_over: u64,
    /// How many bytes more there were of its standard error than were kept.
    stderr_passed_over: u64,
    /// Whether something that it left running held its outputs open.
    left_open: bool,
}

impl Ran {
    pub(super) fn of(output: &Output) -> Self {
        let (stdout, stdout_base64) = text(&output.stdout);
        let (stderr, stderr_base64) = text(&output.stderr);
        let signal = match &output.exit {
            Exit::Signal(name) => Some(name.clone()),
            _ => None,
        };
        Self {
            exit: output.exit.code(),
            signal,
            stdout,
            stdout_base64,
            stderr,
            stderr_base64,
            stdout_passed_over: output.stdout.passed_over(),
            stderr_passed_over: output.stderr.passed_over(),
            left_open: output.left_open,
        }
    }
}

fn text(said: &Captured) -> (Option<String>, Option<String>) {
    // A letter that was cut through at the end makes no bytes of a text.
    let text = match std::str::from_utf8(said.bytes()) {
        Ok(text) => Some(text),
        Err(fault) if said.is_cut() && fault.error_len().is_none() => {
            said.bytes().get(..fault.valid_up_to()).and_then(|bytes| std::str::from_utf8(bytes).ok())
        }
        Err(_) => None,
    };
    match text {
        Some(text) => (Some(text.to_owned()), None),
        None => (None, Some(STANDARD.encode(said.bytes()))),
    }
}

impl Verdict for Output {
    fn state(&self) -> State {
        if self.is_success() { State::Ok } else { State::Failed }
    }
}

/// The schema of a line.
pub(crate) fn schema() -> schemars::Schema {
    schema_of_flow::<Line<Ran>>(&format!("{NAME}.{FORMAT}"), 1)
}

/// What is equal on hosts that are shown together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Same {
    exit: Option<i32>,
    ended: String,
    stdout: String,
    stderr: String,
    notes: Vec<String>,
}

impl Same {
    pub(super) fn of(output: &Output) -> Self {
        let cut = |name: &str, said: &Captured| {
            said.is_cut().then(|| format!("{} bytes more of its {name} are not shown", said.passed_over()))
        };
        let mut notes: Vec<String> = cut("output", &output.stdout).into_iter().collect();
        notes.extend(cut("standard error", &output.stderr));
        if output.left_open {
            notes.push("something that it left running holds its outputs open".to_owned());
        }
        Self {
            exit: output.exit.code(),
            ended: output.exit.to_string(),
            stdout: output.stdout.text().into_owned(),
            stderr: output.stderr.text().into_owned(),
            notes,
        }
    }

    /// `38 hosts: same (web[01-38])`, and what they said.
    pub(super) fn show(&self, page: &mut Page, names: &[String]) {
        let ended = if self.exit == Some(0) { String::new() } else { self.ended.clone() };
        page.heading(&match (names, ended.as_str()) {
            ([name], "") => name.clone(),
            ([name], ended) => format!("{name}: {ended}"),
            (names, "") => format!("{}: same ({})", hosts(names.len()), folded(names)),
            (names, ended) => format!("{}: same, {ended} ({})", hosts(names.len()), folded(names)),
        });
        page.printed(2, &self.stdout);
        if !self.stderr.is_empty() {
            page.line("  standard error:");
            page.printed(4, &self.stderr);
        }
        self.notes.iter().for_each(|note| page.line(&format!("  ({note})")));
        if self.stdout.is_empty() && self.stderr.is_empty() && self.notes.is_empty() {
            page.line("  (no output)");
        }
    }
}
