//! Servers, and the one folder of files that all clients use.

use purlin_testkit::{Sshd, SshdSettings};
use purlin_transport::{Host, Ssh, SshSettings};
use std::path::PathBuf;
use tempfile::TempDir;

pub(crate) struct Sshds {
    pub(crate) all: Vec<Sshd>,
    folder: TempDir,
}

impl Sshds {
    /// None where OpenSSH's server cannot be used.
    pub(crate) fn start(count: usize) -> Option<Self> {
        // What scp speaks.
        let settings = SshdSettings::new().option("Subsystem", "sftp internal-sftp");
        let all: Option<Vec<Sshd>> =
            (0..count).map(|_| settings.clone().start().expect("sshd starts")).collect();
        let sshds = Self { all: all?, folder: tempfile::tempdir().expect("a folder") };
        let known: String = sshds.all.iter().map(|sshd| known(sshd, sshd.address().port())).collect();
        std::fs::write(sshds.known_hosts(), known).expect("a file");
        Some(sshds)
    }

    pub(crate) fn known_hosts(&self) -> PathBuf {
        self.folder.path().join("known_hosts")
    }

    /// A path beside it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Believes the key of one at another port too.
    pub(crate) fn also_at(&self, port: u16) {
        let old = std::fs::read_to_string(self.known_hosts()).expect("a file");
        std::fs::write(self.known_hosts(), old + &known(&self.all[0], port)).expect("a file");
    }

    /// A transport without connections, and a host for each server.
    pub(crate) fn transport(&self) -> (Ssh, Vec<Host>) {
        let ssh = Ssh::new(SshSettings::new().known_hosts(self.known_hosts()).connects(self.all.len()));
        let hosts = self.all.iter().enumerate().map(|(number, sshd)| {
            Host::new(format!("web{number:02}"))
                .address("127.0.0.1")
                .port(sshd.address().port())
                .user(sshd.user())
                .identity(sshd.key().display().to_string())
        });
        (ssh, hosts.collect())
    }
}

fn known(sshd: &Sshd, port: u16) -> String {
    format!("[127.0.0.1]:{port} {}\n", sshd.host_key())
}
