//! Sets of names, from arguments and standard input.

use crate::input::{STANDARD_INPUT, at_fault, standard_input};
use purlin::core::{Diagnostic, Diagnostics, Place};
use purlin::inventory::NodeSet;
use purlin::{Error, ErrorKind, Result};

/// One set for each argument; `-` is standard input as one set.
///
/// # Errors
/// [`Invalid`](purlin::ErrorKind::Invalid), naming the argument's column or the line, for what is no set of names.
pub(super) fn read(given: &[String]) -> Result<Vec<NodeSet>> {
    given.iter().map(|given| if given == "-" { names() } else { NodeSet::parse(given) }).collect()
}

fn names() -> Result<NodeSet> {
    let bytes = standard_input()?;
    match std::str::from_utf8(&bytes) {
        Ok(text) => lines(text),
        Err(error) => {
            let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            let place = Place::file(STANDARD_INPUT).offset(&before, before.len());
            let fault = Diagnostic::error("not-utf8", "not UTF-8 text from here on").place(place);
            Err(at_fault(ErrorKind::Invalid, fault))
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
