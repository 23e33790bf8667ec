//! Programs of Debian that ours are compared with: fetched and unpacked into a folder of the bench, not installed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A plugin of everybody's.
pub(crate) fn plugin(folder: &Path, name: &str) -> Option<PathBuf> {
    program(folder, "monitoring-plugins-basic", &format!("usr/lib/nagios/plugins/{name}"))
}

/// A program of a package: that of the system, or one that is fetched; none, with a note, where there is no way.
pub(crate) fn program(folder: &Path, package: &str, path: &str) -> Option<PathBuf> {
    let installed = Path::new("/").join(path);
    if installed.exists() {
        return Some(installed);
    }
    let home = folder.join(package);
    let unpacked = home.join("root").join(path);
    if !unpacked.exists() && fetch(&home, package).is_none() {
        note(&format!("nothing to compare with: apt-get download {package} failed"));
        return None;
    }
    unpacked.exists().then_some(unpacked)
}

fn fetch(home: &Path, package: &str) -> Option<()> {
    std::fs::create_dir_all(home).ok()?;
    // As root, apt hands the download to a user of its own, who may not write here.
    let download = ["-o", "APT::Sandbox::User=root", "download", package];
    succeeds(Command::new("apt-get").args(download).current_dir(home))?;
    let archives = std::fs::read_dir(home).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let archive = archives.filter(|path| path.extension().is_some_and(|end| end == "deb")).last()?;
    succeeds(Command::new("dpkg-deb").arg("--extract").arg(archive).arg(home.join("root")))
}

fn succeeds(command: &mut Command) -> Option<()> {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
    quiet.status().ok()?.success().then_some(())
}

#[expect(clippy::print_stderr, reason = "a note about figures that are left out")]
pub(crate) fn note(text: &str) {
    eprintln!("note: {text}");
}
