//! The suite for `purlin_core::SecretSource`.

mod cases;

use super::{Report, Suite};
use crate::Canary;
use purlin_core::{Error, ErrorKind, Result, SecretSource};

/// Makes the sources that the suite looks at.
///
/// The suite counts what the process holds, so it runs in a process of its own (nextest gives one to each test), on
/// a runtime of one thread.
pub trait SecretHarness {
    /// The implementation's name, for the report.
    fn implementation(&self) -> &str;

    /// What it can do beyond yielding a secret; nothing unless said.
    fn capabilities(&self) -> Vec<SecretCapability> {
        Vec::new()
    }

    /// The secret that the suite uses; a random one, unless the source has its own.
    fn canary(&self) -> Canary {
        Canary::new()
    }

    /// A source that yields this secret.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    fn source(&self, secret: &str) -> Result<Box<dyn SecretSource>>;

    /// Changes what the source that was made last yields.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    fn rotate(&self, secret: &str) -> Result<()> {
        let _ = secret;
        Err(lacking(SecretCapability::Rotates))
    }

    /// A source that had this secret and cannot yield it any more.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    fn broken(&self, secret: &str) -> Result<BrokenSecret> {
        let _ = secret;
        Err(lacking(SecretCapability::Breaks))
    }

    /// A source that never answers.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    fn hanging(&self) -> Result<Box<dyn SecretSource>> {
        Err(lacking(SecretCapability::Hangs))
    }

    /// Frees what the hanging sources made so far still hold, such as a thread in a system call. Called before
    /// leaks are counted.
    fn release(&self) {}
}

/// What a source can be made to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SecretCapability {
    /// Its secret can be changed while it is in use.
    Rotates,
    /// It can fail.
    Breaks,
    /// It can take for ever.
    Hangs,
}

impl SecretCapability {
    fn as_str(self) -> &'static str {
        match self {
            Self::Rotates => "rotates",
            Self::Breaks => "breaks",
            Self::Hangs => "hangs",
        }
    }
}

/// A source that fails.
#[derive(Debug)]
pub struct BrokenSecret {
    source: Box<dyn SecretSource>,
    named: String,
}

impl BrokenSecret {
    /// The source, and the words by which its error must name it, such as a file's path.
    pub fn new(source: Box<dyn SecretSource>, named: impl Into<String>) -> Self {
        Self { source, named: named.into() }
    }
}

fn lacking(capability: SecretCapability) -> Error {
    let message = format!("the harness says {:?} and does not do it", capability.as_str());
    Error::new(ErrorKind::Unsupported, message)
}

/// Runs the suite: the secret is yielded, a rotated one is taken up, failures have a kind and name the source, the
/// call's deadline and its cancellation end a source that hangs, nothing shows the secret, nothing is left behind.
pub async fn secret_source(harness: &dyn SecretHarness) -> Report {
    let capabilities = harness.capabilities().into_iter().map(SecretCapability::as_str);
    let mut suite = Suite::new("secret_source", harness.implementation(), capabilities);
    suite.case("yields_the_secret_each_time", cases::yields_the_secret_each_time(harness)).await;
    suite.case("serves_several_callers_at_once", cases::serves_several_callers(harness)).await;
    suite.case_for("rotates", "takes_up_a_rotated_secret", cases::takes_up_a_rotated_secret(harness)).await;
    suite.case_for("breaks", "names_itself_when_broken", cases::names_itself_when_broken(harness)).await;
    suite.case_for("hangs", "ends_at_the_deadline_of_the_call", cases::ends_at_the_deadline(harness)).await;
    suite.case_for("hangs", "ends_when_the_call_is_cancelled", cases::ends_when_cancelled(harness)).await;
    suite.case("never_shows_the_secret", cases::never_shows_the_secret(harness)).await;
    suite.case("leaves_nothing_behind", cases::leaves_nothing_behind(harness)).await;
    suite.finish()
}
