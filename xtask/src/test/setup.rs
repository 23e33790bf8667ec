//! Installs what the tests need and is not there.

use super::session::{Failure, Session};
use super::{Verdict, mirror, tools};
use crate::process::{Output, Program, SBIN};
use crate::tell;
use std::path::Path;
use std::time::Duration;

const INSTALL: &str = include_str!("install.sh");
/// Time for apt. Whoever runs it counts: what sudo runs belongs to root, and an ordinary user cannot kill it.
const INSTALL_SECONDS: &str = "900";
/// Longer than apt's own limit, so that that one acts first.
const INSTALL_LIMIT: Duration = Duration::from_secs(16 * 60);

/// The ordinary user that tests of permissions run as, because root passes every check.
const TEST_USER: &str = "purlin-test";

/// How to see that something is there, whichever package it came from.
#[derive(Debug, Clone, Copy)]
enum Probe {
    Command(&'static str),
    File(&'static str),
    /// A file in one of the folders below this one, whatever their versions.
    Versioned(&'static str, &'static str),
}

/// Debian and Ubuntu packages: how to see that they are needed, their name, and what for.
const PACKAGES: [(Probe, &str, &str); 28] = [
    (Probe::Command("git"), "git", "tidy asks it for the files of the repository"),
    (Probe::Command("gcc"), "gcc", "aws-lc-sys compiles C; it needs neither cmake nor g++"),
    (
        Probe::File("/usr/include/stdio.h"),
        "libc6-dev",
        "headers and start files for gcc and for the Rust linker",
    ),
    (Probe::File("/etc/ssl/certs/ca-certificates.crt"), "ca-certificates", "tests read the system's roots"),
    (
        Probe::Command("openssl"),
        "openssl",
        "a server that wants client certificates, odd certificates, and a second opinion on ours",
    ),
    (
        Probe::File("/usr/include/openssl/ssl.h"),
        "libssl-dev",
        "Microsoft's mock of SQL Server is built with OpenSSL, apart from the workspace",
    ),
    (Probe::Command("pkg-config"), "pkg-config", "finds that OpenSSL"),
    (Probe::Command("nginx"), "nginx", "the real server for the testkit, TLS and fleet"),
    (Probe::Command("haproxy"), "haproxy", "the real balancer that purlin-deploy drains members from"),
    (
        Probe::Versioned("/usr/lib/postgresql", "bin/postgres"),
        "postgresql",
        "the real server, its replicas and psql for the testkit and purlin-db-postgres",
    ),
    (Probe::Command("mariadbd"), "mariadb-server-core", "the real server for the MySQL driver"),
    (Probe::Command("mariadb"), "mariadb-client-core", "a second opinion on that server"),
    (Probe::Command("python3"), "python3", "runs an independent server of Oracle's protocol"),
    (
        Probe::Command("named"),
        "bind9",
        "the real name server that purlin-health's checks and purlin-ldap ask",
    ),
    (Probe::Command("chronyd"), "chrony", "the real time server that purlin-health's checks ask"),
    (Probe::Command("ip"), "iproute2", "switches the loopback on in a network of a test's own"),
    (
        Probe::Versioned("/usr/lib", "ensurepip/__init__.py"),
        "python3-venv",
        "makes the Python beneath the target folder that this server is installed in",
    ),
    (Probe::Command("slapd"), "slapd", "the real server for the testkit and purlin-ldap"),
    (Probe::Command("ldapsearch"), "ldap-utils", "a second opinion on that server"),
    (
        Probe::Command("nagios4"),
        "nagios4-core",
        "the real monitor whose states purlin-health's are compared with, and that takes its results",
    ),
    (
        Probe::File("/usr/lib/nagios/plugins/check_tcp"),
        "monitoring-plugins-basic",
        "the plugins that purlin-health must run, and be run like",
    ),
    (
        Probe::Command("sshd"),
        "openssh-server",
        "the real server for purlin-transport, and something to look at for a plugin",
    ),
    // Nagios wants somebody who sends mail; this one listens on no port and runs no daemon.
    (Probe::Command("sendmail"), "dma", "keeps the package of Nagios from bringing a mail server"),
    (
        Probe::Command("ssh"),
        "openssh-client",
        "reads back the configuration that is written for it; keys, agent",
    ),
    (Probe::Command("dash"), "dash", "a shell that reads back what is quoted for it"),
    (Probe::Command("busybox"), "busybox", "another shell, and other tools, for the same"),
    (Probe::Command("sudo"), "sudo", "commands as somebody else"),
    (Probe::Command("useradd"), "passwd", "makes the ordinary user for tests of permissions and of logins"),
];

/// The part of the set-up that needs the system, then the cargo tools.
pub(super) fn run(session: &mut Session) -> Verdict {
    packages(session.output()).map_err(|error| Failure::of(error).stop())?;
    if rustix::process::geteuid().is_root() {
        session.test_user = Some(test_user().map_err(|error| Failure::of(error).stop())?);
    }
    tools::ensure(session.output()).map_err(|error| Failure::of(error).stop())?;
    mirror::ensure(&session.workspace.target, session.output()).map_err(|error| Failure::of(error).stop())
}

fn packages(output: Output) -> Result<(), String> {
    let missing: Vec<_> = PACKAGES.iter().filter(|(probe, ..)| !probe.finds()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|(_, name, _)| *name).collect();
    for (_, name, reason) in &missing {
        tell::note(&format!("missing: {name} ({reason})"));
    }
    if !Probe::Command("apt-get").finds() {
        tell::note("this is neither Debian nor Ubuntu: install what is missing; going on without it");
        return Ok(());
    }
    let Some(command) = installer(&privilege()?, &names) else {
        return Err(format!("run this as root: apt-get install {}", names.join(" ")));
    };
    let ended = Program::new(command[0]).args(&command[1..]).with_sbin().limit(INSTALL_LIMIT).run(output)?;
    if !ended.success() {
        return Err(ended.fault(&format!("apt-get install {}", names.join(" "))));
    }
    match missing.iter().find(|(probe, ..)| !probe.finds()) {
        Some((probe, name, _)) => Err(format!("{name} is installed, yet {probe:?} is not there")),
        None => Ok(()),
    }
}

/// The command that installs; none without the right to.
fn installer<'a>(privilege: &Privilege, names: &[&'a str]) -> Option<Vec<&'a str>> {
    let mut command = match privilege {
        Privilege::Root => Vec::new(),
        Privilege::Sudo => vec!["sudo", "-n"],
        Privilege::None => return None,
    };
    command.extend(["timeout", "-k", "10", INSTALL_SECONDS, "sh", "-c", INSTALL, "install"]);
    command.extend(names);
    Some(command)
}

#[derive(Debug)]
enum Privilege {
    Root,
    Sudo,
    None,
}

fn privilege() -> Result<Privilege, String> {
    if rustix::process::geteuid().is_root() {
        return Ok(Privilege::Root);
    }
    let sudo = Probe::Command("sudo").finds()
        && Program::new("sudo").args(["-n", "true"]).run(Output::Kept)?.success();
    Ok(if sudo { Privilege::Sudo } else { Privilege::None })
}

fn test_user() -> Result<String, String> {
    if !Program::new("id").args(["-u", TEST_USER]).run(Output::Kept)?.success() {
        let args = ["--system", "--user-group", "--create-home", "--shell", "/bin/sh", TEST_USER];
        let ended = Program::new("useradd").args(args).with_sbin().run(Output::Kept)?;
        if !ended.success() {
            return Err(ended.fault(&format!("useradd {TEST_USER}")));
        }
    } else {
        // One of an earlier version had no shell to log in to.
        let ended =
            Program::new("usermod").args(["--shell", "/bin/sh", TEST_USER]).with_sbin().run(Output::Kept)?;
        if !ended.success() {
            return Err(ended.fault(&format!("usermod {TEST_USER}")));
        }
    }
    Ok(TEST_USER.to_owned())
}

impl Probe {
    fn finds(self) -> bool {
        match self {
            Self::File(path) => Path::new(path).exists(),
            Self::Versioned(folder, file) => std::fs::read_dir(folder)
                .is_ok_and(|mut entries| entries.any(|it| it.is_ok_and(|it| it.path().join(file).is_file()))),
            Self::Command(name) => {
                let path = std::env::var_os("PATH").unwrap_or_default();
                let folders = std::env::split_paths(&path).chain(SBIN.map(Into::into));
                folders.into_iter().any(|folder| folder.join(name).is_file())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_tell_there_from_missing() {
        assert!(Probe::Command("sh").finds() && !Probe::Command("no-such-command").finds());
        assert!(Probe::File("/proc/self/stat").finds() && !Probe::File("/proc/no-such-file").finds());
        assert!(Probe::Versioned("/proc/self/task", "stat").finds());
        assert!(!Probe::Versioned("/proc/self/task", "no-such-file").finds());
    }

    #[test]
    fn whoever_may_kill_the_installer_limits_it() {
        let command = installer(&Privilege::Sudo, &["nginx"]).unwrap();
        assert_eq!(command[..6], ["sudo", "-n", "timeout", "-k", "10", "900"]);
        assert_eq!(command.last(), Some(&"nginx"));
        assert_eq!(installer(&Privilege::Root, &["nginx"]).unwrap(), command[2..]);
        assert_eq!(installer(&Privilege::None, &["nginx"]), None);
        assert!(INSTALL_LIMIT > Duration::from_secs(INSTALL_SECONDS.parse().unwrap()));
    }

    #[test]
    fn the_installer_is_a_sound_script() {
        let checked = Program::new("sh").args(["-n", "-c", INSTALL]).run(Output::Kept).unwrap();
        assert!(checked.success());
        assert!(
            Program::new("sh").args(["-n", "-c", "if"]).run(Output::Kept).is_ok_and(|ended| !ended.success())
        );
    }
}
