//! What a check says in one word.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a check says in one word, as every Nagios plugin does by its exit code.
///
/// They have an order of worth for whoever gets up at night: `Ok < Warning < Unknown < Critical`. So the worst of
/// several is their maximum; that something could not be found out is worse than a warning, and hides no outage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "the plugin contract has these four and will get no fifth")]
pub enum Status {
    /// As it should be. Exit code 0.
    Ok,
    /// Above the warning threshold. Exit code 1.
    Warning,
    /// It could not be found out. Exit code 3.
    Unknown,
    /// Down, or above the critical threshold. Exit code 2.
    Critical,
}

impl Status {
    /// The exit code of a plugin that says so (Monitoring Plugins Development Guidelines, section "Plugin Return Codes").
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Warning => 1,
            Self::Critical => 2,
            Self::Unknown => 3,
        }
    }

    /// What a plugin's exit code says; none for codes outside the contract.
    pub const fn from_exit_code(code: i32) -> Option<Self> {
        match code {
            0 => Some(Self::Ok),
            1 => Some(Self::Warning),
            2 => Some(Self::Critical),
            3 => Some(Self::Unknown),
            _ => None,
        }
    }

    /// Whether nobody needs to care.
    pub const fn is_ok(self) -> bool {
        matches!(self, Self::Ok)
    }

    /// The word of the plugin contract: `OK`, `WARNING`, `CRITICAL`, `UNKNOWN`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}
