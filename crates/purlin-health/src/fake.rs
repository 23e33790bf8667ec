//! Checks that say what a test wants.

use crate::{Check, CheckKind, CheckOutcome, Evidence};
use async_trait::async_trait;
use purlin_core::Cx;
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What a fake does in one run.
type Play = Arc<dyn Fn() -> CheckOutcome + Send + Sync>;

/// A check that says what a test wants. Clones are the same check.
///
/// ```
/// use purlin_core::Cx;
/// use purlin_health::fake::FakeCheck;
/// use purlin_health::{Cause, Check, CheckOutcome, Evidence, Failure, Phase, Status};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let check = FakeCheck::answering(Evidence::new(Status::Ok, "fine"));
/// check.then(|| CheckOutcome::Failed(Failure::new(Phase::Connect, Cause::Refused, "nobody listens")));
///
/// let cx = Cx::background();
/// assert!(matches!(check.run(&cx).await, CheckOutcome::Failed(_)));
/// assert!(matches!(check.run(&cx).await, CheckOutcome::Answered(_)));
/// assert_eq!(check.runs(), 2);
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct FakeCheck(Arc<Shared>);

struct Shared {
    target: Option<String>,
    always: Mutex<Play>,
    next: Mutex<VecDeque<Play>>,
    runs: AtomicU64,
}

impl FakeCheck {
    /// A check that does this each time.
    pub fn new(play: impl Fn() -> CheckOutcome + Send + Sync + 'static) -> Self {
        Self::with(None, Arc::new(play))
    }

    /// A check that answers this each time.
    pub fn answering(evidence: Evidence) -> Self {
        Self::new(move || CheckOutcome::Answered(evidence.clone()))
    }

    fn with(target: Option<String>, play: Play) -> Self {
        Self(Arc::new(Shared {
            target,
            always: Mutex::new(play),
            next: Mutex::default(),
            runs: AtomicU64::new(0),
        }))
    }

    /// The same on this target, with nothing scripted and no run counted yet.
    #[must_use]
    pub fn on(&self, target: impl Into<String>) -> Self {
        Self::with(Some(target.into()), lock(&self.0.always).clone())
    }

    /// Scripts the next run, after those that are scripted already.
    pub fn then(&self, play: impl Fn() -> CheckOutcome + Send + Sync + 'static) {
        lock(&self.0.next).push_back(Arc::new(play));
    }

    /// Sets what it does from now on, after what is scripted.
    pub fn always(&self, play: impl Fn() -> CheckOutcome + Send + Sync + 'static) {
        *lock(&self.0.always) = Arc::new(play);
    }

    /// How often it ran.
    pub fn runs(&self) -> u64 {
        self.0.runs.load(Ordering::Relaxed)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Check for FakeCheck {
    fn kind(&self) -> CheckKind {
        CheckKind::from("fake")
    }

    fn target(&self) -> Option<&str> {
        self.0.target.as_deref()
    }

    async fn run(&self, _: &Cx) -> CheckOutcome {
        self.0.runs.fetch_add(1, Ordering::Relaxed);
        let next = lock(&self.0.next).pop_front();
        let play = next.unwrap_or_else(|| lock(&self.0.always).clone());
        play()
    }
}

impl fmt::Debug for FakeCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeCheck")
            .field("target", &self.0.target)
            .field("runs", &self.runs())
            .finish_non_exhaustive()
    }
}
