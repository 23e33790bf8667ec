//! What a listener can answer.

use purlin_core::Endpoint;
use std::fmt;
use std::time::Duration;

/// What came of the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ListenerAnswer {
    /// It is there, and knows the database where one was asked for.
    Up,
    /// Nobody listens there (what Oracle's clients call ORA-12541), or there is no way there; the message says which.
    NoListener,
    /// It knows no service of that name now: ORA-12514.
    NoSuchService,
    /// It knows no system identifier of that name now: ORA-12505.
    NoSuchSid,
    /// No handler has room for one more: ORA-12516, ORA-12519, ORA-12520.
    Full,
    /// The instance takes administrators only, or nobody for now: ORA-12526, ORA-12527, ORA-12528.
    Restricted,
    /// It refuses for another reason; the report has its code, where it gave one.
    Refused,
    /// Something else than a listener answers there.
    NotOracle,
    /// It wants native network encryption, which Oracle's thin drivers have not.
    EncryptionRequired,
    /// It sends on: in a circle, too often, or to where nothing can be asked.
    Redirected,
    /// It has hung up without a word at this stage, as a listener does whose `TCP.VALIDNODE_CHECKING` does not know us.
    Closed(ListenerStage),
    /// It kept silent at this stage until the time was over.
    Silent(ListenerStage),
}

impl ListenerAnswer {
    /// The word used in JSON and in metrics, such as `no_such_service`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::NoListener => "no_listener",
            Self::NoSuchService => "no_such_service",
            Self::NoSuchSid => "no_such_sid",
            Self::Full => "full",
            Self::Restricted => "restricted",
            Self::Refused => "refused",
            Self::NotOracle => "not_oracle",
            Self::EncryptionRequired => "encryption_required",
            Self::Redirected => "redirected",
            Self::Closed(_) => "closed",
            Self::Silent(_) => "silent",
        }
    }

    /// How far it came, where it came no further.
    pub fn stage(self) -> Option<ListenerStage> {
        match self {
            Self::Closed(stage) | Self::Silent(stage) => Some(stage),
            _ => None,
        }
    }

    /// What a refusal of that number means.
    pub(super) fn of_code(code: Option<u32>) -> Self {
        match code {
            Some(12_514) => Self::NoSuchService,
            Some(12_505) => Self::NoSuchSid,
            Some(12_516 | 12_519 | 12_520) => Self::Full,
            Some(12_526..=12_528) => Self::Restricted,
            _ => Self::Refused,
        }
    }
}

impl fmt::Display for ListenerAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ListenerStage {
    /// From the name to its addresses.
    Resolve,
    /// To a TCP connection.
    Connect,
    /// To a TLS channel.
    Tls,
    /// To the answer.
    Reply,
}

impl ListenerStage {
    /// The word used in JSON: `resolve`, `connect`, `tls`, `reply`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Reply => "reply",
        }
    }
}

impl fmt::Display for ListenerStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a listener answered, and how it came to that.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListenerReport {
    /// What came of it.
    pub answer: ListenerAnswer,
    /// The same in words, in lower case.
    pub message: String,
    /// The number after `ORA-` or `TNS-` with which the listener refused.
    pub code: Option<u32>,
    /// The version of the protocol that was agreed on: 319 for 23ai, 318 from 19c on, 315 for 12c, 314 for 11g, which
    /// Oracle's thin drivers do not speak. Only who accepts a connection says it.
    pub protocol: Option<u16>,
    /// The listener's release, such as `21.0.0.0.0`. Only who refuses or is asked for no database says it.
    pub release: Option<String>,
    /// Where the answer came from: not where it was asked first, if it was sent on.
    pub endpoint: Endpoint,
    /// How often it was sent on.
    pub redirects: usize,
    /// How long it took.
    pub elapsed: Duration,
}
