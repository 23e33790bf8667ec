//! `fleet copy`

use super::remote::{Groups, Line, Outcome, Round, State, Targets, Verdict, Visit, folded, hosts};
use crate::app::NAME;
use crate::cli::examples;
use crate::config::{Config, Layer};
use crate::consent::{Consent, Plan};
use crate::exit::Exit;
use crate::input::{at_fault, standard_input};
use crate::output::{Integer, Ui, schema_of_flow};
use crate::runtime::Runtime;
use clap::Args;
use purlin::core::{Diagnostic, Diagnostics, units};
use purlin::transport::{Content, Reach, WriteFile, Written};
use purlin::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::{Path, PathBuf};

const FORMAT: &str = "copy";
/// A file up to here is read once for all hosts.
const HELD: u64 = 16 << 20;

/// Copy a file to hosts: whole or not at all, and not where it is as wanted already
///
/// On each host the file is written beside its place, compared by SHA-256, and renamed over what is there. Where content,
/// mode and owner are as wanted, nothing is written.
#[derive(Debug, Args)]
#[command(
    override_usage = format!("{NAME} copy [OPTIONS] [PATTERN] <FILE> <DEST>\n       {NAME} copy [OPTIONS] --select <SELECTOR> <FILE> <DEST>"),
    after_help = examples(&[
        ("copy -i hosts.ini web map.conf /etc/map.conf --become", "asks on a terminal"),
        ("copy --select role=web map.war /srv/map/ --yes", "into a folder, under its own name"),
        ("copy web map.conf /etc/map.conf --dry-run", "where it would change something"),
    ])
)]
pub(crate) struct Copy {
    #[command(flatten)]
    targets: Targets,
    /// The hosts: an Ansible pattern; left out with --select
    #[arg(value_name = "PATTERN", required = true)]
    first: String,
    /// The file here ("-": standard input)
    #[arg(value_name = "FILE", required = true)]
    second: String,
    /// Its place there: a path, or a folder with a slash at its end; a relative one begins at the user's home
    #[arg(value_name = "DEST")]
    third: Option<String>,
    /// Its permission bits there, in octal, whatever the host's umask
    #[arg(long, value_name = "MODE", default_value = "0644", value_parser = mode)]
    mode: u32,
    /// Its owner there: USER, USER:GROUP or :GROUP [default: whoever logs in]
    #[arg(long, value_name = "OWNER")]
    owner: Option<String>,
    #[command(flatten)]
    consent: Consent,
}

fn mode(text: &str) -> Result<u32, String> {
    match u32::from_str_radix(text.strip_prefix("0o").unwrap_or(text), 8) {
        Ok(mode) if mode <= 0o7777 && !text.starts_with('+') => Ok(mode),
        _ => Err("write permission bits in octal, such as 0644".to_owned()),
    }
}

/// What became of the file on one host.
#[derive(Debug, Serialize, JsonSchema)]
struct Copied {
    /// Its path there.
    path: String,
    /// Its length in bytes.
    size: Integer,
    /// Its SHA-256.
    sha256: String,
    /// Whether the host has computed that itself.
    verified: bool,
}

/// What was found out on a host.
struct There {
    written: Written,
    path: String,
    is_rehearsal: bool,
}

impl Verdict for There {
    fn state(&self) -> State {
        match (self.written.changed, self.is_rehearsal) {
            (false, _) => State::Unchanged,
            (true, true) => State::Would,
            (true, false) => State::Ok,
        }
    }
}

/// The schema of a line.
pub(super) fn schema() -> schemars::Schema {
    schema_of_flow::<Line<Copied>>(&format!("{NAME}.{FORMAT}"), 1)
}

/// The words of the command line.
struct Words<'w> {
    pattern: Option<&'w str>,
    file: &'w str,
    destination: String,
}

impl Copy {
    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        self.targets.layer()
    }

    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let words = self.words()?;
        let found = match self.targets.find(words.pattern, ui, config, runtime)? {
            Ok(found) => found,
            Err(exit) => return Ok(exit),
        };
        let content = content(words.file, found.input.is_some())?;
        let mut file = WriteFile::new(&words.destination, content).mode(self.mode);
        file.owner.clone_from(&self.owner);
        file.check()?;
        if self.consent.dry_run {
            file = file.rehearse();
        } else if let Err(exit) = self.consent.given(ui, config, runtime, &self.plan(&words, &found.hosts))? {
            return Ok(exit);
        }
        let ways = self.targets.login.ways(runtime)?;
        let round = Round::new(&self.targets, found.hosts, ways, move |visit| copy(visit, file.clone()));
        let (reports, flow) = round.run(ui, runtime, line)?;
        Ok(reports.close(ui, flow, |page| {
            let done = reports.outcomes.iter().filter(|it| it.result.is_ok());
            let groups: Groups<State> = done.map(|it| (it.state(), it.host.clone())).collect();
            for (state, names) in &groups.0 {
                let what = match state {
                    State::Ok => "written",
                    State::Would => "would be written; nothing was changed",
                    other => other.words(),
                };
                page.line(&format!("{}: {what} ({})", hosts(names.len()), folded(names)));
            }
        }))
    }

    fn words(&self) -> Result<Words<'_>> {
        let wrong = |message: &str, help: &str| {
            let fault = Diagnostic::error("usage", message.to_owned()).help(help.to_owned());
            Error::new(ErrorKind::Invalid, message.to_owned()).with_detail(Diagnostics::from_iter([fault]))
        };
        let (pattern, file, destination) = match &self.third {
            Some(destination) => (Some(self.first.as_str()), &self.second, destination),
            None if self.targets.has_selector() => (None, &self.first, &self.second),
            None => {
                let message = "nobody says which hosts the file is for, or what its place is there";
                return Err(wrong(message, "write PATTERN FILE DEST, or --select SELECTOR FILE DEST"));
            }
        };
        let mut place = destination.clone();
        if place.ends_with('/') {
            let name = Path::new(file).file_name().and_then(|name| name.to_str()).filter(|_| file != "-");
            match name {
                Some(name) => place.push_str(name),
                None => {
                    let message = format!("{destination:?} is a folder, and the file has no name for it");
                    return Err(wrong(&message, "write the whole path"));
                }
            }
        }
        Ok(Words { pattern, file, destination: place })
    }

    fn plan(&self, words: &Words<'_>, found: &[Reach]) -> Plan {
        let names: Vec<String> = found.iter().map(|reach| reach.host.name.clone()).collect();
        let owner = self.owner.as_ref().map(|owner| format!(", owner {owner}")).unwrap_or_default();
        Plan {
            target: format!("{}: {}", hosts(names.len()), folded(&names)),
            steps: vec![format!("{} -> {} (mode {:04o}{owner})", words.file, words.destination, self.mode)],
        }
    }
}

/// The file itself, where it is small; it must be one, and readable, before any host is asked for anything.
fn content(file: &str, is_input_read: bool) -> Result<Content> {
    let refused = |code: &'static str, message: String| {
        let fault = Diagnostic::error(code, format!("{file}: {message}"));
        at_fault(ErrorKind::Invalid, fault)
    };
    if file == "-" {
        if is_input_read {
            return Err(refused("usage", "standard input is the inventory already".to_owned()));
        }
        return standard_input().map(Content::from);
    }
    let of_system = |error| {
        let error = Error::io("file.read", error);
        let code = if error.kind() == ErrorKind::NotFound { "not-found" } else { "unreadable" };
        refused(code, error.message().to_owned())
    };
    let metadata = std::fs::metadata(file).map_err(of_system)?;
    if !metadata.is_file() {
        return Err(refused("not-a-file", "this is not a file".to_owned()));
    }
    if metadata.len() <= HELD {
        return std::fs::read(file).map(Content::from).map_err(of_system);
    }
    std::fs::File::open(file).map_err(of_system)?;
    tracing::info!(size = units::size::format(metadata.len()), "the file is read for each host");
    Ok(Content::from(PathBuf::from(file)))
}

async fn copy(visit: Visit, file: WriteFile) -> Result<There> {
    let file = match &visit.reach.elevation {
        Some(elevation) => file.elevated(elevation.clone()),
        None => file,
    };
    let written = visit.session.write(&visit.cx, &file).await?;
    Ok(There { written, is_rehearsal: file.is_rehearsal(), path: file.path })
}

fn line(outcome: &Outcome<There>) -> Result<Vec<u8>> {
    let line = Line::new(FORMAT, &outcome.host, outcome.state()).took(outcome.took);
    match &outcome.result {
        Ok(there) => {
            let Written { size, sha256, verified, .. } = &there.written;
            let (path, sha256) = (there.path.clone(), sha256.clone());
            line.found(Copied { path, size: (*size).into(), sha256, verified: *verified }).text()
        }
        Err(failure) => line.failed(failure).text(),
    }
}
