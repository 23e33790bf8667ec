//! What it means that something could not be done on a host.

use crate::exit::Exit;
use purlin::core::Outcome;
use purlin::transport::{FaultClass, TransportDetail};
use purlin::{Error, ErrorKind};
use schemars::JsonSchema;
use serde::Serialize;

/// What became of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::commands) enum State {
    /// It is done.
    Ok,
    /// It is as wanted already.
    Unchanged,
    /// It would be done, had nobody asked for a rehearsal.
    Would,
    /// The command failed, or the host refused it.
    Failed,
    /// It took too long, and was ended.
    TimedOut,
    /// The host was not reached, and nothing was done there.
    Unreached,
    /// It cannot be done as it was asked for, and nothing was done there.
    Invalid,
    /// The link broke meanwhile: whether it was done is not known.
    InDoubt,
    /// A signal came meanwhile.
    Cancelled,
    /// Its turn did not come.
    NotBegun,
}

impl State {
    /// What it makes of the whole.
    pub(in crate::commands) fn exit(self) -> Exit {
        match self {
            Self::Ok | Self::Unchanged | Self::Would => Exit::Fine,
            Self::Failed | Self::TimedOut | Self::NotBegun | Self::Cancelled => Exit::No,
            Self::Unreached => Exit::Unreachable,
            Self::Invalid => Exit::BadInput,
            Self::InDoubt => Exit::NeedsPerson,
        }
    }

    /// As people read it.
    pub(in crate::commands) fn words(self) -> &'static str {
        match self {
            Self::Ok => "fine",
            Self::Unchanged => "as wanted already",
            Self::Would => "would be done",
            Self::Failed => "failed",
            Self::TimedOut => "out of time",
            Self::Unreached => "not reached",
            Self::Invalid => "not possible",
            Self::InDoubt => "in doubt",
            Self::Cancelled => "cancelled",
            Self::NotBegun => "not begun",
        }
    }
}

/// A host on which it could not be done.
#[derive(Debug)]
pub(in crate::commands) struct Failure {
    pub(in crate::commands) state: State,
    pub(in crate::commands) error: Error,
}

impl Failure {
    /// Before there was a session with the host.
    pub(super) fn on_the_way(error: Error) -> Self {
        let state = match error.kind() {
            ErrorKind::Cancelled => State::Cancelled,
            ErrorKind::Invalid | ErrorKind::NotFound => State::Invalid,
            // A file of this machine that may not be read, or a keyword of ~/.ssh/config.
            ErrorKind::Denied | ErrorKind::Unsupported if error.endpoint().is_none() => State::Invalid,
            _ => State::Unreached,
        };
        Self { state, error }
    }

    /// In a session with the host.
    pub(super) fn there(error: Error) -> Self {
        let class = TransportDetail::class_of(&error);
        let is_unsent = error.outcome() == Outcome::NotSent;
        let refused = matches!(
            class,
            Some(FaultClass::BecomeDenied | FaultClass::BecomePassword | FaultClass::BecomeNeedsTty)
        );
        let state = match (error.kind(), class) {
            (ErrorKind::Cancelled, _) => State::Cancelled,
            (_, Some(FaultClass::LinkLost)) if !is_unsent => State::InDoubt,
            (ErrorKind::Timeout, _) if !is_unsent => State::TimedOut,
            (ErrorKind::Invalid, None) if is_unsent => State::Invalid,
            (ErrorKind::Denied | ErrorKind::NotFound, None) => State::Failed,
            _ if is_unsent && !refused => State::Unreached,
            _ => State::Failed,
        };
        Self { state, error }
    }
}
