//! A server, and the ways to it.

use purlin_testkit::{Sshd, SshdSettings};
use purlin_transport::{Host, Ssh, SshSettings};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

pub(crate) struct Server {
    pub(crate) sshd: Sshd,
    folder: TempDir,
    files: AtomicU32,
}

pub(crate) async fn start() -> Option<Server> {
    with(SshdSettings::new()).await
}

pub(crate) async fn with(settings: SshdSettings) -> Option<Server> {
    let sshd = tokio::task::spawn_blocking(|| settings.start().unwrap()).await.unwrap()?;
    Some(Server { sshd, folder: tempfile::tempdir().unwrap(), files: AtomicU32::new(0) })
}

impl Server {
    /// A file of known hosts with that text, in which `HOST` is the server and `KEY` its key.
    pub(crate) fn known(&self, text: &str) -> PathBuf {
        let host = format!("[127.0.0.1]:{}", self.sshd.address().port());
        let text = text.replace("HOST", &host).replace("KEY", self.sshd.host_key());
        let number = self.files.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.path().join(format!("{number}-known_hosts"));
        std::fs::write(&path, text.replace("AUTHORITY", self.sshd.authority())).unwrap();
        path
    }

    /// A path in a folder of the test.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Everything right but the key to log in with.
    pub(crate) fn settings(&self) -> SshSettings {
        SshSettings::new().user(self.sshd.user()).known_hosts(self.known("HOST KEY\n"))
    }

    pub(crate) fn transport(&self) -> Ssh {
        Ssh::new(self.settings().identity(self.sshd.key()))
    }

    pub(crate) fn host(&self) -> Host {
        Host::new("web01").address("127.0.0.1").port(self.sshd.address().port())
    }
}
