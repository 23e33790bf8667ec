//! A Python of its own beneath the target folder, with an independent server of Oracle's protocol and, as a control,
//! Oracle's own driver for Python. Made once; again when what is asked for changes.

use crate::process::{Output, Program};
use crate::tell;
use std::path::Path;
use std::time::Duration;

/// Where the testkit looks for it.
const FOLDER: &str = "oracle-mirror";
const WANTED: &str = include_str!("../../../crates/purlin-db-oracle/tests/mirror/requirements.txt");
/// Written last, so that one that was cut off is made anew.
const MADE: &str = "made-from.txt";
const INSTALL_LIMIT: Duration = Duration::from_secs(5 * 60);

/// Makes it where it is missing or other versions are wanted.
pub(super) fn ensure(target: &Path, output: Output) -> Result<(), String> {
    let folder = target.join(FOLDER);
    if is_made(&folder) {
        return Ok(());
    }
    let wanted: Vec<_> = WANTED.split_whitespace().collect();
    tell::note(&format!("installing {} for Python", wanted.join(" ")));
    let make = Program::new("python3").args(["-m", "venv", "--clear"]).args([folder.as_os_str()]);
    run(make, "python3 -m venv", output)?;
    let pip =
        Program::new(folder.join("bin/pip")).args(["install", "--quiet", "--disable-pip-version-check"]);
    run(pip.args(wanted), "pip install", output)?;
    std::fs::write(folder.join(MADE), WANTED).map_err(|error| format!("{}: {error}", folder.display()))
}

fn is_made(folder: &Path) -> bool {
    std::fs::read_to_string(folder.join(MADE)).is_ok_and(|made| made == WANTED)
}

fn run(program: Program, what: &str, output: Output) -> Result<(), String> {
    let ended = program.limit(INSTALL_LIMIT).run(output)?;
    if ended.success() { Ok(()) } else { Err(ended.fault(what)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_pinned() {
        assert!(WANTED.split_whitespace().all(|wanted| wanted.contains("==")) && WANTED.contains("seerdb=="));
    }

    #[test]
    fn a_folder_without_its_last_file_is_not_made() {
        assert!(!is_made(Path::new("/proc/self/no-such-folder")));
    }
}
