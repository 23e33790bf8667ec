//! What an implementor says of a check.

use crate::count;
use purlin_core::{ErrorKind, Result};
use purlin_health::{Cause, Check, CheckOutcome, Phase, Status};
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// A check for the suite: how to make it, a server that it likes, and what it says of bad ones.
pub trait CheckSubject: Send + Sync {
    /// The implementation's name, for the report.
    fn implementation(&self) -> &str;

    /// What it goes over; TCP unless said.
    fn wire(&self) -> CheckWire {
        CheckWire::Tcp
    }

    /// A check of whoever is at this address, with the same expectations each time. A check that goes
    /// [nowhere](CheckWire::None) is given an address where nobody is, and is happy nevertheless.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    fn check(&self, at: SocketAddr) -> Result<Arc<dyn Check>>;

    /// A real server that the check finds good; none where there is none.
    fn server(&self) -> Option<SocketAddr> {
        None
    }

    /// How many bytes at the end of the server's answer do not matter, such as those with which TLS says goodbye, and by
    /// which answers differ in length; none unless said.
    fn tail(&self) -> u64 {
        0
    }

    /// What it may say of this peer: one of these. Nothing where such a peer means nothing to it, and the case is
    /// listed as not applicable.
    fn expects(&self, peer: CheckPeer) -> Vec<CheckEnd>;

    /// How often it is run in search of leaks: 1,000 times, 100,000 in a long run, unless said.
    fn runs(&self) -> usize {
        count(1_000, 100_000)
    }
}

/// What a check goes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckWire {
    /// A TCP connection.
    Tcp,
    /// UDP datagrams.
    Udp,
    /// Nothing: it looks at this machine, or is a fake.
    None,
}

impl CheckWire {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::None => "alone",
        }
    }
}

/// A bad target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckPeer {
    /// Nobody listens.
    Refuses,
    /// TCP: nothing comes back, not even for the first packet.
    BlackHole,
    /// It takes connections or datagrams and says nothing.
    Silent,
    /// TCP: it accepts and hangs up.
    Closes,
    /// TCP: it accepts and resets.
    Resets,
    /// Noise comes back.
    Garbage,
    /// The real server's answer ends too early, at each of many places.
    Half,
    /// TCP: the real server's answer stops in the midst, at a few places, and the connection stays.
    Stalls,
    /// TCP: the real server's answer comes a byte at a time, so slowly that it will not end in time.
    Drips,
}

impl CheckPeer {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Refuses,
        Self::BlackHole,
        Self::Silent,
        Self::Closes,
        Self::Resets,
        Self::Garbage,
        Self::Half,
        Self::Stalls,
        Self::Drips,
    ];

    /// As the names of cases have it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Refuses => "refuses",
            Self::BlackHole => "black_hole",
            Self::Silent => "silent",
            Self::Closes => "closes",
            Self::Resets => "resets",
            Self::Garbage => "garbage",
            Self::Half => "half",
            Self::Stalls => "stalls",
            Self::Drips => "drips",
        }
    }

    /// What a check that asks a question over TCP and reads an answer says of it.
    pub fn usual_ends(self) -> Vec<CheckEnd> {
        let first = |cause| vec![CheckEnd::Failed(Phase::FirstByte, cause)];
        let both = |cause: Cause| {
            [Phase::FirstByte, Phase::Transfer].map(|phase| CheckEnd::Failed(phase, cause.clone())).to_vec()
        };
        match self {
            Self::Refuses => vec![CheckEnd::Failed(Phase::Connect, Cause::Refused)],
            Self::BlackHole => vec![CheckEnd::Failed(Phase::Connect, Cause::Timeout)],
            Self::Silent => first(Cause::Timeout),
            Self::Closes => first(Cause::Closed),
            // A reset may be there before the connection is looked at.
            Self::Resets => [Phase::Connect, Phase::FirstByte]
                .map(|phase| CheckEnd::Failed(phase, Cause::Closed))
                .to_vec(),
            Self::Garbage => first(Cause::Protocol),
            Self::Half => both(Cause::Closed),
            Self::Stalls | Self::Drips => both(Cause::Timeout),
        }
    }

    /// Whether it takes the answer of a real server.
    pub(super) fn needs_server(self) -> bool {
        matches!(self, Self::Half | Self::Stalls | Self::Drips)
    }

    /// Whether there is such a peer on this wire.
    pub(super) fn is_on(self, wire: CheckWire) -> bool {
        match wire {
            CheckWire::Tcp => true,
            CheckWire::Udp => matches!(self, Self::Refuses | Self::Silent | Self::Garbage | Self::Half),
            CheckWire::None => false,
        }
    }
}

/// How a run ended, as far as the suite compares it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckEnd {
    /// With an answer, and what the check says of it.
    Answered(Status),
    /// With a failure of the target.
    Failed(Phase, Cause),
    /// With a fault of the prober.
    Prober(ErrorKind),
    /// It was not run.
    Skipped,
}

impl CheckEnd {
    /// How this run ended.
    pub fn of(outcome: &CheckOutcome) -> Self {
        match outcome {
            CheckOutcome::Answered(evidence) => Self::Answered(evidence.verdict()),
            CheckOutcome::Failed(failure) => Self::Failed(failure.phase, failure.cause.clone()),
            CheckOutcome::Prober(error) => Self::Prober(error.kind()),
            _ => Self::Skipped,
        }
    }

    pub(super) fn is_late(&self) -> bool {
        matches!(self, Self::Failed(_, Cause::Timeout))
    }
}

impl fmt::Display for CheckEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(status) => write!(f, "an answer that is {status:?}"),
            Self::Failed(phase, cause) => write!(f, "{cause:?} in {phase:?}"),
            Self::Prober(kind) => write!(f, "a fault of the prober, {kind}"),
            Self::Skipped => f.write_str("no run"),
        }
    }
}
