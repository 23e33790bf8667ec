//! The words for failures, and what usually follows from each.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::time::Duration;

/// What went wrong, as far apart as a pager must tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// A name has no address.
    Unresolved,
    /// Nobody listens there, or the path to it says so.
    Refused,
    /// A deadline passed.
    Timeout,
    /// No trusted, private channel: certificate, name, protocol version.
    Tls,
    /// The other side does not know who asks: wrong or missing credentials.
    Unauthenticated,
    /// Who asks is known and may not.
    Denied,
    /// The thing that was asked for does not exist.
    NotFound,
    /// It clashes with the present state: a duplicate, a deadlock, a version that moved on.
    Conflict,
    /// The request or an input file is wrong; asking again cannot help.
    Invalid,
    /// The other side does not speak the protocol.
    Protocol,
    /// Too much was asked for; later is fine.
    RateLimited,
    /// The other side is there but cannot serve now: starting, stopping, full, its connection lost.
    Unavailable,
    /// The caller no longer wants the answer.
    Cancelled,
    /// Somebody with a newer right has taken over (see [`Fence`](crate::Fence)).
    Fenced,
    /// This implementation, version or platform cannot do it.
    Unsupported,
    /// A fault of our own.
    Internal,
}

impl ErrorKind {
    /// The word used in JSON and in metrics, such as `rate_limited`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unresolved => "unresolved",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::Unauthenticated => "unauthenticated",
            Self::Denied => "denied",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::Invalid => "invalid",
            Self::Protocol => "protocol",
            Self::RateLimited => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Cancelled => "cancelled",
            Self::Fenced => "fenced",
            Self::Unsupported => "unsupported",
            Self::Internal => "internal",
        }
    }

    /// Whether the same request may well succeed a little later.
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::Unresolved | Self::Refused | Self::Timeout | Self::RateLimited | Self::Unavailable
        )
    }

    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Unresolved => "the name has no address",
            Self::Refused => "connection refused",
            Self::Timeout => "timed out",
            Self::Denied => "permission denied",
            Self::NotFound => "not found",
            Self::Conflict => "it exists already",
            Self::Invalid => "invalid data",
            Self::Unavailable => "not available",
            Self::Unsupported => "not supported here",
            _ => "input/output failed",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a request that failed can have taken effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// It never left, so it had no effect.
    NotSent,
    /// It left, or may have, and no answer came: the effect is in doubt.
    Maybe,
    /// An answer came, and the effect is what the answer says.
    Sent,
}

/// Whether trying again is of use and safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetryHint {
    /// The same request would fail again, or must not be repeated.
    Never,
    /// Nothing happened yet; ask again.
    Safe,
    /// It may have happened: only a request that may happen twice can be repeated.
    IfIdempotent,
    /// Ask again, but not before this time has passed; with [`Outcome::Maybe`] only what can be repeated.
    After(Duration),
    /// It was tried again already, as often as the policy allows: do not retry on top.
    Exhausted,
}

pub(super) fn usual_outcome(kind: ErrorKind) -> Outcome {
    match kind {
        ErrorKind::Unresolved
        | ErrorKind::Refused
        | ErrorKind::Tls
        | ErrorKind::Invalid
        | ErrorKind::Unsupported => Outcome::NotSent,
        ErrorKind::Unauthenticated
        | ErrorKind::Denied
        | ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::RateLimited
        | ErrorKind::Fenced => Outcome::Sent,
        _ => Outcome::Maybe,
    }
}

pub(super) fn usual_retry(kind: ErrorKind, outcome: Outcome) -> RetryHint {
    match (kind.is_transient(), outcome) {
        (false, _) => RetryHint::Never,
        (true, Outcome::NotSent) => RetryHint::Safe,
        (true, _) => RetryHint::IfIdempotent,
    }
}

/// What the system's error says about the request, where that differs from its kind's usual outcome: an established
/// connection can end with "no route to host" or with bad data too, after the request has left.
pub(super) fn outcome_of_io(kind: io::ErrorKind) -> Option<Outcome> {
    let in_doubt = of_io(kind) == ErrorKind::Refused || kind == io::ErrorKind::InvalidData;
    in_doubt.then_some(Outcome::Maybe)
}

pub(super) fn of_io(kind: io::ErrorKind) -> ErrorKind {
    use io::ErrorKind as Io;
    match kind {
        Io::ConnectionRefused | Io::HostUnreachable | Io::NetworkUnreachable => ErrorKind::Refused,
        Io::TimedOut | Io::WouldBlock => ErrorKind::Timeout,
        Io::NotFound => ErrorKind::NotFound,
        Io::PermissionDenied | Io::ReadOnlyFilesystem => ErrorKind::Denied,
        Io::AlreadyExists | Io::AddrInUse => ErrorKind::Conflict,
        Io::InvalidInput | Io::InvalidData | Io::IsADirectory | Io::NotADirectory => ErrorKind::Invalid,
        Io::ConnectionReset
        | Io::ConnectionAborted
        | Io::BrokenPipe
        | Io::UnexpectedEof
        | Io::NotConnected
        | Io::NetworkDown
        | Io::StorageFull
        | Io::QuotaExceeded
        | Io::ResourceBusy
        | Io::Interrupted => ErrorKind::Unavailable,
        Io::Unsupported => ErrorKind::Unsupported,
        // Rust 1.85 has no name for it yet.
        other if other.to_string() == "invalid filename" => ErrorKind::Invalid,
        _ => ErrorKind::Internal,
    }
}
