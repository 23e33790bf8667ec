//! Sets of names, from arguments and standard input.

use crate::input::STANDARD_INPUT;
use purlin::core::{Diagnostic, Diagnostics, Place, units};
use purlin::inventory::NodeSet;
use purlin::{Error, Result};
use std::io::{self, Read};

/// The most that is read from standard input: names of some millions of hosts.
const LIMIT: u64 = 64 << 20;

/// One set for each argument; `-` is standard input as one set.
///
/// # Errors
/// [`Invalid`](purlin::ErrorKind::Invalid), naming the argument's column or the line, for what is no set of names.
pub(super) fn read(given: &[String]) -> Result<Vec<NodeSet>> {
    given.iter().map(|given| if given == "-" { standard_input() } else { NodeSet::parse(given) }).collect()
}

fn standard_input() -> Result<NodeSet> {
    let mut bytes = Vec::new();
    let read = io::stdin().lock().take(LIMIT + 1).read_to_end(&mut bytes);
    read.map_err(|error| Error::io("stdin.read", error))?;
    let here = || Place::file(STANDARD_INPUT);
    if bytes.len() as u64 > LIMIT {
        let message = format!("more than {}", units::size::format(LIMIT));
        return Err(refused(Diagnostic::error("too-large", message).place(here())));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => lines(text),
        Err(error) => {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let fault = Diagnostic::error("not-utf8", "not UTF-8 text from here on");
            Err(refused(fault.place(here().offset(&before, before.len()))))
        }
    }
}

/// A set a line, all of them together.
fn lines(text: &str) -> Result<NodeSet> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    // Lines of names alone, which are most, are put together at once.
    let (alone, combined): (Vec<_>, Vec<_>) = lines.partition(|(_, line)| is_name(line));
    let mut set: NodeSet = alone.into_iter().map(|(_, line)| line.trim()).collect();
    for (number, line) in combined {
        set = set.union(&NodeSet::parse(line).map_err(|error| on_line(error, number))?)?;
    }
    Ok(set)
}

/// Whether a line means the same as a name and as a set.
fn is_name(line: &str) -> bool {
    let means_more =
        |letter: char| "[],!&^@*?".contains(letter) || letter.is_whitespace() || letter.is_control();
    !line.trim().contains(means_more)
}

/// The fault of one line, where it stands in the whole text.
fn on_line(error: Error, line: u32) -> Error {
    let Some(faults) = error.detail::<Diagnostics>() else { return error };
    let moved = faults.iter().cloned().map(|mut fault| {
        let column = fault.place.as_ref().and_then(|place| place.column).unwrap_or(1);
        fault.place = Some(Place::file(STANDARD_INPUT).at(line, column));
        fault
    });
    moved.collect::<Diagnostics>().into_result("nodeset.parse").err().unwrap_or(error)
}

fn refused(fault: Diagnostic) -> Error {
    let message = fault.message.clone();
    let faults: Diagnostics = [fault].into_iter().collect();
    faults.into_result("stdin.read").err().unwrap_or_else(|| Error::new(purlin::ErrorKind::Invalid, message))
}
