//! The kernel's list of mounts (proc_pid_mountinfo(5)).

use super::super::SystemRoots;
use purlin_core::Result;

/// What is mounted somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mounted {
    /// `major:minor`.
    pub(super) device: String,
    pub(super) file_system: String,
    pub(super) source: String,
    pub(super) is_read_only: bool,
}

impl Mounted {
    /// What is mounted at exactly this path; of several, the one on top.
    pub(super) fn find(roots: &SystemRoots, path: &str) -> Result<Option<Self>> {
        let table = super::read(&roots.proc.join("self/mountinfo"))?;
        Ok(Self::of(&table, path))
    }

    /// The same of the list's text.
    pub(super) fn of(table: &str, path: &str) -> Option<Self> {
        table.lines().rev().filter_map(entry).find(|(point, _)| point == path).map(|(_, it)| it)
    }
}

/// `36 35 98:0 /root /point rw,noatime master:1 - ext4 /dev/sda1 rw,errors=continue`
fn entry(line: &str) -> Option<(String, Mounted)> {
    let (left, right) = line.split_once(" - ")?;
    let mut left = left.split(' ');
    let device = left.nth(2)?.to_owned();
    let point = plain(left.nth(1)?);
    let options = left.next()?;
    let mut right = right.split(' ');
    let file_system = right.next()?.to_owned();
    let source = plain(right.next()?);
    let of_all = right.next().unwrap_or_default();
    let is_read_only = [options, of_all].iter().any(|options| options.split(',').any(|word| word == "ro"));
    Some((point, Mounted { device, file_system, source, is_read_only }))
}

/// Without the escapes of spaces and the like: `\040`.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        match after.get(..3).and_then(|octal| u8::from_str_radix(octal, 8).ok()) {
            Some(byte) => {
                plain.push(char::from(byte));
                rest = &after[3..];
            }
            None => {
                plain.push('\\');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_is_read_as_the_kernel_writes_it() {
        let line = r"36 35 98:0 /mnt1 /mnt\0402 rw,noatime master:1 shared:2 - nfs4 nas:/a\134b rw,vers=4.2";
        let expected = Mounted {
            device: "98:0".into(),
            file_system: "nfs4".into(),
            source: r"nas:/a\b".into(),
            is_read_only: false,
        };
        assert_eq!(entry(line), Some(("/mnt 2".into(), expected)));
        let read_only = |line| entry(line).map(|(_, it)| it.is_read_only);
        assert_eq!(read_only("1 2 0:1 / / rw - ext4 /dev/sda ro,errors=remount-ro"), Some(true));
        assert_eq!(read_only("1 2 0:1 / / ro,nosuid - ext4 /dev/sda rw"), Some(true));
        assert_eq!(entry("1 2 0:1 / /"), None);
    }

    proptest! {
        #[test]
        fn any_line_is_taken(line in r".{0,100}", text in r"([a-z]|\\[0-9]{0,4}|ü){0,10}") {
            let _ = entry(&line);
            let _ = entry(&format!("1 2 0:1 / {text} rw - x {text}"));
            prop_assert!(plain(&text).len() <= text.len() * 2);
        }
    }
}
