//! How to make the sources of purlin-core do what the suite asks for.

use crate::gone::eventually;
use purlin_core::{Error, Result, Secret, SecretRef, SecretSource};
use purlin_testkit::Canary;
use purlin_testkit::suites::{BrokenSecret, SecretCapability, SecretHarness};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};
use std::path::PathBuf;
use std::sync::Mutex;
use tempfile::TempDir;

/// The variable that holds the secret.
pub(crate) const SECRET: &str = "PURLIN_TESTKIT_SECRET";
const ALL: [SecretCapability; 3] =
    [SecretCapability::Rotates, SecretCapability::Breaks, SecretCapability::Hangs];

fn write(path: &PathBuf, text: &str) -> Result<()> {
    std::fs::write(path, text).map_err(|error| Error::io("file.write", error))
}

pub(crate) struct FileSecrets {
    folder: TempDir,
    /// Pipes that a source waits at.
    pipes: Mutex<Vec<PathBuf>>,
}

impl FileSecrets {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), pipes: Mutex::default() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl SecretHarness for FileSecrets {
    fn implementation(&self) -> &str {
        "SecretRef::file"
    }

    fn capabilities(&self) -> Vec<SecretCapability> {
        ALL.to_vec()
    }

    fn source(&self, secret: &str) -> Result<Box<dyn SecretSource>> {
        self.rotate(secret)?;
        Ok(Box::new(SecretRef::file(self.path("secret"))))
    }

    fn rotate(&self, secret: &str) -> Result<()> {
        write(&self.path("secret"), &format!("{secret}\n"))
    }

    fn broken(&self, secret: &str) -> Result<BrokenSecret> {
        let path = self.path("not-utf-8");
        let text = [secret.as_bytes(), &[0xff]].concat();
        std::fs::write(&path, text).map_err(|error| Error::io("file.write", error))?;
        Ok(BrokenSecret::new(Box::new(SecretRef::file(&path)), path.display().to_string()))
    }

    /// A pipe that nobody writes to.
    fn hanging(&self) -> Result<Box<dyn SecretSource>> {
        let mut pipes = self.pipes.lock().unwrap();
        let path = self.path(&format!("pipe-{:016x}", fastrand::u64(..)));
        mknodat(CWD, &path, FileType::Fifo, Mode::RWXU, 0).unwrap();
        pipes.push(path.clone());
        Ok(Box::new(SecretRef::file(path)))
    }

    /// A reader that waits gets an end of file.
    fn release(&self) {
        for path in self.pipes.lock().unwrap().drain(..) {
            let flags = OFlags::WRONLY | OFlags::NONBLOCK;
            eventually("somebody reads", || open(&path, flags, Mode::empty()).is_ok());
        }
    }
}

pub(crate) struct CommandSecrets(FileSecrets);

impl CommandSecrets {
    pub(crate) fn new() -> Self {
        Self(FileSecrets::new())
    }
}

impl SecretHarness for CommandSecrets {
    fn implementation(&self) -> &str {
        "SecretRef::command"
    }

    fn capabilities(&self) -> Vec<SecretCapability> {
        ALL.to_vec()
    }

    fn source(&self, secret: &str) -> Result<Box<dyn SecretSource>> {
        self.rotate(secret)?;
        let path = self.0.path("secret").display().to_string();
        Ok(Box::new(SecretRef::command(["cat", &path])))
    }

    fn rotate(&self, secret: &str) -> Result<()> {
        self.0.rotate(secret)
    }

    /// It yields the secret and fails then; a careless one has it among its arguments.
    fn broken(&self, secret: &str) -> Result<BrokenSecret> {
        let script = "printf '%s\\n' \"$1\"; echo 'no key' >&2; exit 3";
        let source = SecretRef::command(["sh", "-c", script, "sh", secret]);
        Ok(BrokenSecret::new(Box::new(source), "command sh"))
    }

    fn hanging(&self) -> Result<Box<dyn SecretSource>> {
        Ok(Box::new(SecretRef::command(["sh", "-c", "sleep 1000 & wait"])))
    }
}

pub(crate) struct LiteralSecrets;

impl SecretHarness for LiteralSecrets {
    fn implementation(&self) -> &str {
        "Secret<String>"
    }

    fn source(&self, secret: &str) -> Result<Box<dyn SecretSource>> {
        Ok(Box::new(Secret::from(secret)))
    }
}

pub(crate) struct EnvSecrets;

impl SecretHarness for EnvSecrets {
    fn implementation(&self) -> &str {
        "SecretRef::env"
    }

    fn capabilities(&self) -> Vec<SecretCapability> {
        vec![SecretCapability::Breaks]
    }

    fn canary(&self) -> Canary {
        Canary::of(std::env::var(SECRET).unwrap())
    }

    fn source(&self, _: &str) -> Result<Box<dyn SecretSource>> {
        Ok(Box::new(SecretRef::env(SECRET)))
    }

    fn broken(&self, _: &str) -> Result<BrokenSecret> {
        let name = "PURLIN_TESTKIT_UNSET";
        Ok(BrokenSecret::new(Box::new(SecretRef::env(name)), format!("env {name}")))
    }
}
