//! The thread of a session.

mod lob;
mod run;
mod transaction;

use crate::fault::{at_login, panicked};
use crate::guarded::{THREAD, guarded, unpoisoned};
use crate::link::{Answer, Order, Piece, Shared};
use crate::settings::Settings;
use crate::threads::Ticket;
use purlin_core::Result;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;

/// So that moments without a zone, in parameters and of columns with the session's zone, are in UTC. Without it the
/// driver says the zone of this machine, or what the variable `ORA_SDTZ` holds.
const IN_UTC: &str = "ALTER SESSION SET TIME_ZONE = '+00:00'";

/// What a login tells.
#[derive(Debug, Clone)]
pub(crate) struct Greeting {
    pub(crate) version: [usize; 5],
    pub(crate) session_id: usize,
}

/// The driver's connection and what the thread remembers of it.
pub(crate) struct Worker {
    /// None once the driver has panicked in the midst of a call.
    connection: Option<oracledb::Connection>,
    settings: Arc<Settings>,
    shared: Arc<Shared>,
    ticket: Ticket,
    /// A transaction of [`begin`](Worker::begin) is open.
    begun: bool,
}

pub(crate) type Greeted = tokio::sync::oneshot::Sender<Result<Greeting>>;

/// What the thread begins with.
pub(crate) struct Beginning {
    pub(crate) config: oracledb::Config,
    pub(crate) settings: Arc<Settings>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) ticket: Ticket,
    pub(crate) greeted: Greeted,
    pub(crate) orders: Receiver<(Order, Answer)>,
}

/// Logs in on a thread of its own, which serves orders until nobody can leave one any more.
pub(crate) fn start(beginning: Beginning) -> std::io::Result<()> {
    let thread = std::thread::Builder::new().name(THREAD.to_owned());
    thread.spawn(move || unpoisoned(move || serve(beginning)))?;
    Ok(())
}

fn serve(beginning: Beginning) {
    let Beginning { config, settings, shared, ticket, greeted, orders } = beginning;
    let mut worker = Worker { connection: None, settings, shared, ticket, begun: false };
    let greeting = worker.log_in(config);
    let is_in = greeting.is_ok();
    if greeted.send(greeting).is_err() || !is_in {
        return worker.leaves();
    }
    while let Ok((order, answer)) = orders.recv() {
        let closes = matches!(order, Order::Close);
        let last = worker.obey(order, &answer);
        let in_transaction = worker.begun;
        worker.shared.in_transaction.store(in_transaction, Ordering::Relaxed);
        // Where nobody waits any more the session is about to be left, or read no further.
        let _ = answer.blocking_send(last);
        if closes || worker.connection.is_none() {
            break;
        }
    }
    worker.leaves();
}

impl Worker {
    fn log_in(&mut self, config: oracledb::Config) -> Result<Greeting> {
        let connected = guarded(|| oracledb::connect(config));
        let connected = connected.map_err(|text| at_login(self.line_or(&text)))?;
        let of_login = |error: oracledb::Error| self.settings.meanings.of_login(&error, &self.shared.line);
        self.connection = Some(connected.map_err(of_login)?);
        let greeting = self.drive(|connection| {
            connection.execute(IN_UTC, &[])?;
            let version = connection.version()?;
            let session_id = connection.session_id()?;
            let version = [version.0, version.1, version.2, version.3, version.4];
            Ok(Greeting { version, session_id })
        });
        greeting.map_err(at_login)
    }

    /// A panic, or what the relay knows to be its cause.
    fn line_or(&self, text: &str) -> purlin_core::Error {
        self.shared.line.fault().unwrap_or_else(|| panicked(text))
    }

    /// Runs a call of the driver. After a panic the connection is given up: to take it apart would run more of the
    /// driver over the same state, and a panic in a destructor that runs because of a panic ends the process.
    fn drive<T>(
        &mut self,
        call: impl FnOnce(&oracledb::Connection) -> Result<T, oracledb::Error>,
    ) -> Result<T> {
        let Some(connection) = &self.connection else { return Err(self.line_or("before")) };
        match guarded(|| call(connection)) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(self.settings.meanings.of_call(&error, &self.shared.line)),
            Err(text) => Err(self.breaks(&text)),
        }
    }

    /// The driver has panicked.
    fn breaks(&mut self, text: &str) -> purlin_core::Error {
        let error = self.line_or(text);
        if let Some(connection) = self.connection.take() {
            self.ticket.gives_up();
            std::mem::forget(connection);
        }
        error
    }

    fn obey(&mut self, order: Order, answer: &Answer) -> Result<Piece> {
        match order {
            Order::Run { sql, parameters, prepared } => self.run(&sql, &parameters, prepared, answer),
            Order::Call(call) => call(self).map(|()| Piece::default()),
            Order::Close => {
                if let Some(mut connection) = self.connection.take() {
                    let closed = guarded(|| connection.close());
                    self.dismiss(connection);
                    // A server that hangs up first has ended the session as well.
                    let _ = closed;
                }
                Ok(Piece::default())
            }
        }
    }

    /// Hands the connection out.
    pub(crate) fn lend<T>(&mut self, work: impl FnOnce(&mut oracledb::Connection) -> T) -> Result<T> {
        let Some(connection) = &mut self.connection else { return Err(self.line_or("before")) };
        guarded(|| work(connection)).map_err(|text| self.breaks(&text))
    }

    fn leaves(mut self) {
        if let Some(connection) = self.connection.take() {
            self.dismiss(connection);
        }
    }

    /// Drops a connection, which says goodbye to the server where it is still there.
    fn dismiss(&self, connection: oracledb::Connection) {
        if guarded(move || drop(connection)).is_err() {
            self.ticket.gives_up();
        }
    }
}
