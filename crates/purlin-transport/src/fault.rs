//! What went wrong on the way to a host or on it, in words that a pager must tell apart.

use purlin_core::{Error, ErrorKind, Outcome, RetryHint};
use serde::Serialize;
use std::borrow::Cow;
use std::fmt;

/// What a failure of a transport means. [`Error::detail`] gives it with its [`TransportDetail`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FaultClass {
    /// The host is there and has no room for another session or channel: ask again later.
    Busy,
    /// The link broke. What ran then may have come to its end or not.
    LinkLost,
    /// No file of known hosts knows the host's key.
    HostKeyUnknown,
    /// The host shows another key than the one that is known.
    HostKeyChanged,
    /// The host's key is marked as revoked.
    HostKeyRevoked,
    /// The host does not accept the login.
    LoginDenied,
    /// `sudo` does not let the user in.
    BecomeDenied,
    /// `sudo` wants a password, or another one.
    BecomePassword,
    /// `sudo` wants a terminal (`requiretty`).
    BecomeNeedsTty,
    /// A command ended with a status that is not zero, or by a signal.
    CommandFailed,
    /// The host has no room left on the disk.
    DiskFull,
    /// The file system is mounted to be read only.
    ReadOnly,
    /// What arrived is not what was sent.
    Damaged,
    /// The key's kind is switched off, because it is not safe or its code is not.
    KeyNotSupported,
}

impl FaultClass {
    /// As it is written in JSON, such as `host_key_changed`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::LinkLost => "link_lost",
            Self::HostKeyUnknown => "host_key_unknown",
            Self::HostKeyChanged => "host_key_changed",
            Self::HostKeyRevoked => "host_key_revoked",
            Self::LoginDenied => "login_denied",
            Self::BecomeDenied => "become_denied",
            Self::BecomePassword => "become_password",
            Self::BecomeNeedsTty => "become_needs_tty",
            Self::CommandFailed => "command_failed",
            Self::DiskFull => "disk_full",
            Self::ReadOnly => "read_only",
            Self::Damaged => "damaged",
            Self::KeyNotSupported => "key_not_supported",
        }
    }

    /// The kind of [`Error`] that carries it.
    pub fn kind(self) -> ErrorKind {
        match self {
            Self::Busy => ErrorKind::RateLimited,
            Self::LinkLost | Self::CommandFailed | Self::DiskFull => ErrorKind::Unavailable,
            Self::HostKeyUnknown | Self::HostKeyChanged | Self::HostKeyRevoked => ErrorKind::Tls,
            Self::LoginDenied | Self::BecomePassword => ErrorKind::Unauthenticated,
            Self::BecomeDenied | Self::BecomeNeedsTty | Self::ReadOnly => ErrorKind::Denied,
            Self::Damaged => ErrorKind::Protocol,
            Self::KeyNotSupported => ErrorKind::Unsupported,
        }
    }

    /// Whether the command can have begun, where nothing else is known.
    fn outcome(self) -> Outcome {
        match self {
            Self::LinkLost => Outcome::Maybe,
            Self::CommandFailed | Self::DiskFull | Self::ReadOnly | Self::Damaged => Outcome::Sent,
            _ => Outcome::NotSent,
        }
    }

    /// An error of this class. The message says what happened, in lower case.
    pub fn error(self, message: impl Into<Cow<'static, str>>) -> Error {
        let error = Error::new(self.kind(), message)
            .with_outcome(self.outcome())
            .with_detail(TransportDetail { class: self });
        // Nobody knows what a command's failure means, and a full disk waits for a person.
        let never = matches!(self, Self::CommandFailed | Self::DiskFull);
        if never { error.with_retry(RetryHint::Never) } else { error }
    }
}

impl fmt::Display for FaultClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a transport knows beside the [`Error`] that carries it: `error.detail::<TransportDetail>()`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransportDetail {
    /// What it means.
    pub class: FaultClass,
}

impl TransportDetail {
    /// The class of an error, where a transport gave it.
    pub fn class_of(error: &Error) -> Option<FaultClass> {
        error.detail::<Self>().map(|detail| detail.class)
    }
}

/// What cannot be asked for; nothing was sent.
pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Invalid, message).with_outcome(Outcome::NotSent)
}
