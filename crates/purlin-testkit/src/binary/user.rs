//! Running as somebody else.

use super::Binary;
use crate::skip;
use purlin_core::{Error, ErrorKind, Result};
use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

const USER: &str = "PURLIN_TEST_USER";

/// The user that the set-up has made for this.
pub(crate) fn ordinary() -> Option<String> {
    let name = std::env::var(USER).ok().filter(|name| !name.is_empty());
    if name.is_none() {
        skip(&format!("root passes every permission check, and {USER} names no other user"));
    }
    name
}

/// The user that the set-up has made, else one that every system has.
pub(crate) fn ordinary_or_nobody() -> String {
    std::env::var(USER).ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "nobody".to_owned())
}

/// The numbers of a user and of its group.
pub(crate) fn ids(name: &str) -> Result<(u32, u32)> {
    Ok((id("-u", name)?, id("-g", name)?))
}

/// `id` knows the users of all sources, not of /etc/passwd alone.
fn id(which: &str, name: &str) -> Result<u32> {
    let asked = Binary::new("id").args([which, "--", name]).run()?;
    asked.stdout.trim_end().parse().map_err(|_| {
        let message = format!("{name:?} ({USER}) is no user: {}", asked.stderr.trim_end());
        Error::new(ErrorKind::NotFound, message)
    })
}

/// What `setpriv` is told.
pub(crate) fn arguments(name: &str) -> Result<[OsString; 4]> {
    let (user, group) = ids(name)?;
    Ok([
        format!("--reuid={user}").into(),
        format!("--regid={group}").into(),
        "--clear-groups".into(),
        "--".into(),
    ])
}

/// The program, or a copy of it where others cannot come to it, such as below the home of root.
pub(super) fn reachable(path: PathBuf, folder: &Path) -> io::Result<PathBuf> {
    for part in path.canonicalize()?.ancestors() {
        if fs::metadata(part)?.mode() & 0o001 == 0 {
            return copy(&path, folder);
        }
    }
    Ok(path)
}

fn copy(path: &Path, folder: &Path) -> io::Result<PathBuf> {
    let inner = folder.join("program");
    fs::create_dir(&inner)?;
    let copy = inner.join(path.file_name().unwrap_or_default());
    fs::copy(path, &copy)?;
    fs::set_permissions(&copy, Permissions::from_mode(0o755))?;
    fs::set_permissions(&inner, Permissions::from_mode(0o755))?;
    // To pass through, not to look into.
    fs::set_permissions(folder, Permissions::from_mode(0o711))?;
    Ok(copy)
}
