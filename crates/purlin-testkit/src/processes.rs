//! The system's table of processes, from /proc.

use std::fs;
use std::io;
use std::path::Path;

/// A line of the table. Those that have ended and are not yet waited for are still in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) id: i32,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    pub(crate) name: String,
    state: char,
}

impl Process {
    /// Whether it still runs: neither ended nor about to vanish.
    pub(crate) fn is_alive(&self) -> bool {
        !matches!(self.state, 'Z' | 'X' | 'x')
    }

    /// Its words, or its name in brackets where it has none, as `ps` prints them.
    pub(crate) fn command_line(&self) -> String {
        let words = fs::read(format!("/proc/{}/cmdline", self.id)).unwrap_or_default();
        let words: Vec<_> = words
            .split(|byte| *byte == 0)
            .filter(|word| !word.is_empty())
            .map(String::from_utf8_lossy)
            .collect();
        if words.is_empty() {
            let ended = if self.is_alive() { "" } else { " (ended, not waited for)" };
            format!("[{}]{ended}", self.name)
        } else {
            words.join(" ")
        }
    }
}

/// The living processes that work in a folder or below it. A server's children that made groups of their own, as those
/// of PostgreSQL do, are found so. Processes of others cannot be looked into and are not among them.
pub(crate) fn inside(folder: &Path) -> Vec<Process> {
    // The system tells the folder without links.
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let works_there = |process: &Process| {
        let place = fs::read_link(format!("/proc/{}/cwd", process.id));
        process.is_alive() && place.is_ok_and(|place| place.starts_with(&folder))
    };
    all().unwrap_or_default().into_iter().filter(works_there).collect()
}

/// All processes of this moment.
pub(crate) fn all() -> io::Result<Vec<Process>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let is_number = name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
        if !is_number {
            continue;
        }
        // One that ended meanwhile has no file any more.
        let stat = fs::read(format!("/proc/{}/stat", name.to_string_lossy())).unwrap_or_default();
        found.extend(parse(&String::from_utf8_lossy(&stat)));
    }
    Ok(found)
}

/// Reads a stat file (proc(5)): `ID (NAME) STATE PARENT GROUP …`. The name may hold spaces and parentheses.
fn parse(stat: &str) -> Option<Process> {
    let (start, rest) = stat.rsplit_once(')')?;
    let (id, name) = start.split_once('(')?;
    let mut fields = rest.split_whitespace();
    Some(Process {
        id: id.trim().parse().ok()?,
        name: name.to_owned(),
        state: fields.next()?.chars().next()?,
        parent: fields.next()?.parse().ok()?,
        group: fields.next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_spaces_and_parentheses() {
        let process = parse("42 (tmux: (server) x) S 1 40 42 0 -1").unwrap();
        assert_eq!(process.name, "tmux: (server) x");
        assert_eq!((process.id, process.parent, process.group), (42, 1, 40));
        assert!(process.is_alive());
        assert!(!parse("7 (sh) Z 42 7 7").unwrap().is_alive());
    }

    #[test]
    fn half_a_line_is_no_process() {
        for text in ["", "42", "42 (sh", "42 (sh)", "42 (sh) S", "42 (sh) S 1", "x (sh) S 1 2"] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn this_process_is_in_the_table() {
        let own = i32::try_from(std::process::id()).unwrap();
        let all = all().unwrap();
        let process = all.iter().find(|process| process.id == own).unwrap();
        assert!(process.is_alive());
        assert!(!process.command_line().is_empty());
    }
}
