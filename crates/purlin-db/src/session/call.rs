//! The way into a call.

use super::Session;
use super::guard::Guard;
use super::state::{End, Step};
use super::verdict::{Stage, aborted, ended, judge, spent};
use super::watch::{Remedy, Watch};
use crate::{Connection, Protocol, RowCursor, Statement};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use std::future::poll_fn;

/// What a statement did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Executed {
    /// Rows that it changed, over all its results; 0 where the server does not say.
    pub affected: u64,
    /// The key that the server made for an inserted row, where it is told without asking (MySQL, SQLite).
    pub last_insert_id: Option<u64>,
}

impl Executed {
    /// A result was read to its end.
    pub(super) fn adds(&mut self, cursor: &(dyn RowCursor + '_)) {
        self.affected = self.affected.saturating_add(cursor.affected().unwrap_or(0));
        self.last_insert_id = cursor.last_insert_id().or(self.last_insert_id);
    }
}

impl Session {
    /// Brings the session into order before a call, or refuses it.
    pub(super) async fn ready(&mut self, cx: &Cx, operation: &'static str) -> Result<()> {
        if self.machine.next(self.server()) != Step::Go {
            // Boxed, as all that seldom happens: the future of each call would carry it else.
            Box::pin(self.put_in_order(cx, operation)).await?;
        }
        cx.check(operation).map_err(|error| error.or_endpoint(&self.info().endpoint))
    }

    /// Does what is owed.
    pub(super) async fn put_in_order(&mut self, cx: &Cx, operation: &'static str) -> Result<()> {
        loop {
            let endpoint = &self.info().endpoint;
            let step = self.machine.next(self.server());
            match step {
                Step::Go => return Ok(()),
                Step::Spent => return Err(spent(endpoint, operation)),
                Step::Aborted => return Err(aborted(endpoint, operation)),
                Step::Ended => return Err(ended(endpoint, operation)),
                Step::Recover | Step::RollBack | Step::RollBackTo(_) => {
                    cx.check(operation).map_err(|error| error.or_endpoint(endpoint))?;
                }
            }
            match step {
                Step::RollBackTo(savepoint) => self.roll_back_to(cx, savepoint, operation).await?,
                Step::RollBack => self.roll_back(cx, operation).await?,
                _ => self.recover(cx, operation).await?,
            }
        }
    }

    async fn recover(&mut self, cx: &Cx, operation: &'static str) -> Result<()> {
        let limit = self.limits.cancel;
        let (connection, guard) = self.split(cx, "db.recover", Remedy::Leave);
        let bounded = cx.with_timeout(limit);
        let Guard { watch, machine, .. } = guard;
        machine.begins();
        let result = bounded.run("db.recover", connection.recover(&bounded)).await;
        match result {
            Ok(()) => {
                machine.ends(End::Clean);
                Ok(())
            }
            Err(error) => {
                // The caller's time was too short for it: a driver that survives that can try again.
                let cut = cx.check("db.recover").is_err() && watch.survives;
                machine.ends(if cut { End::Left } else { End::Broken });
                Err(not_reached(&watch.told(error), cx, operation))
            }
        }
    }

    async fn roll_back(&mut self, cx: &Cx, operation: &'static str) -> Result<()> {
        let (connection, mut guard) = self.split(cx, "db.rollback", Remedy::Patience);
        match guard.open(connection.rollback(cx)).await {
            Ok(_) => {
                self.machine.ends(End::Clean);
                self.machine.has_rolled_back();
                Ok(())
            }
            Err(error) => {
                self.machine.ends(End::Broken);
                Err(not_reached(&error, cx, operation))
            }
        }
    }

    async fn roll_back_to(&mut self, cx: &Cx, savepoint: u32, operation: &'static str) -> Result<()> {
        let syntax = self.dialect.savepoints;
        let done = self.say(cx, "db.rollback", &named(syntax.roll_back, savepoint)).await;
        if let Err(error) = done {
            if self.machine.next(self.server()) == Step::RollBackTo(savepoint) {
                self.machine.cannot_roll_back_to();
            }
            return Err(not_reached(&error, cx, operation));
        }
        self.machine.has_rolled_back();
        if let Some(release) = syntax.release {
            // It would only stay in the server's memory until the transaction ends.
            let _ = self.say(cx, "db.rollback", &named(release, savepoint)).await;
        }
        Ok(())
    }

    /// Runs a statement of the session's own, which has no answer.
    pub(super) async fn say(&mut self, cx: &Cx, operation: &'static str, text: &str) -> Result<()> {
        let (connection, guard) = self.split(cx, operation, Remedy::Patience);
        guard
            .run(async {
                let statement = Statement::new(text).protocol(Protocol::Text);
                let mut cursor = connection.query(cx, &statement).await?;
                while poll_fn(|context| cursor.poll_advance(context)).await? {}
                Ok(())
            })
            .await
    }

    /// The connection, and the guard over a call on it.
    pub(super) fn split(
        &mut self,
        cx: &Cx,
        operation: &'static str,
        remedy: Remedy,
    ) -> (&mut dyn Connection, Guard<'_>) {
        let survives = self.server().survives;
        let endpoint = self.connection.info().endpoint.clone();
        let mut watch = Watch::new(cx, operation, self.dialect.name, endpoint, remedy);
        watch.limits = self.limits.clone();
        watch.survives = survives;
        (&mut *self.connection, Guard { watch, machine: &mut self.machine, alarm: &mut self.alarm })
    }

    /// What can stop a statement that is about to begin.
    pub(super) fn remedy(&self) -> Remedy {
        self.connection.cancel_handle().map_or(Remedy::Leave, Remedy::Cancel)
    }
}

/// The text of a statement about that savepoint.
pub(super) fn named(template: &str, savepoint: u32) -> String {
    template.replace("{}", &format!("purlin_{savepoint}"))
}

/// The call was not reached, because of what had to be done before it.
fn not_reached(error: &Error, cx: &Cx, operation: &'static str) -> Error {
    let kind = match error.kind() {
        kind @ (ErrorKind::Timeout | ErrorKind::Cancelled) if cx.check(operation).is_err() => kind,
        _ => ErrorKind::Unavailable,
    };
    let (outcome, message) = match operation {
        "db.rollback" => (judge(error, Stage::Asking).1, "the transaction was not rolled back"),
        _ => (Outcome::NotSent, "the session could not be brought into order before the call"),
    };
    let told = Error::new(kind, message).with_operation(operation).with_outcome(outcome);
    let told = match error.endpoint() {
        Some(endpoint) => told.with_endpoint(endpoint.clone()),
        None => told,
    };
    told.with_source(error.clone())
}
