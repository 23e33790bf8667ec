//! What a failed read or write of an established stream means.

use super::{Progress, TlsDetail, TlsFault, of_rustls};
use purlin_core::{Error, ErrorKind, Outcome};
use std::borrow::Cow;
use std::io;

/// What a failed read or write of a [`TlsStream`](tokio_rustls::client::TlsStream) means, for drivers: `operation`
/// names what was waited for.
///
/// A server that speaks TLS 1.3 refuses a client certificate, or its absence, only after the handshake has succeeded
/// (RFC 8446, section 4.4.2.4): it arrives with the first read, as [`ErrorKind::Tls`] with
/// [`TlsFault::ClientCertificate`], and nothing has been done then ([`Outcome::NotSent`]). All else is
/// [`Outcome::Maybe`]: [`ErrorKind::Unavailable`] when the connection was lost, [`ErrorKind::Protocol`] or
/// [`ErrorKind::Tls`] with [`TlsFault::Handshake`] when TLS itself failed, and otherwise what [`Error::io`] says.
///
/// ```
/// use purlin_core::{ErrorKind, Outcome};
/// use std::io;
///
/// let lost = io::Error::from(io::ErrorKind::ConnectionReset);
/// let error = purlin_tls::stream_error("db.query", lost);
/// assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::Maybe));
/// ```
pub fn stream_error(operation: impl Into<Cow<'static, str>>, error: io::Error) -> Error {
    if let Some(fault) = cause(&error) {
        let error = of_rustls(fault, Progress::Established).with_operation(operation);
        let refused = error.detail::<TlsDetail>().is_some_and(|it| it.fault == TlsFault::ClientCertificate);
        return if refused { error } else { error.with_outcome(Outcome::Maybe) };
    }
    let error = match error.kind() {
        // Without TLS' goodbye; whether that matters, the protocol above knows.
        io::ErrorKind::UnexpectedEof => {
            Error::new(ErrorKind::Unavailable, "the server closed the connection").with_operation(operation)
        }
        _ => Error::io(operation, error),
    };
    error.with_outcome(Outcome::Maybe)
}

/// The failure of rustls behind it, also where a library has wrapped it.
fn cause(error: &io::Error) -> Option<&rustls::Error> {
    let first = error.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static));
    std::iter::successors(first, |error| error.source()).find_map(|error| {
        error.downcast_ref::<rustls::Error>().or_else(|| error.downcast_ref::<io::Error>().and_then(cause))
    })
}
