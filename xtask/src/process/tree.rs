//! A process with everything below it.

use rustix::process::{Pid, Signal, kill_process};
use std::time::Duration;

/// How often the tree is read at most: what may not be stopped, as a program of another user, could go on for ever.
const ROUNDS: usize = 1000;

/// How often in a row all of it must be seen to stand. Once is not enough: the system lists processes in the order of
/// their numbers, so one that gets a low number while the higher ones are read is missed.
const QUIET_ROUNDS: usize = 2;

const PAUSE: Duration = Duration::from_millis(1);

/// A process as the system lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Running {
    id: u32,
    parent: u32,
    /// The letter of proc(5): `T` is stopped, `Z` has ended.
    state: char,
}

/// Kills a process and everything below it. Children stay in the terminal's process group, so that Ctrl-C reaches
/// all of them; that is why the tree is walked instead of a group being killed.
///
/// All of it is stopped before any of it is killed: what runs could start another process behind our back, and a
/// process whose parent has ended can no longer be found.
pub(super) fn kill(root: u32) {
    let mut stopped: Vec<u32> = Vec::new();
    let mut quiet = 0;
    for _ in 0..ROUNDS {
        let running = running();
        let found = descendants(root, &running);
        let fresh: Vec<u32> = found.iter().copied().filter(|id| !stopped.contains(id)).collect();
        fresh.iter().for_each(|id| signal(*id, Signal::STOP));
        let stands = |id: &u32| running.iter().all(|p| p.id != *id || matches!(p.state, 'T' | 'Z'));
        quiet = if fresh.is_empty() && found.iter().all(stands) { quiet + 1 } else { 0 };
        if quiet == QUIET_ROUNDS {
            break;
        }
        if fresh.is_empty() {
            std::thread::sleep(PAUSE);
        }
        stopped.extend(fresh);
    }
    stopped.iter().for_each(|id| signal(*id, Signal::KILL));
}

fn signal(id: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // It may have ended by itself meanwhile.
        let _ = kill_process(pid, signal);
    }
}

fn running() -> Vec<Running> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let id = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name in parentheses may hold anything; state and parent follow the last one.
            let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
            let state = fields.next()?.chars().next()?;
            Some(Running { id, parent: fields.next()?.parse().ok()?, state })
        })
        .collect()
}

fn descendants(root: u32, running: &[Running]) -> Vec<u32> {
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&id) = found.get(next) {
        let new = running.iter().filter(|p| p.parent == id && !found.contains(&p.id));
        let new: Vec<u32> = new.map(|p| p.id).collect();
        found.extend(new);
        next += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader, Read};
    use std::process::{Command, Stdio};

    /// Starts a shell, waits for its first line, kills it and reads to the end of its output, which comes only when no
    /// process is left that holds it.
    fn killed_after_its_first_line(script: &str) {
        let mut child = Command::new("sh").args(["-c", script]).stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "runs\n");
        kill(child.id());
        child.wait().unwrap();
        output.read_to_string(&mut line).unwrap();
    }

    #[test]
    fn a_program_is_killed_with_everything_below_it() {
        killed_after_its_first_line("sh -c 'echo runs; sleep 600; true' & wait");
    }

    #[test]
    fn what_is_started_while_the_tree_is_killed_is_killed_too() {
        for _ in 0..5 {
            killed_after_its_first_line("(echo runs; for n in $(seq 100); do sleep 600 & done; wait) & wait");
        }
    }

    #[test]
    fn descendants_are_found_at_any_depth() {
        let running = [(5, 4), (4, 1), (9, 8), (6, 1)].map(|(id, parent)| Running { id, parent, state: 'S' });
        assert_eq!(descendants(1, &running), [1, 4, 6, 5]);
    }
}
