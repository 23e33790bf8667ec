//! What cleans up when the test process is killed and can do nothing itself.

use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// Reads the number of the group to watch, or an empty line for none, until its input ends. That happens when the
/// test process is no more, in whatever way. This form of `kill` is the one that all shells understand (POSIX); dash
/// refuses `-KILL --`. Those who work in the folder and have left the group are killed one by one. A process that is being killed may still write: hence the tries.
const SCRIPT: &str = r#"
group=
while read -r order; do group=$order; done
tries=0
if [ -n "$group" ]; then
    kill -s KILL -- "-$group"
    folder=$(cd "$1" && pwd -P)
    found=$folder
    while [ -n "$found" ] && [ "$tries" -lt 50 ]; do
        found= tries=$((tries + 1))
        for process in /proc/[0-9]*; do
            case $(readlink "$process/cwd") in
                "$folder" | "$folder"/*) found=yes; kill -s KILL "${process#/proc/}" ;;
            esac
        done
    done
fi
tries=0
until rm -rf -- "$1" || [ "$tries" -ge 50 ]; do tries=$((tries + 1)); sleep 0.1; done
"#;

/// A shell that waits for the end of this process. It has a group of its own: a signal to the test's group, such as
/// that of an impatient test runner, does not reach it.
pub(super) struct Guardian {
    shell: Child,
    orders: Option<ChildStdin>,
}

impl Guardian {
    pub(super) fn of(folder: &Path) -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh")
            .args(["-c", SCRIPT, "sh"])
            .arg(folder)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let orders = shell.stdin.take();
        Ok(Self { shell, orders })
    }

    /// Which group it kills; none: no group.
    pub(super) fn watch(&mut self, group: Option<u32>) -> io::Result<()> {
        let order = group.map_or_else(|| "\n".to_owned(), |group| format!("{group}\n"));
        self.orders.as_mut().map_or(Ok(()), |orders| orders.write_all(order.as_bytes()))
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        // Killed while its input is open, so it never comes to its duties: those are done already.
        let _ = self.shell.kill();
        let _ = self.shell.wait();
        drop(self.orders.take());
    }
}
