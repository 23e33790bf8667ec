//! A source that gets everything wrong, to show that the suite sees it.

use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Result, Secret, SecretSource};
use purlin_testkit::suites::{BrokenSecret, SecretCapability, SecretHarness};
use std::fs::File;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub(crate) struct Careless {
    made: AtomicU32,
    capabilities: Vec<SecretCapability>,
}

/// It prints its secret.
#[derive(Debug)]
struct Source {
    secret: String,
    fault: Fault,
    kept: Mutex<Vec<File>>,
}

#[derive(Debug)]
enum Fault {
    /// Every second answer is wrong.
    Forgetful(AtomicU32),
    Leaking,
    Broken,
    Deaf,
}

#[async_trait]
impl SecretSource for Source {
    async fn resolve(&self, _: &Cx) -> Result<Secret<String>> {
        match &self.fault {
            Fault::Forgetful(calls) if calls.fetch_add(1, Ordering::Relaxed) % 2 == 1 => {
                Ok(Secret::from("something else"))
            }
            Fault::Forgetful(_) => Ok(Secret::from(self.secret.as_str())),
            Fault::Leaking => {
                let file = File::open("/dev/null").map_err(|error| Error::io("file.open", error))?;
                std::mem::forget(file.try_clone());
                self.kept.lock().unwrap().push(file);
                Ok(Secret::from(self.secret.as_str()))
            }
            Fault::Broken => Err(Error::new(ErrorKind::Internal, "something is wrong")),
            Fault::Deaf => {
                // A limit of its own, and an ear for nobody.
                tokio::time::sleep(Duration::from_millis(50)).await;
                Err(Error::new(ErrorKind::Timeout, "no answer within 50ms"))
            }
        }
    }
}

impl Careless {
    /// Wrong in each case.
    pub(crate) fn in_everything() -> Self {
        let all = vec![SecretCapability::Rotates, SecretCapability::Breaks, SecretCapability::Hangs];
        Self { made: AtomicU32::new(0), capabilities: all }
    }

    /// Right in its answers alone.
    pub(crate) fn in_silence() -> Self {
        Self { made: AtomicU32::new(3), capabilities: Vec::new() }
    }

    fn make(&self, secret: &str, fault: Fault) -> Box<dyn SecretSource> {
        Box::new(Source { secret: secret.to_owned(), fault, kept: Mutex::default() })
    }
}

impl SecretHarness for Careless {
    fn implementation(&self) -> &str {
        "Careless"
    }

    fn capabilities(&self) -> Vec<SecretCapability> {
        self.capabilities.clone()
    }

    fn source(&self, secret: &str) -> Result<Box<dyn SecretSource>> {
        // The first cases are about wrong answers, the later ones about right ones.
        let fault = match self.made.fetch_add(1, Ordering::Relaxed) {
            0..=2 => Fault::Forgetful(AtomicU32::new(0)),
            _ => Fault::Leaking,
        };
        Ok(self.make(secret, fault))
    }

    fn rotate(&self, _: &str) -> Result<()> {
        Ok(())
    }

    fn broken(&self, secret: &str) -> Result<BrokenSecret> {
        Ok(BrokenSecret::new(self.make(secret, Fault::Broken), "the key store"))
    }

    fn hanging(&self) -> Result<Box<dyn SecretSource>> {
        Ok(self.make("secret", Fault::Deaf))
    }
}
