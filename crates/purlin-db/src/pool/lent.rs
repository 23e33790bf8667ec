//! A session that is lent.

use super::lane::{Entry, Purpose};
use super::shared::Shared;
use crate::Session;
use purlin_core::Instant;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

/// Who holds a session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Borrower {
    /// Where in the source it was acquired.
    pub location: &'static Location<'static>,
    /// For how long it has been lent.
    pub lent_for: Duration,
}

impl fmt::Display for Borrower {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{} for {:.1} s",
            self.location.file(),
            self.location.line(),
            self.lent_for.as_secs_f64()
        )
    }
}

/// A [`Session`] that is lent; it goes back to its pool when it is dropped, with what its borrower set in it: see
/// [`discard`](Self::discard).
pub struct Pooled {
    /// Only what ends the loan takes it out.
    entry: Option<Box<Entry>>,
    shared: Arc<Shared>,
    purpose: Purpose,
    pub(super) slot: usize,
    pub(super) since: Instant,
}

impl Pooled {
    pub(super) fn new(entry: Box<Entry>, shared: &Arc<Shared>, purpose: Purpose, since: Instant) -> Self {
        Self { entry: Some(entry), shared: shared.clone(), purpose, slot: usize::MAX, since }
    }

    /// Ends the session instead of giving it back: for one that was changed in a way that its next borrower must not
    /// meet, such as by `SET`, `USE`, `PRAGMA`, a temporary table or a lock with a name. The pool closes it in the
    /// background and opens another one when it is needed.
    pub fn discard(mut self) {
        if let Some(entry) = self.entry.take() {
            self.shared.discard(entry, self.purpose, self.slot, self.since);
        }
    }
}

impl fmt::Debug for Pooled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pooled").field(&self.entry.as_ref().map(|entry| &entry.session)).finish()
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.shared.give_back(entry, self.purpose, self.slot, self.since);
        }
    }
}

impl Deref for Pooled {
    type Target = Session;

    #[expect(
        clippy::expect_used,
        reason = "only the loan's end takes the entry out, and nobody can look after it"
    )]
    fn deref(&self) -> &Session {
        &self.entry.as_ref().expect("the session is lent").session
    }
}

impl DerefMut for Pooled {
    #[expect(
        clippy::expect_used,
        reason = "only the loan's end takes the entry out, and nobody can look after it"
    )]
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.entry.as_mut().expect("the session is lent").session
    }
}
