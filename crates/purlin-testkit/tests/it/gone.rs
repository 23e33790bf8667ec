//! Whether processes and folders are gone.

use purlin_core::Clock;
use std::path::Path;
use std::time::Duration;

/// The state letter of a process (proc(5)); none when there is no such process.
pub(crate) fn state(pid: u32) -> Option<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

pub(crate) fn runs(pid: u32) -> bool {
    state(pid).is_some_and(|state| !"ZXx".contains(state))
}

/// How many processes of a group run.
pub(crate) fn members(group: u32) -> usize {
    let of_group = |pid: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        rest.split(' ').nth(2) == Some(&group.to_string())
    };
    let entries = std::fs::read_dir("/proc").unwrap();
    let pids = entries.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    pids.filter(of_group).filter(|pid| runs(*pid)).count()
}

/// Waits until it is so; the limit is for machines that stand still.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let clock = Clock::system();
    let end = clock.now().saturating_add(Duration::from_secs(30));
    while !is_so() {
        assert!(clock.now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What a process says about one of its servers, on a line of its own.
#[expect(clippy::print_stdout, reason = "this process is read by another one")]
pub(crate) fn announce(pid: u32, folder: &Path) {
    println!("\nserver {pid} {}", folder.display());
}

/// Reads such a line.
pub(crate) fn announced(output: &str) -> (u32, String) {
    let line = output.lines().find_map(|line| line.strip_prefix("server ")).unwrap();
    let (pid, folder) = line.split_once(' ').unwrap();
    (pid.parse().unwrap(), folder.to_owned())
}
