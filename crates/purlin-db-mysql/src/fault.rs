//! What a failure of the raw driver means.

use crate::line::Fault;
use mysql_async::{DriverError, IoError, ServerError, TlsError};
use purlin_core::{Error, ErrorKind, Outcome};
use purlin_db::{DbDetail, Dialect, ErrorClass, ErrorTable, Vendor, refusal};
use std::io;

/// What knows the meaning of a server's codes.
#[derive(Debug, Clone)]
pub(crate) struct Meaning {
    pub(crate) vendor: Vendor,
    /// The user's rows, before the dialect's.
    pub(crate) own: ErrorTable,
}

impl Meaning {
    /// A failure on a connection that is logged in.
    pub(crate) fn of(&self, fault: Fault) -> Error {
        match fault {
            Fault::Driver(error) => self.lost(self.of_driver(error, "db.read")),
            Fault::Panicked => broken_protocol(),
            Fault::Gone => {
                let error = Error::new(ErrorKind::Unavailable, "the connection was closed");
                self.lost(error.with_outcome(Outcome::NotSent))
            }
        }
    }

    /// What the server did not say is the connection's.
    fn lost(&self, error: Error) -> Error {
        match error.kind() {
            ErrorKind::Unavailable | ErrorKind::Timeout | ErrorKind::Refused
                if error.detail::<DbDetail>().is_none() =>
            {
                error.with_detail(DbDetail::new(ErrorClass::ConnectionLost, self.vendor))
            }
            _ => error,
        }
    }

    /// A failure on the way there; nothing was asked yet in any of them.
    pub(crate) fn of_connect(&self, error: mysql_async::Error) -> Error {
        match error {
            mysql_async::Error::Io(IoError::Io(error)) if never_connected(&error) => {
                Error::io("tcp.connect", error)
            }
            mysql_async::Error::Io(IoError::Tls(error)) => of_tls(error),
            mysql_async::Error::Server(error) => self.of_server(&error).with_operation(refusal::LOGIN),
            error => self.of_driver(error, refusal::LOGIN),
        }
        .with_outcome(Outcome::NotSent)
    }

    fn of_driver(&self, error: mysql_async::Error, operation: &'static str) -> Error {
        match error {
            mysql_async::Error::Server(error) => self.of_server(&error),
            mysql_async::Error::Io(IoError::Io(error)) => of_io(error, operation),
            mysql_async::Error::Io(IoError::Tls(error)) => of_tls(error),
            mysql_async::Error::Driver(error) => of_state(error),
            error => Error::new(ErrorKind::Internal, "the driver failed").with_source(error),
        }
    }

    /// The server said no.
    fn of_server(&self, error: &ServerError) -> Error {
        let state = Some(error.state.as_str()).filter(|state| state.len() == 5);
        let message = format!("{} (error {})", error.message, error.code);
        Dialect::MYSQL.error(self.vendor, Some(error.code.into()), state, message, None, &self.own)
    }
}

/// What came is no MySQL.
pub(crate) fn broken_protocol() -> Error {
    Error::new(ErrorKind::Protocol, "the server broke the protocol").with_outcome(Outcome::Maybe)
}

fn never_connected(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    let kind = error.kind();
    matches!(kind, K::ConnectionRefused | K::HostUnreachable | K::NetworkUnreachable | K::TimedOut)
        || matches!(kind, K::AddrNotAvailable | K::NotFound | K::PermissionDenied | K::NetworkDown)
}

fn of_io(error: io::Error, operation: &'static str) -> Error {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::Other if error.raw_os_error().is_none() => {
            let told = purlin_tls::stream_error(operation, error);
            match told.detail::<purlin_tls::TlsDetail>() {
                Some(_) => told,
                None => broken_protocol().with_operation(operation).with_source(told),
            }
        }
        _ => purlin_tls::stream_error(operation, error),
    }
}

fn of_tls(error: TlsError) -> Error {
    match error {
        // As it would come from the stream; there its meaning is known.
        TlsError::Tls(error) => {
            purlin_tls::stream_error("tls.handshake", io::Error::new(io::ErrorKind::InvalidData, error))
        }
        error => Error::new(ErrorKind::Tls, "TLS cannot be set up")
            .with_operation("tls.settings")
            .with_source(error),
    }
}

fn of_state(error: DriverError) -> Error {
    use DriverError as D;
    let refused = |message: &'static str| {
        Error::new(ErrorKind::Unsupported, message)
            .with_operation(refusal::LOGIN)
            .with_outcome(Outcome::Maybe)
    };
    match error {
        D::NoClientSslFlagFromServer => Error::new(
            ErrorKind::Tls,
            "the server offers no TLS; the option tls=off does without, and sends all in the clear",
        ),
        D::CleartextPluginDisabled => {
            refused("the server wants the password in the clear, which is done over verified TLS only")
        }
        D::MysqlOldPasswordDisabled => refused("the server wants the login of MySQL 4.0, which is broken"),
        D::UnknownAuthPlugin { name } => {
            let message = format!("the server wants a login that is not known here: {name}");
            Error::new(ErrorKind::Unsupported, message).with_outcome(Outcome::Maybe)
        }
        D::ConnectionClosed => Error::new(ErrorKind::Unavailable, "the server closed the connection")
            .with_outcome(Outcome::Maybe),
        D::LocalInfile(_) => {
            let message =
                "the server asked for a file of this machine (LOAD DATA LOCAL), which it does not get";
            Error::new(ErrorKind::Denied, message).with_outcome(Outcome::Maybe)
        }
        D::StmtParamsMismatch { required, supplied } => refusal::parameter_count(required.into(), supplied),
        D::StmtParamsNumberExceedsLimit { supplied } => {
            refusal::too_many_parameters(Dialect::MYSQL, supplied)
        }
        D::MixedParams => {
            let message = "a prepared statement cannot have `:name` beside `?`";
            Error::new(ErrorKind::Invalid, message).with_outcome(Outcome::NotSent)
        }
        D::PacketTooLarge => {
            Error::new(ErrorKind::Invalid, "the packet is too large").with_outcome(Outcome::Maybe)
        }
        error => broken_protocol().with_source(error),
    }
}
