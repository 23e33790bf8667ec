//! The thread of a connection.

pub(crate) mod outbox;
pub(crate) mod patience;
mod run;
mod transaction;

use crate::desk::{Desk, OPENING, Order, Piece, Shape};
use crate::fault::{Faults, Stage};
use crate::open;
use crate::settings::Settings;
use outbox::Shelf;
use patience::Patience;
use purlin_core::Result;
use rusqlite::Connection;
use std::any::Any;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Prepared statements, and what is known of their columns, that a connection keeps.
pub(crate) const STATEMENTS_KEPT: usize = 128;

/// The connection and what the thread remembers of it.
pub(crate) struct Worker {
    pub(crate) connection: Connection,
    pub(crate) faults: Arc<Faults>,
    desk: Arc<Desk>,
    patience: Patience,
    shelf: Shelf,
    shapes: HashMap<Box<str>, Shape>,
    /// A transaction of [`begin`](Worker::begin) is open, as far as its owner knows.
    in_transaction: bool,
    /// What `query_only` was before a transaction that may only read.
    query_only_before: Option<bool>,
}

/// Opens the database on a thread of its own, which serves the desk until that is closed.
pub(crate) fn start(settings: Settings, faults: Arc<Faults>, desk: Arc<Desk>) -> std::io::Result<()> {
    let thread = std::thread::Builder::new().name("purlin-sqlite".to_owned());
    thread.spawn(move || {
        let ended = catch_unwind(AssertUnwindSafe(|| serve(&settings, faults, &desk)));
        desk.ended(ended.err().map(|panic| panic_message(&*panic)).unwrap_or_default());
    })?;
    Ok(())
}

fn serve(settings: &Settings, faults: Arc<Faults>, desk: &Arc<Desk>) {
    let (patience, shelf) = (Patience::new(settings.busy_timeout, desk), Shelf::new(desk));
    let connection = match open::open(settings, &faults, desk, &patience, &shelf) {
        Ok(connection) => connection,
        Err(error) => return desk.finish(OPENING, Err(error)),
    };
    desk.finish(OPENING, Ok(Piece::default()));
    let mut worker = Worker {
        connection,
        faults,
        desk: desk.clone(),
        patience,
        shelf,
        shapes: HashMap::new(),
        in_transaction: false,
        query_only_before: None,
    };
    while let Some((id, order)) = desk.take() {
        match order {
            Order::Close => {
                let closed = worker.close();
                return desk.finish(id, closed);
            }
            _ if desk.is_stopped() => desk.finish(id, Err(worker.faults.stopped())),
            Order::Call(call) => {
                let done = call(&mut worker);
                desk.stands_in_transaction(!worker.connection.is_autocommit());
                desk.finish(id, done.map(|()| Piece::default()));
            }
            Order::Run { sql, parameters, prepared } => {
                let last = worker.run(id, &sql, &parameters, prepared);
                desk.stands_in_transaction(!worker.connection.is_autocommit());
                desk.finish(id, last);
            }
        }
    }
}

impl Worker {
    fn close(self) -> Result<Piece> {
        let Self { connection, faults, .. } = self;
        let closed = connection.close();
        closed.map(|()| Piece::default()).map_err(|(_, error)| faults.told(error, Stage::Step))
    }

    /// Hands the connection out. Nobody looks at deadlines for it, so SQLite waits for locks by itself.
    pub(crate) fn lend<T>(&mut self, work: impl FnOnce(&mut Connection) -> T) -> Result<T> {
        let set = self.patience.at_once(&self.connection);
        set.map_err(|error| self.told(error, Stage::Step))?;
        let made = work(&mut self.connection);
        self.patience.in_slices(&self.connection).map_err(|error| self.told(error, Stage::Step))?;
        Ok(made)
    }

    /// Runs a statement of the driver's own that answers nothing.
    fn batch(&self, sql: &str) -> Result<()> {
        let done = self.patience.ask(&self.connection, || self.connection.execute_batch(sql));
        done.map_err(|error| self.told(error, Stage::Step))
    }

    /// The portable form of an error; one that only says that the order was stopped bears that name.
    pub(crate) fn told(&self, error: rusqlite::Error, stage: Stage) -> purlin_core::Error {
        let locked = error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy);
        if locked && self.desk.is_stopped() {
            return self.faults.stopped();
        }
        self.faults.told(error, stage)
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".to_owned())
}
