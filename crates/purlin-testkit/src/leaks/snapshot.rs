//! What this process holds at one moment.

use crate::processes;
use std::collections::BTreeMap;
use std::fs;
use std::io;

/// Things by their number, with the words that describe them.
type Things = BTreeMap<i32, String>;

#[derive(Debug)]
pub(super) struct Snapshot {
    descriptors: Things,
    threads: Things,
    children: Things,
    /// Resident memory in bytes.
    memory: u64,
}

impl Snapshot {
    pub(super) fn take() -> io::Result<Self> {
        Ok(Self {
            descriptors: descriptors()?,
            threads: threads()?,
            children: children()?,
            memory: memory()?,
        })
    }

    /// A line for each kind of thing of which there is more than before.
    pub(super) fn more_than(&self, before: &Self, memory: Option<u64>) -> Vec<String> {
        let mut more = Vec::new();
        more.extend(more_things("descriptors", &before.descriptors, &self.descriptors));
        more.extend(more_things("threads", &before.threads, &self.threads));
        more.extend(more_things("children", &before.children, &self.children));
        let grown = self.memory.saturating_sub(before.memory);
        if memory.is_some_and(|bound| grown > bound) {
            more.push(format!("memory: {} bytes before, {grown} more now", before.memory));
        }
        more
    }
}

fn more_things(what: &str, before: &Things, now: &Things) -> Option<String> {
    if now.len() <= before.len() {
        return None;
    }
    let new = now.iter().filter(|(number, words)| before.get(number) != Some(words));
    let new: Vec<_> = new.map(|(number, words)| format!("{number} -> {words}")).collect();
    Some(format!("{what}: {} before, {} now, new are {}", before.len(), now.len(), new.join(", ")))
}

fn descriptors() -> io::Result<Things> {
    // The folder itself is open while it is read; by the time of the second step it is closed again.
    let mut things = Things::new();
    for number in numbers("/proc/self/fd")? {
        if let Ok(target) = fs::read_link(format!("/proc/self/fd/{number}")) {
            things.insert(number, target.display().to_string());
        }
    }
    Ok(things)
}

fn threads() -> io::Result<Things> {
    let mut things = Things::new();
    for number in numbers("/proc/self/task")? {
        // One that has ended meanwhile has no name any more.
        if let Ok(name) = fs::read_to_string(format!("/proc/self/task/{number}/comm")) {
            things.insert(number, name.trim_end().to_owned());
        }
    }
    Ok(things)
}

fn children() -> io::Result<Things> {
    let own = i32::try_from(std::process::id()).map_err(io::Error::other)?;
    let all = processes::all()?.into_iter();
    let children = all.filter(|process| process.parent == own);
    Ok(children.map(|process| (process.id, process.command_line())).collect())
}

/// From proc(5): `VmRSS:     1234 kB`.
fn memory() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kibibytes
        .map(|kibibytes| kibibytes * 1024)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "/proc/self/status has no VmRSS"))
}

fn numbers(folder: &str) -> io::Result<Vec<i32>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        numbers.extend(entry?.file_name().to_str().and_then(|name| name.parse::<i32>().ok()));
    }
    Ok(numbers)
}
