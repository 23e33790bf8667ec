//! What a program's complaint means. The scripts run in the C locale, where the system's words are always the same.

use crate::{FaultClass, Output};
use purlin_core::{Error, ErrorKind, Outcome};

/// The words of `strerror`, of dash's redirections, and of the scripts.
const WORDS: [(&[&str], Meaning); 9] = [
    (&["No space left on device", "Disk quota exceeded"], Meaning::Class(FaultClass::DiskFull)),
    (&["Read-only file system"], Meaning::Class(FaultClass::ReadOnly)),
    (&["purlin: damaged"], Meaning::Class(FaultClass::Damaged)),
    (&["Permission denied", "Operation not permitted", "can't cd to"], Meaning::Kind(ErrorKind::Denied)),
    (&["No such file or directory", "nonexistent"], Meaning::Kind(ErrorKind::NotFound)),
    (&["Is a directory", "Not a directory"], Meaning::Kind(ErrorKind::Invalid)),
    (&["Directory not empty"], Meaning::Kind(ErrorKind::Conflict)),
    (&["invalid user", "invalid group", "unknown user"], Meaning::Kind(ErrorKind::Invalid)),
    (&["File name too long", "Too many levels of symbolic links"], Meaning::Kind(ErrorKind::Invalid)),
];

#[derive(Clone, Copy)]
enum Meaning {
    Class(FaultClass),
    Kind(ErrorKind),
}

/// The error that an output with another status than 0 stands for.
pub(super) fn of(output: &Output, operation: &'static str, path: &str) -> Error {
    let text = output.stderr.text();
    let known = WORDS.iter().find_map(|(words, meaning)| {
        let word = words.iter().find(|word| text.contains(**word))?;
        Some((*word, *meaning))
    });
    let error = match known {
        Some((_, Meaning::Class(FaultClass::Damaged))) => {
            FaultClass::Damaged.error("what arrived is not what was sent; the old file is left as it was")
        }
        Some((word, Meaning::Class(class))) => class.error(word.to_lowercase()),
        Some((word, Meaning::Kind(kind))) => {
            Error::new(kind, word.to_lowercase()).with_outcome(Outcome::Sent)
        }
        None => output.failure(),
    };
    error.with_operation(operation).with_note(path.to_owned())
}
