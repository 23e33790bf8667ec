//! Transactions that cannot be forgotten.

use super::call::named;
use super::watch::Remedy;
use super::{Session, SessionState};
use crate::{Access, Capability, Isolation, TxOptions, refusal};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use std::borrow::Cow;
use std::future::{Future, IntoFuture};
use std::ops::{Deref, DerefMut};
use std::pin::Pin;

/// A transaction that is being put together; await it to begin.
#[derive(Debug)]
#[must_use = "it begins when it is awaited"]
pub struct Begin<'s> {
    session: &'s mut Session,
    cx: Cx,
    options: TxOptions,
}

impl<'s> Begin<'s> {
    pub(super) fn new(session: &'s mut Session, cx: Cx) -> Self {
        Self { session, cx, options: TxOptions::new() }
    }

    /// At that isolation level; the default is the session's.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.options = self.options.isolation(isolation);
        self
    }

    /// A transaction that the server holds to reading.
    pub fn read_only(mut self) -> Self {
        self.options = self.options.access(Access::ReadOnly);
        self
    }

    /// With these options.
    pub fn options(mut self, options: TxOptions) -> Self {
        self.options = options;
        self
    }

    async fn run(self) -> Result<Transaction<'s>> {
        let Self { session, cx, options } = self;
        session.can_begin(&options)?;
        session.ready(&cx, "db.begin").await?;
        if session.state() != SessionState::Idle {
            let message = "there is a transaction already; use a savepoint";
            return Err(session.refuses(ErrorKind::Invalid, message));
        }
        session.machine.begin_is_sent();
        let remedy = session.remedy();
        let (connection, guard) = session.split(&cx, "db.begin", remedy);
        if let Err(error) = guard.run(connection.begin(&cx, &options)).await {
            if error.outcome() == Outcome::NotSent {
                session.machine.is_down_to(0);
            }
            return Err(error);
        }
        session.machine.has_begun();
        Ok(Transaction { session, level: 1, open: true })
    }
}

impl Session {
    fn can_begin(&self, options: &TxOptions) -> Result<()> {
        let levels = self.dialect.isolation;
        if let Some(level) = options.isolation.filter(|level| !levels.contains(level)) {
            let error = refusal::isolation(self.dialect, level);
            return Err(error.with_endpoint(self.info().endpoint.clone()));
        }
        let read_only = options.access == Some(Access::ReadOnly);
        if read_only && !self.info().capabilities.has(Capability::ReadOnlyTransactions) {
            let message = "the server cannot hold a transaction to reading";
            return Err(self.refuses(ErrorKind::Unsupported, message));
        }
        Ok(())
    }

    fn refuses(&self, kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Error {
        let error = Error::new(kind, message).with_operation("db.begin").with_outcome(Outcome::NotSent);
        error.with_endpoint(self.info().endpoint.clone())
    }
}

impl<'s> IntoFuture for Begin<'s> {
    type Output = Result<Transaction<'s>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<Transaction<'s>>> + Send + 's>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// An open transaction or savepoint; it is used as the [`Session`] that it holds.
///
/// One that is dropped is rolled back before the session does anything else, and before a pool lends it again.
///
/// After an error of class [`Serialization`](crate::ErrorClass::Serialization) it can only be rolled back, and so can
/// one that the server has ended by itself, as some do for a statement that changes the schema: what would follow
/// would stand outside any transaction.
#[derive(Debug)]
#[must_use = "dropping it rolls back"]
pub struct Transaction<'s> {
    session: &'s mut Session,
    /// 1 is the transaction, above are savepoints.
    level: u32,
    open: bool,
}

impl Transaction<'_> {
    /// Makes it last; a savepoint becomes part of what is around it.
    ///
    /// The server is not asked to cancel a commit. Where the call's time is over, its answer is waited for a little
    /// longer, for the [limit](crate::Limits::cancel) of cancelling.
    ///
    /// # Errors
    /// What the server answers. Where its answer was lost or did not come in time the outcome is [`Outcome::Maybe`]:
    /// look before you repeat.
    pub async fn commit(mut self, cx: &Cx) -> Result<()> {
        self.session.ready(cx, "db.commit").await?;
        let release = self.session.dialect.savepoints.release;
        match (self.session.machine.savepoint(self.level), release) {
            (None, _) => {
                let (connection, guard) = self.session.split(cx, "db.commit", Remedy::Patience);
                guard.run(connection.commit(cx)).await?;
            }
            (Some(number), Some(release)) => {
                self.session.say(cx, "db.commit", &named(release, number)).await?;
            }
            (Some(_), None) => {}
        }
        self.open = false;
        self.session.machine.is_down_to(self.level - 1);
        Ok(())
    }

    /// Undoes it.
    ///
    /// # Errors
    /// What the server answers. Where there was no time left to begin, the next call does it; else the session is of
    /// no more use, and the server undoes the transaction with it.
    pub async fn rollback(self, cx: &Cx) -> Result<()> {
        self.session.machine.owes(self.level - 1);
        self.session.put_in_order(cx, "db.rollback").await
    }

    /// Opens a savepoint: a part that can be undone alone.
    ///
    /// # Errors
    /// What the server answers; [`ErrorKind::Unsupported`] where the engine has none.
    pub async fn savepoint(&mut self, cx: &Cx) -> Result<Transaction<'_>> {
        let session = &mut *self.session;
        if !session.info().capabilities.has(Capability::Savepoints) {
            return Err(session.refuses(ErrorKind::Unsupported, "the server has no savepoints"));
        }
        session.ready(cx, "db.begin").await?;
        let number = session.machine.savepoint_is_sent();
        let text = named(session.dialect.savepoints.open, number);
        session.say(cx, "db.begin", &text).await?;
        session.machine.has_savepoint(number);
        let level = session.machine.depth();
        Ok(Transaction { session, level, open: true })
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if self.open {
            self.session.machine.owes(self.level - 1);
        }
    }
}

impl Deref for Transaction<'_> {
    type Target = Session;

    fn deref(&self) -> &Session {
        self.session
    }
}

impl DerefMut for Transaction<'_> {
    fn deref_mut(&mut self) -> &mut Session {
        self.session
    }
}
