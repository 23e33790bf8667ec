//! What is at a path.

use purlin_core::{Error, ErrorKind, Result, Timestamp};

/// What sort of thing is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link.
    Link,
    /// A device, a socket, a pipe.
    Other,
}

/// What is at a path; a symbolic link is looked at itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stat {
    /// What sort of thing.
    pub kind: FileKind,
    /// Its length in bytes.
    pub size: u64,
    /// Its permission bits.
    pub mode: u32,
    /// Its owner's number.
    pub uid: u32,
    /// Its group's number.
    pub gid: u32,
    /// Its owner's name; none where the host has none for the number.
    pub user: Option<String>,
    /// Its group's name; none where the host has none for the number.
    pub group: Option<String>,
    /// When its content changed last, by the host's clock, to the second.
    pub modified: Timestamp,
    /// Where a link leads; none in a list of a folder.
    pub target: Option<String>,
}

/// `st_mode` (POSIX sys/stat.h; the numbers are those of Linux and the BSDs).
const KIND: u32 = 0o170_000;

impl Stat {
    /// Reads `MODE SIZE UID GID SECONDS USER GROUP`, the mode in hexadecimal, and gives what follows the last field.
    pub(crate) fn parse(text: &str) -> Option<(Self, &str)> {
        let mut rest = text;
        let mut field = || {
            let end = rest.find([' ', '\n']).unwrap_or(rest.len());
            let (field, after) = rest.split_at(end);
            rest = after.get(1..).unwrap_or_default();
            (!field.is_empty()).then_some(field)
        };
        let mode = u32::from_str_radix(field()?, 16).ok()?;
        let size = field()?.parse().ok()?;
        let uid = field()?.parse().ok()?;
        let gid = field()?.parse().ok()?;
        let seconds: i64 = field()?.parse().ok()?;
        let named = |name: &str| (name != "UNKNOWN").then(|| name.to_owned());
        let (user, group) = (named(field()?), named(field()?));
        let kind = match mode & KIND {
            0o100_000 => FileKind::File,
            0o040_000 => FileKind::Folder,
            0o120_000 => FileKind::Link,
            _ => FileKind::Other,
        };
        let modified = Timestamp::from_unix_seconds(seconds);
        let stat = Self { kind, size, mode: mode & 0o7777, uid, gid, user, group, modified, target: None };
        Some((stat, rest))
    }

    pub(super) fn of_answer(bytes: &[u8]) -> Result<Self> {
        let text = String::from_utf8_lossy(bytes);
        let (mut stat, rest) = Self::parse(&text).ok_or_else(|| garbled(&text))?;
        if stat.kind == FileKind::Link && !rest.is_empty() {
            stat.target = Some(rest.to_owned());
        }
        Ok(stat)
    }

    pub(super) fn of_list(bytes: &[u8]) -> Result<Vec<(String, Self)>> {
        let (end, entries) = match bytes.split_first() {
            Some((b'0', entries)) => (b'\0', entries),
            Some((b'n', entries)) => (b'\n', entries),
            _ => return Err(garbled(&String::from_utf8_lossy(bytes))),
        };
        let mut found = Vec::new();
        for entry in entries.split(|byte| *byte == end).filter(|entry| !entry.is_empty()) {
            let text = String::from_utf8_lossy(entry);
            let (stat, name) = Self::parse(&text).ok_or_else(|| garbled(&text))?;
            found.push((name.to_owned(), stat));
        }
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(found)
    }
}

fn garbled(text: &str) -> Error {
    let start: String = text.chars().take(80).collect();
    Error::new(ErrorKind::Protocol, format!("the host's stat says {start:?}, which is not understood"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_stat_is_read() {
        let stat = Stat::of_answer(b"a1ff 12 0 0 1700000000 root UNKNOWN\nreleases/42 x").unwrap();
        assert_eq!((stat.kind, stat.mode, stat.size), (FileKind::Link, 0o777, 12));
        assert_eq!((stat.user.as_deref(), stat.group), (Some("root"), None));
        assert_eq!(stat.target.as_deref(), Some("releases/42 x"));
    }

    #[test]
    fn names_with_spaces_and_line_breaks_are_whole() {
        let list = Stat::of_list(b"081a4 1 0 0 0 root root b c\n\x0041ed 0 0 0 0 root root a\0").unwrap();
        let names: Vec<&str> = list.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a", "b c\n"]);
        assert_eq!(list[0].1.kind, FileKind::Folder);
    }

    #[test]
    fn nonsense_is_an_error() {
        for text in [&b""[..], b"x", b"81a4 1 0", b"81a4 -1 0 0 0 a b", b"\xff\xfe"] {
            assert!(Stat::of_answer(text).is_err(), "{text:?}");
        }
        assert!(Stat::of_list(b"").is_err() && Stat::of_list(b"0junk\0").is_err());
        assert_eq!(Stat::of_list(b"0").unwrap(), []);
    }
}
