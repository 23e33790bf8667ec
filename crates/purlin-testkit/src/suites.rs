//! Conformance suites: one for each trait, run over all its implementations, fakes included.
//!
//! A suite is a function that takes a harness (how to make the thing, how to break it) and gives a [`Report`]. What
//! an implementation cannot do it says by its capabilities; cases that need more are listed as not applicable. The
//! report is compared with a golden file, so that a case cannot vanish unseen.

#[cfg(feature = "health")]
pub mod check;
#[cfg(feature = "db")]
pub mod db;
#[cfg(feature = "deploy")]
pub mod deploy;
#[cfg(feature = "ldap")]
mod directory;
#[cfg(feature = "inventory")]
mod inventory_source;
mod report;
mod secret_source;
#[cfg(feature = "transport")]
pub mod transport;

#[cfg(feature = "ldap")]
pub use directory::{DIRECTORY_PEOPLE, DirectoryCapability, DirectoryHarness, directory};
#[cfg(feature = "inventory")]
pub use inventory_source::{Estate, SourceCapability, SourceHarness, inventory_source};
pub use report::Report;
pub use secret_source::{BrokenSecret, SecretCapability, SecretHarness, secret_source};

use report::Verdict;
use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

/// How long a case may take before it counts as hung. No case passes because of it.
const WATCHDOG: Duration = Duration::from_secs(60);

/// What a case finds: nothing to complain of, or what is wrong.
pub type Finding = std::result::Result<(), String>;

/// A complaint unless it is so; for the body of a case, with `?`.
///
/// # Errors
/// The complaint.
pub fn ensure(is_so: bool, complaint: impl Into<String>) -> Finding {
    if is_so { Ok(()) } else { Err(complaint.into()) }
}

/// A run of a suite over one implementation. For those who write suites.
///
/// ```
/// use purlin_testkit::suites::{Suite, ensure};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let mut suite = Suite::new("counter", "u8", ["counts"]);
/// suite.case("starts_at_zero", async { ensure(u8::default() == 0, "it does not") }).await;
/// suite.case_for("forgets", "forgets_all", async { Err("never run".to_owned()) }).await;
/// let report = suite.finish();
/// assert_eq!((report.run(), report.is_good()), (1, true));
/// # });
/// ```
#[derive(Debug)]
pub struct Suite {
    capabilities: Vec<String>,
    report: Report,
}

impl Suite {
    /// A run of the suite of this name over this implementation, which has these capabilities.
    pub fn new(
        name: &str,
        implementation: &str,
        capabilities: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let mut capabilities: Vec<String> = capabilities.into_iter().map(Into::into).collect();
        capabilities.sort();
        Self { report: Report::new(name, implementation, &capabilities), capabilities }
    }

    /// Runs a case. One that hangs fails after a minute, and one that panics fails as well; the next ones are run.
    pub async fn case(&mut self, name: &str, body: impl Future<Output = Finding>) {
        let verdict = watched(WATCHDOG, body).await;
        self.report.add(name, verdict);
    }

    /// As [`case_for`](Self::case_for), for a case that does much: it fails as hung after this time.
    pub async fn case_within(
        &mut self,
        limit: Duration,
        capability: &str,
        name: &str,
        body: impl Future<Output = Finding>,
    ) {
        let verdict = if self.capabilities.iter().any(|known| known == capability) {
            watched(limit, body).await
        } else {
            Verdict::Lacks(capability.to_owned())
        };
        self.report.add(name, verdict);
    }

    /// Whether the implementation has this capability.
    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|known| known == capability)
    }

    /// Runs a case that needs a capability, and else lists it as not applicable.
    pub async fn case_for(&mut self, capability: &str, name: &str, body: impl Future<Output = Finding>) {
        self.case_for_all(&[capability], name, body).await;
    }

    /// Runs a case that needs all of these, and else lists it as not applicable for want of the first that lacks.
    pub async fn case_for_all(&mut self, needs: &[&str], name: &str, body: impl Future<Output = Finding>) {
        match needs.iter().find(|need| !self.capabilities.iter().any(|known| known == *need)) {
            None => self.case(name, body).await,
            Some(lacking) => self.report.add(name, Verdict::Lacks((*lacking).to_owned())),
        }
    }

    /// Answers come from a script and not from a server that evaluates anything: what runs is listed apart and does
    /// not count.
    #[must_use]
    pub fn scripted(mut self) -> Self {
        self.report.is_scripted();
        self
    }

    /// What came of it.
    pub fn finish(self) -> Report {
        self.report
    }
}

async fn watched(limit: Duration, body: impl Future<Output = Finding>) -> Verdict {
    match tokio::time::timeout(limit, caught(body)).await {
        Ok(Ok(Ok(()))) => Verdict::Passed,
        Ok(Ok(Err(complaint))) => Verdict::Failed(complaint),
        Ok(Err(panic)) => Verdict::Failed(panic),
        Err(_) => Verdict::Failed(format!("it hung: nothing but the watchdog ended it, after {limit:?}")),
    }
}

/// The output, or with what it panicked. Nothing of what panicked is used again.
async fn caught<F: Future>(body: F) -> std::result::Result<F::Output, String> {
    let mut body = pin!(body);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(format!("it panicked: {}", words(&*panic)))),
    })
    .await
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a word")
}
