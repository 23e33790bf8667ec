//! From the server's and the driver's errors to ours.

use crate::wire::{ServerMessage, Shared, malformed};
use purlin_core::{Error, ErrorKind, Outcome};
use purlin_db::{DbDetail, Dialect, ErrorClass, ErrorTable, Vendor};
use std::io;

/// What error numbers mean at one target.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meanings(pub(crate) ErrorTable);

impl Meanings {
    /// A call on an open connection has failed. What the server has said before it broke counts first: the driver
    /// keeps an error back until the end of the answer, and loses it where there is none.
    pub(crate) fn of_call(&self, error: tiberius::error::Error, shared: &Shared) -> Error {
        let is_refusal = matches!(error, tiberius::error::Error::Server(_));
        match shared.first_error() {
            Some(message) if is_refusal => self.of_server(&message),
            Some(message) => self.of_last_words(&message),
            None => of_driver(error, shared),
        }
    }

    /// A login has failed.
    pub(crate) fn of_login(&self, error: tiberius::error::Error, shared: &Shared) -> Error {
        let error = match shared.first_error() {
            Some(message) => self.of_server(&message),
            None => of_driver(error, shared),
        };
        error.with_operation("db.login").with_outcome(Outcome::NotSent)
    }

    /// The server refuses a statement.
    pub(crate) fn of_server(&self, message: &ServerMessage) -> Error {
        let told = self.of_class(message, None);
        let ends = DbDetail::class_of(&told).is_some_and(ErrorClass::ends_session);
        match (message.ends_connection(), ends) {
            (true, false) => self.of_last_words(message),
            (_, true) => told.with_outcome(Outcome::Maybe),
            (false, false) => told,
        }
    }

    /// The server has hung up after it, whatever it is.
    pub(crate) fn of_last_words(&self, message: &ServerMessage) -> Error {
        let class = self.0.class(Vendor::SqlServer, Some(message.number.into()), None);
        let class = class
            .or_else(|| Dialect::MSSQL.errors.class(Vendor::SqlServer, Some(message.number.into()), None));
        let class = class.filter(|class| class.ends_session()).unwrap_or(ErrorClass::ConnectionLost);
        self.of_class(message, Some(class)).with_outcome(Outcome::Maybe)
    }

    fn of_class(&self, message: &ServerMessage, class: Option<ErrorClass>) -> Error {
        let code = i64::from(message.number);
        let table = match class {
            Some(class) => &self.0.clone().code(Vendor::SqlServer, code, class),
            None => &self.0,
        };
        let told =
            Dialect::MSSQL.error(Vendor::SqlServer, Some(code), None, message.message.clone(), None, table);
        told.with_note(note(message)).with_detail(message.clone())
    }
}

/// What there is beside the message, as the vendor's own tools print it.
fn note(message: &ServerMessage) -> String {
    let ServerMessage { number, class, state, line, .. } = message;
    let mut note = format!("Msg {number}, Level {class}, State {state}");
    if !message.server.is_empty() {
        note.push_str(&format!(", Server {}", message.server));
    }
    if !message.procedure.is_empty() {
        note.push_str(&format!(", Procedure {}", message.procedure));
    }
    if *line > 0 {
        note.push_str(&format!(", Line {line}"));
    }
    note
}

/// The statement was cancelled; SQL Server says so without an error.
pub(crate) fn cancelled() -> Error {
    Error::new(ErrorClass::Cancelled.kind(), "the statement was cancelled")
        .with_outcome(Outcome::Sent)
        .with_detail(DbDetail::new(ErrorClass::Cancelled, Vendor::SqlServer))
}

fn of_driver(error: tiberius::error::Error, shared: &Shared) -> Error {
    use tiberius::error::Error as Driver;
    match error {
        Driver::Io { kind, message } => {
            let error = shared.fault().unwrap_or_else(|| io::Error::new(kind, message));
            lost(error)
        }
        Driver::Routing { host, port } => {
            Error::new(ErrorKind::Protocol, format!("the server sent the session to {host}:{port}"))
        }
        // Only parameters are written in the driver's words, before anything leaves.
        Driver::BulkInput(message) => Error::new(ErrorKind::Invalid, message).with_outcome(Outcome::NotSent),
        error => Error::new(ErrorKind::Protocol, error.to_string()).with_outcome(Outcome::Maybe),
    }
}

fn lost(error: io::Error) -> Error {
    if let Some(malformed) = malformed(&error) {
        return malformed.with_operation("db.read").with_outcome(Outcome::Maybe);
    }
    let error = purlin_tls::stream_error("db.read", error);
    match error.kind() {
        ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Refused => {
            error.with_detail(DbDetail::new(ErrorClass::ConnectionLost, Vendor::SqlServer))
        }
        _ => error,
    }
}
