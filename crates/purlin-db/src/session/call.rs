//! The way into a call.

use super::guard::{Guard, Watch, refused};
use super::state::{End, Step};
use super::{Session, transaction};
use crate::{Capability, Connection};
use purlin_core::{Cx, Result};

/// What a statement did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Executed {
    /// Rows that it changed, over all its results; 0 where the server does not say.
    pub affected: u64,
    /// The key that the server made for an inserted row, where it is told without asking (MySQL, SQLite).
    pub last_insert_id: Option<u64>,
}

impl Session {
    /// Brings the session into order before a call, or refuses it.
    pub(super) async fn ready(&mut self, cx: &Cx, operation: &'static str) -> Result<()> {
        loop {
            let survives = self.info().capabilities.has(Capability::RecoversAfterDrop);
            match self.machine.next(survives) {
                Step::Go => {
                    return cx.check(operation).map_err(|error| error.or_endpoint(&self.info().endpoint));
                }
                Step::Refuse => return Err(refused(&self.info().endpoint, operation)),
                Step::Recover => self.recover(cx, operation).await?,
                Step::RollBack(depth) => self.roll_back_to(cx, depth).await?,
            }
        }
    }

    async fn recover(&mut self, cx: &Cx, operation: &'static str) -> Result<()> {
        let endpoint = self.info().endpoint.clone();
        cx.check(operation).map_err(|error| error.or_endpoint(&endpoint))?;
        self.machine.begins();
        let cx = cx.with_timeout(self.limits.cancel);
        match cx.run("db.recover", self.connection.recover(&cx)).await {
            Ok(()) => {
                self.machine.ends(End::Clean);
                Ok(())
            }
            Err(error) => {
                self.machine.ends(End::Broken);
                Err(refused(&endpoint, operation).with_source(error))
            }
        }
    }

    async fn roll_back_to(&mut self, cx: &Cx, depth: u32) -> Result<()> {
        let endpoint = self.info().endpoint.clone();
        self.machine.begins();
        let cx = cx.with_timeout(self.limits.cancel);
        let connection = &mut *self.connection;
        let done = async {
            match depth {
                0 => connection.rollback(&cx).await,
                depth => transaction::roll_back_to(connection, &cx, self.dialect, depth).await,
            }
        };
        match cx.run("db.rollback", done).await {
            Ok(()) => {
                self.machine.ends(End::Clean);
                self.machine.at_depth(depth);
                Ok(())
            }
            Err(error) => {
                self.machine.ends(End::Broken);
                Err(error.or_endpoint(&endpoint))
            }
        }
    }

    /// The connection, and the guard over a call on it.
    pub(super) fn split(&mut self, cx: &Cx, operation: &'static str) -> (&mut dyn Connection, Guard<'_>) {
        let info = self.connection.info();
        let cancel = self.connection.cancel_handle();
        let watch = Watch::new(cx, operation, info.endpoint.clone(), cancel, self.limits.clone());
        (&mut *self.connection, Guard { watch, machine: &mut self.machine })
    }
}
