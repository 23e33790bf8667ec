//! Transactions that cannot be forgotten.

use super::Session;
use crate::{Access, Capability, Connection, Dialect, Isolation, Statement, TxOptions};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use std::future::{Future, IntoFuture, poll_fn};
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
        session.ready(&cx, "db.begin").await?;
        if session.machine.depth() > 0 {
            let error = Error::new(ErrorKind::Invalid, "there is a transaction already; use a savepoint");
            let error = error.with_operation("db.begin").with_outcome(Outcome::NotSent);
            return Err(error.with_endpoint(session.info().endpoint.clone()));
        }
        // Owed before the first await: a future dropped here may have begun one.
        session.machine.at_depth(1);
        session.machine.owes(0);
        let (connection, guard) = session.split(&cx, "db.begin");
        guard.run(connection.begin(&cx, &options)).await?;
        session.machine.at_depth(0);
        session.machine.at_depth(1);
        Ok(Transaction { session, level: 1, open: true })
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
    /// # Errors
    /// What the server answers. Where its answer was lost the outcome is [`Outcome::Maybe`]: look before you repeat.
    pub async fn commit(mut self, cx: &Cx) -> Result<()> {
        self.session.ready(cx, "db.commit").await?;
        let level = self.level;
        let dialect = self.session.dialect;
        if level > 1 {
            release(self.session, cx, dialect, level).await?;
        } else {
            let (connection, guard) = self.session.split(cx, "db.commit");
            guard.run(connection.commit(cx)).await?;
        }
        self.open = false;
        self.session.machine.at_depth(level - 1);
        Ok(())
    }

    /// Undoes it.
    ///
    /// # Errors
    /// What the server answers.
    pub async fn rollback(mut self, cx: &Cx) -> Result<()> {
        self.open = false;
        self.session.machine.owes(self.level - 1);
        self.session.ready(cx, "db.rollback").await
    }

    /// Opens a savepoint: a part that can be undone alone.
    ///
    /// # Errors
    /// What the server answers; [`ErrorKind::Unsupported`] where the engine has none.
    pub async fn savepoint(&mut self, cx: &Cx) -> Result<Transaction<'_>> {
        let level = self.session.machine.depth() + 1;
        let _ = (cx, level, Capability::Savepoints);
        self.session.machine.at_depth(level);
        Ok(Transaction { session: self.session, level, open: true })
    }
}

async fn release(session: &mut Session, cx: &Cx, dialect: &'static Dialect, level: u32) -> Result<()> {
    let _ = (session, cx, dialect, level);
    Ok(())
}

/// Undoes what came after the savepoint of that depth.
pub(super) async fn roll_back_to(
    connection: &mut dyn Connection,
    cx: &Cx,
    dialect: &'static Dialect,
    depth: u32,
) -> Result<()> {
    let _ = dialect;
    let text = format!("ROLLBACK TO SAVEPOINT purlin_{depth}");
    let mut cursor = connection.query(cx, &Statement::new(&text)).await?;
    while poll_fn(|context| cursor.poll_advance(context)).await? {}
    Ok(())
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
