//! The iSCSI disks below a mount, and whether their sessions live.

use super::super::SystemRoots;
use std::fmt;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Layers of device mapper that are looked through: LVM on multipath makes two.
const DEPTH: usize = 5;

/// One disk that comes over iSCSI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Disk {
    name: String,
    /// `running` as long as the kernel sends requests to it.
    state: String,
    session: String,
    target: String,
    /// `LOGGED_IN` as long as the target is there.
    session_state: String,
}

impl Disk {
    pub(super) fn is_up(&self) -> bool {
        self.state == "running" && self.session_state == "LOGGED_IN"
    }
}

impl fmt::Display for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is {}, {} to {} is {}",
            self.name, self.state, self.session, self.target, self.session_state
        )
    }
}

/// All iSCSI disks below a device (`major:minor`); none where there are none, or nothing is shown of them.
pub(super) fn below(roots: &SystemRoots, device: &str) -> Vec<Disk> {
    let mut disks = Vec::new();
    collect(&roots.sys, &roots.sys.join("dev/block").join(device), DEPTH, &mut disks);
    disks
}

/// Only symbolic links of the kernel's own tree are read, none of them on a mount that may hang.
fn collect(sys: &Path, device: &Path, depth: usize, disks: &mut Vec<Disk>) {
    let Ok(place) = fs::read_link(device) else { return };
    let Some(name) = after(&place, "block") else { return };
    if let Some(session) = session(&place) {
        let state = |path: PathBuf| {
            fs::read_to_string(path).map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
        };
        let of_session = sys.join("class/iscsi_session").join(&session);
        disks.push(Disk {
            state: state(sys.join("block").join(&name).join("device/state")),
            target: state(of_session.join("targetname")),
            session_state: state(of_session.join("state")),
            name,
            session,
        });
        return;
    }
    let Some(depth) = depth.checked_sub(1) else { return };
    let Ok(slaves) = fs::read_dir(sys.join("block").join(&name).join("slaves")) else { return };
    let mut names: Vec<_> = slaves.filter_map(Result::ok).map(|slave| slave.file_name()).collect();
    names.sort();
    for slave in names {
        // A partition is not listed beside the disks, but its link in `slaves` names the disk as well.
        let links =
            [sys.join("block").join(&slave), sys.join("block").join(&name).join("slaves").join(&slave)];
        if let Some(link) = links.iter().find(|link| fs::read_link(link).is_ok()) {
            collect(sys, link, depth, disks);
        }
    }
}

fn words(place: &Path) -> impl Iterator<Item = &str> {
    place.components().filter_map(|component| match component {
        Component::Normal(word) => word.to_str(),
        _ => None,
    })
}

/// The component after the last one of that name.
fn after(place: &Path, name: &str) -> Option<String> {
    let words: Vec<_> = words(place).collect();
    let at = words.iter().rposition(|word| *word == name)?;
    words.get(at + 1).map(|word| (*word).to_owned())
}

/// `…/host3/session1/target3:0:0/…`
fn session(place: &Path) -> Option<String> {
    let is_session = |word: &&str| {
        word.strip_prefix("session")
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    words(place).find(is_session).map(str::to_owned)
}
