//! Sets of names, from arguments and standard input.

use crate::input::{STANDARD_INPUT, at_fault, standard_input};
use purlin::core::{Diagnostic, Diagnostics, Place};
use purlin::inventory::{NodeSet, NodeSets, SetOperation};
use purlin::{Error, ErrorKind, Result};

/// What becomes of the sets, from left to right: each argument is one, and for `-` each line of standard input.
///
/// # Errors
/// [`Invalid`](purlin::ErrorKind::Invalid), naming the argument's column or the line, for what is no set of names, and
/// for standard input named twice.
pub(super) fn read(given: &[String], operation: SetOperation) -> Result<NodeSet> {
    if given.iter().filter(|given| *given == "-").count() > 1 {
        let message = "standard input can be read only once: name - as one set";
        return Err(Error::new(ErrorKind::Invalid, message).with_operation("nodeset.parse"));
    }
    let mut sets = NodeSets::new(operation);
    for (number, argument) in (1..).zip(given) {
        match argument.as_str() {
            "-" => lines(&text()?, operation, &mut sets)?,
            _ if given.len() == 1 => sets.parse(argument)?,
            _ => sets.parse(argument).map_err(|error| of_argument(error, number))?,
        }
    }
    sets.finish()
}

fn text() -> Result<String> {
    let bytes = standard_input()?;
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let place = Place::file(STANDARD_INPUT).offset(&before, before.len());
        at_fault(
            ErrorKind::Invalid,
            Diagnostic::error("not-utf8", "not UTF-8 text from here on").place(place),
        )
    })
}

/// A set a line.
fn lines(text: &str, operation: SetOperation, sets: &mut NodeSets) -> Result<()> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    if operation != SetOperation::Union {
        return each(lines, sets);
    }
    // Lines of names alone, which are most, are put together at once.
    let (alone, combined): (Vec<_>, Vec<_>) = lines.partition(|(_, line)| is_name(line));
    sets.push(alone.into_iter().map(|(_, line)| line.trim()).collect())?;
    each(combined.into_iter(), sets)
}

fn each<'a>(mut lines: impl Iterator<Item = (u32, &'a str)>, sets: &mut NodeSets) -> Result<()> {
    lines.try_for_each(|(number, line)| sets.parse(line).map_err(|error| on_line(error, number)))
}

/// Whether a line means the same as a name and as a set.
fn is_name(line: &str) -> bool {
    let means_more =
        |letter: char| "[],!&^@*?".contains(letter) || letter.is_whitespace() || letter.is_control();
    !line.trim().contains(means_more)
}

/// The fault of one line, where it stands in the whole text.
fn on_line(error: Error, line: u32) -> Error {
    moved(error, |place| Place::file(STANDARD_INPUT).at(line, place.column.unwrap_or(1)))
}

/// The fault of one argument of several.
fn of_argument(error: Error, number: usize) -> Error {
    moved(error, |mut place| {
        place.file = format!("argument {number}");
        place
    })
}

fn moved(error: Error, to: impl Fn(Place) -> Place) -> Error {
    let Some(faults) = error.detail::<Diagnostics>() else { return error };
    let moved = faults.iter().cloned().map(|mut fault| {
        fault.place = Some(to(fault.place.take().unwrap_or_else(|| Place::file("node set").at(1, 1))));
        fault
    });
    moved.collect::<Diagnostics>().into_result("nodeset.parse").err().unwrap_or(error)
}
