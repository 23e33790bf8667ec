//! Inventory scripts, and commands that print what a script prints.

#[cfg(unix)]
mod process;

use super::detect::faulty;
use super::json_inventory::ScriptInventory;
use super::options::{AnsibleOptions, Limits};
use super::read;
use super::shlex::{self, Comments};
use crate::FileId;
use crate::batch::Batch;
use crate::document::{Read, json};
use purlin_core::{Cx, Diagnostic, Diagnostics, Error, ErrorKind, Place, Result};
use std::fs::Metadata;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

const OPERATION: &str = "inventory.script";

/// What a command has printed.
pub(crate) struct Printed {
    pub(crate) stdout: Vec<u8>,
    /// The beginning of its complaints.
    pub(crate) stderr: String,
}

/// Whether a file is meant to be run: it is executable, and begins as what the system can run does. An executable bit
/// alone says little: on some file systems every file has it.
pub(crate) fn is_script(path: &Path, found: &Metadata) -> Result<bool> {
    if !found.is_file() || !is_executable(found) {
        return Ok(false);
    }
    let mut start = [0; 4];
    let mut file = std::fs::File::open(path).map_err(|error| read::fault(path, error))?;
    let count = std::io::Read::read(&mut file, &mut start).map_err(|error| read::fault(path, error))?;
    let start = start.get(..count).unwrap_or_default();
    Ok(start.starts_with(b"#!") || start.starts_with(b"\x7fELF"))
}

#[cfg(unix)]
fn is_executable(found: &Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_found: &Metadata) -> bool {
    false
}

/// Runs a script with `--list`, and with `--host` for each host where that gives no variables of hosts.
pub(crate) fn of_file(
    cx: &Cx,
    path: &Path,
    name: &str,
    options: &AnsibleOptions,
    limits: &Limits,
) -> Result<Batch> {
    let path = std::path::absolute(path).map_err(|error| read::fault(path, error))?;
    let program = path.to_str().ok_or_else(|| {
        Error::new(ErrorKind::Invalid, format!("{name}: a path that is no UTF-8")).with_operation(OPERATION)
    })?;
    let script = Script { cx: cx.with_timeout(limits.script_time), program, name, limits };
    script.inventory(&["--list"], options, true)
}

/// Runs a command, written as for a shell, that prints what a script prints for `--list`.
pub(crate) fn of_command(
    cx: &Cx,
    command: &str,
    name: &str,
    options: &AnsibleOptions,
    limits: &Limits,
) -> Result<Batch> {
    let words = shlex::split(command, Comments::Kept).map_err(|fault| {
        let message = format!("{name}: {}", fault.message);
        Error::new(ErrorKind::Invalid, message).with_operation(OPERATION)
    })?;
    let words: Vec<&str> = words.iter().map(|word| &*word.text).collect();
    let Some((program, arguments)) = words.split_first() else {
        let message = "exec: without a command; write exec:PROGRAM ARGUMENTS";
        return Err(Error::new(ErrorKind::Invalid, message).with_operation(OPERATION));
    };
    let script = Script { cx: cx.with_timeout(limits.script_time), program, name, limits };
    script.inventory(arguments, options, false)
}

/// How many warnings of one script are told.
const MAX_WARNINGS: usize = 200;

const TOO_MUCH: &str = "printed more than the limit";

fn no_thread(error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Internal, format!("cannot start a thread: {error}"))
}

struct Script<'a> {
    cx: Cx,
    program: &'a str,
    name: &'a str,
    limits: &'a Limits,
}

impl Script<'_> {
    fn inventory(&self, arguments: &[&str], options: &AnsibleOptions, may_ask_again: bool) -> Result<Batch> {
        let printed = self.run(&self.cx, arguments, &AtomicU64::new(self.limits.script_output))?;
        let name = match may_ask_again {
            true => format!("{} --list", self.name),
            false => self.name.to_owned(),
        };
        let Read { value: root, warnings } = match self.document(&printed, &name, FileId(0)) {
            Ok(read) => read,
            Err(faults) => return Ok(faulty(&name, faults)),
        };
        let (mut inventory, complete) = ScriptInventory::read(&root, &name, options, self.limits);
        inventory.target().batch.diagnostics.extend(warnings);
        if !complete && may_ask_again {
            self.ask_for_hosts(&mut inventory)?;
        } else if !complete {
            let origin = super::json_inventory::whole(inventory.target());
            let help = "print \"_meta\": {\"hostvars\": {\"name\": {}}}";
            let message = "the command printed no variables of hosts";
            inventory.target().warning(origin, "script-json", message, help);
        }
        Ok(inventory.finish())
    }

    #[cfg(unix)]
    fn run(&self, cx: &Cx, arguments: &[&str], left: &AtomicU64) -> Result<Printed> {
        process::run(cx, self.program, arguments, left).map_err(|error| self.named(&error))
    }

    #[cfg(not(unix))]
    fn run(&self, _cx: &Cx, _arguments: &[&str], _left: &AtomicU64) -> Result<Printed> {
        Err(self.named(&Error::new(ErrorKind::Unsupported, "scripts run on Unix only")))
    }

    fn named(&self, error: &Error) -> Error {
        let outcome = error.outcome();
        let limit = self.limits.script_output;
        let told = match error.message().split_once(TOO_MUCH) {
            Some((before, behind)) => {
                let message = format!("{before}{TOO_MUCH} of {limit} bytes{behind}");
                crate::loader::error_at(Place::file(self.name), &Error::new(error.kind(), message), OPERATION)
            }
            None => crate::loader::error_at(Place::file(self.name), error, OPERATION),
        };
        told.with_outcome(outcome)
    }

    fn document(&self, printed: &Printed, name: &str, file: FileId) -> Result<Read, Diagnostics> {
        let faults = match std::str::from_utf8(&printed.stdout) {
            Ok(text) => match json::read_all(text, name, file) {
                Ok(root) => return Ok(root),
                Err(faults) => faults,
            },
            Err(error) => {
                let start = printed.stdout.get(..error.valid_up_to()).unwrap_or_default();
                let place = Place::file(name).offset(&String::from_utf8_lossy(start), error.valid_up_to());
                [Diagnostic::error("not-text", "a byte that is no UTF-8").place(place)].into_iter().collect()
            }
        };
        let said = match printed.stderr.trim() {
            "" => "it must print one JSON object, and nothing else, to standard output".to_owned(),
            said => format!("its standard error: {said}"),
        };
        let fault = Diagnostic::error("script-json", format!("{} did not print JSON", self.name));
        let fault = fault.place(Place::file(name)).help(said);
        Err(std::iter::once(fault).chain(faults).collect())
    }

    /// One `--host` call for each host, some at once; the first failure ends all.
    fn ask_for_hosts(&self, inventory: &mut ScriptInventory<'_>) -> Result<()> {
        let hosts = inventory.hosts();
        let answers: Mutex<Vec<Option<Printed>>> = Mutex::new(hosts.iter().map(|_| None).collect());
        let failure: Mutex<Option<Error>> = Mutex::new(None);
        let (next, left) = (AtomicUsize::new(0), AtomicU64::new(self.limits.script_output));
        let (cx, canceller) = self.cx.cancellable();
        let work = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some((_, name)) = hosts.get(index) else { return };
                match self.run(&cx, &["--host", name], &left) {
                    Ok(printed) => {
                        if let Ok(mut answers) = answers.lock()
                            && let Some(answer) = answers.get_mut(index)
                        {
                            *answer = Some(printed);
                        }
                    }
                    Err(error) => {
                        if let Ok(mut failure) = failure.lock() {
                            failure.get_or_insert(error);
                        }
                        canceller.cancel();
                        return;
                    }
                }
            }
        };
        let workers = self.limits.script_calls.clamp(1, hosts.len().max(1));
        std::thread::scope(|scope| {
            for started in 0..workers {
                let builder = std::thread::Builder::new().name("inventory.script".to_owned());
                match builder.spawn_scoped(scope, work) {
                    Ok(_) => {}
                    // Fewer do it as well.
                    Err(_) if started > 0 => return Ok(()),
                    Err(error) => return Err(self.named(&no_thread(&error))),
                }
            }
            Ok(())
        })?;
        if let Some(error) = failure.into_inner().unwrap_or_default() {
            return Err(error);
        }
        let answers = answers.into_inner().unwrap_or_default();
        for ((host, name), printed) in hosts.iter().zip(answers) {
            self.host_answer(inventory, *host, name, printed);
        }
        Ok(())
    }

    fn host_answer(
        &self,
        inventory: &mut ScriptInventory<'_>,
        host: u32,
        name: &str,
        printed: Option<Printed>,
    ) {
        let Some(printed) = printed else { return };
        if printed.stdout.trim_ascii().is_empty() {
            return;
        }
        let file_name = format!("{} --host {name}", self.name);
        let file = inventory.target().batch.file(file_name.as_str());
        match self.document(&printed, &file_name, file) {
            Ok(read) => {
                let room = MAX_WARNINGS.saturating_sub(inventory.target().batch.diagnostics.len());
                inventory.target().batch.diagnostics.extend(read.warnings.into_iter().take(room));
                inventory.set_host_vars(host, name, &read.value);
            }
            Err(faults) => faults.into_iter().for_each(|fault| inventory.target().batch.report(fault)),
        }
    }
}
