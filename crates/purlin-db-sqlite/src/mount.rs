//! File systems on which SQLite's locks cannot be trusted.

use std::path::{Path, PathBuf};

/// Types whose locks another machine, or a program, has to keep: <https://www.sqlite.org/lockingv3.html> section 6.
const FAR: [&str; 14] = [
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "gfs2",
    "glusterfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "smb3",
    "smbfs",
];

/// Names the mount when a path lies on a network file system or on one that a program serves (FUSE), such as
/// `nfs4 at /srv/share`. SQLite's locks do not work there reliably, and two writers can destroy a database.
///
/// A path that is not there yet lies where its nearest folder does. Reads `/proc/self/mountinfo`; where there is none,
/// as outside Linux, the answer is none.
pub fn network_file_system(path: &Path) -> Option<String> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").ok()?;
    of_mountinfo(&table, &resolved(path)?)
}

fn resolved(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    path.ancestors().find_map(|part| part.canonicalize().ok())
}

/// By proc_pid_mountinfo(5): mount point in the fifth field, the type after a lone dash. Of two mounts at one point,
/// the later covers the earlier.
fn of_mountinfo(table: &str, path: &Path) -> Option<String> {
    let mounts = table.lines().filter_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let point = unescaped(before.split(' ').nth(4)?);
        Some((point, after.split(' ').next()?))
    });
    let covering = mounts.filter(|(point, _)| path.starts_with(point));
    let (point, kind) = covering.max_by_key(|(point, _)| point.as_os_str().len())?;
    let served = kind == "fuse" || kind == "fuseblk" || kind.starts_with("fuse.");
    (served || FAR.contains(&kind)).then(|| format!("{kind} at {}", point.display()))
}

/// Space, tab, line feed and backslash stand there as a backslash and three octal digits.
fn unescaped(field: &str) -> PathBuf {
    let mut path = String::with_capacity(field.len());
    let mut rest = field;
    while let Some((plain, escaped)) = rest.split_once('\\') {
        path.push_str(plain);
        match escaped.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                path.push(char::from(byte));
                rest = &escaped[3..];
            }
            None => {
                path.push('\\');
                rest = escaped;
            }
        }
    }
    path.push_str(rest);
    path.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
22 1 0:21 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:30 / /srv rw - nfs4 filer:/srv rw
31 30 0:31 / /srv/local rw - xfs /dev/sdb1 rw
32 22 0:32 / /mnt/my\\040share rw master:3 shared:4 - cifs //filer/share rw
33 22 0:33 / /mnt/s rw - fuse.sshfs user@host: rw
34 22 0:34 / /covered rw - nfs filer:/a rw
35 34 0:35 / /covered rw - tmpfs tmpfs rw
garbage
";

    #[test]
    fn the_innermost_and_latest_mount_counts() {
        for (path, expected) in [
            ("/home/state.db", None),
            ("/srv/state.db", Some("nfs4 at /srv")),
            ("/srvx/state.db", None),
            ("/srv/local/state.db", None),
            ("/mnt/my share/a/b", Some("cifs at /mnt/my share")),
            ("/mnt/s/x", Some("fuse.sshfs at /mnt/s")),
            ("/covered/x", None),
        ] {
            assert_eq!(of_mountinfo(TABLE, Path::new(path)).as_deref(), expected, "{path}");
        }
        assert_eq!(of_mountinfo("", Path::new("/")), None);
        assert_eq!(unescaped("a\\"), Path::new("a\\"));
        assert_eq!(unescaped("a\\0é"), Path::new("a\\0é"));
    }

    #[test]
    fn what_is_not_there_lies_where_its_folder_does() {
        let missing = resolved(Path::new("/no-such-folder/state.db"));
        assert_eq!(missing.as_deref(), Some(Path::new("/")));
    }
}
