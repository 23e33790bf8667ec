//! What a program's complaint means. The scripts run in the C locale, where the system's words are always the same.

use crate::running::tell;
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
        Some(("nonexistent", Meaning::Kind(kind))) => {
            Error::new(kind, "no such folder").with_outcome(Outcome::Sent)
        }
        Some((word, Meaning::Kind(kind))) => {
            Error::new(kind, word.to_lowercase()).with_outcome(Outcome::Sent)
        }
        None => output.failure(),
    };
    tell(error.with_operation(operation).with_note(path.to_owned()), &output.host, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Sink;
    use crate::{Exit, Host, TransportDetail};

    fn error(words: &str) -> Error {
        let mut sink = Sink::new(1000);
        sink.take(words.as_bytes());
        of(&Output::of(&Host::new("web01"), Exit::Code(1), sink.done()), "transport.write", "/etc/map.conf")
    }

    #[test]
    fn complaints_get_the_class_that_a_pager_must_tell_apart() {
        let full = error("cat: write error: No space left on device\n");
        assert_eq!(TransportDetail::class_of(&full), Some(FaultClass::DiskFull));
        let text = full.to_string();
        assert_eq!(text, "transport.write: no space left on device (/etc/map.conf; host web01)");
        let read_only = error("sh: 12: cannot create /etc/.map: Read-only file system\n");
        assert_eq!(TransportDetail::class_of(&read_only), Some(FaultClass::ReadOnly));
        assert_eq!(TransportDetail::class_of(&error("purlin: damaged\n")), Some(FaultClass::Damaged));
        let nowhere = error("sh: 1: cannot create /x/y: Directory nonexistent\n");
        assert_eq!((nowhere.kind(), nowhere.message()), (ErrorKind::NotFound, "no such folder"));
        assert_eq!(error("chown: invalid user: 'nosuch'\n").kind(), ErrorKind::Invalid);
        assert_eq!(error("rmdir: failed to remove 'x': Directory not empty\n").kind(), ErrorKind::Conflict);
        assert_eq!(error("cat: x: Permission denied\n").kind(), ErrorKind::Denied);
        let other = error("Segmentation fault\n");
        assert_eq!(TransportDetail::class_of(&other), Some(FaultClass::CommandFailed));
        assert!(other.to_string().contains("Segmentation fault"), "{other}");
    }
}
