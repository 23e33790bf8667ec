//! What a directory's failure means.

mod codes;

pub use codes::{class_of_code, name_of_code};

use crate::Entry;
use purlin_core::{Error, ErrorKind, Outcome};
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// What a directory refused, in words that people act upon. [`Error::detail`] gives it with its [`LdapDetail`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LdapClass {
    /// There is no such entry, or it is hidden from who asks.
    NotFound,
    /// Several entries where one was asked for.
    Ambiguous,
    /// A limit cut the answer short. What came before it was given; [`Truncated`] has it where it was collected.
    Truncated,
    /// The directory's own time limit ended the search.
    TimeLimit,
    /// Groups within groups: deeper, or more of them, than is allowed.
    TooDeep,
    /// The credentials of the connection are not accepted.
    BindRefused,
    /// Who asks may not.
    Denied,
    /// The directory wants a private or stronger way to log in.
    ConfidentialityRequired,
    /// Too busy, or about to stop.
    Busy,
    /// The answer is elsewhere: see [`LdapDetail::referrals`].
    Referral,
    /// The request is wrong: a name, an attribute, a filter.
    Invalid,
    /// The directory cannot do it.
    Unsupported,
    /// It would clash with what is there.
    Conflict,
    /// Any other refusal.
    Other,
}

impl LdapClass {
    /// The word used in JSON and in metrics, such as `too_deep`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::Ambiguous => "ambiguous",
            Self::Truncated => "truncated",
            Self::TimeLimit => "time_limit",
            Self::TooDeep => "too_deep",
            Self::BindRefused => "bind_refused",
            Self::Denied => "denied",
            Self::ConfidentialityRequired => "confidentiality_required",
            Self::Busy => "busy",
            Self::Referral => "referral",
            Self::Invalid => "invalid",
            Self::Unsupported => "unsupported",
            Self::Conflict => "conflict",
            Self::Other => "other",
        }
    }

    /// The kind of errors of this class. What was cut short is [`Denied`](ErrorKind::Denied): directories have their
    /// limits by who asks.
    pub fn kind(self) -> ErrorKind {
        match self {
            Self::NotFound => ErrorKind::NotFound,
            Self::Ambiguous | Self::Conflict => ErrorKind::Conflict,
            Self::Truncated | Self::TooDeep | Self::Denied | Self::ConfidentialityRequired => {
                ErrorKind::Denied
            }
            Self::TimeLimit => ErrorKind::Timeout,
            Self::BindRefused => ErrorKind::Unauthenticated,
            Self::Busy | Self::Other => ErrorKind::Unavailable,
            Self::Referral | Self::Unsupported => ErrorKind::Unsupported,
            Self::Invalid => ErrorKind::Invalid,
        }
    }
}

impl fmt::Display for LdapClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The [detail](Error::detail) of every refusal of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LdapDetail {
    /// What it means.
    pub class: LdapClass,
    /// The directory's result code (RFC 4511, appendix A); none where the refusal is purlin's.
    pub code: Option<u32>,
    /// The deepest entry above the one named that is there.
    pub matched: Option<String>,
    /// The directory's own words.
    pub diagnostic: Option<String>,
    /// Where to ask instead.
    pub referrals: Vec<String>,
    /// How many entries were given before a limit ended the answer.
    pub got: Option<u64>,
}

impl LdapDetail {
    /// Of this class, by purlin's own judgement.
    pub fn new(class: LdapClass) -> Self {
        Self { class, code: None, matched: None, diagnostic: None, referrals: Vec::new(), got: None }
    }

    /// A result code of a directory.
    pub fn of_code(code: u32) -> Self {
        Self { code: Some(code), ..Self::new(class_of_code(code)) }
    }

    /// Cut short after so many entries.
    pub fn truncated(got: u64) -> Self {
        Self { got: Some(got), ..Self::new(LdapClass::Truncated) }
    }

    /// With the directory's own words.
    #[must_use]
    pub fn diagnostic(mut self, text: impl Into<String>) -> Self {
        self.diagnostic = Some(text.into()).filter(|text| !text.is_empty());
        self
    }

    /// The class of an error that has this detail.
    pub fn class_of(error: &Error) -> Option<LdapClass> {
        error.detail::<Self>().map(|detail| detail.class)
    }

    /// The error with this detail: an answer that came.
    pub fn into_error(self, message: impl Into<String>) -> Error {
        Error::new(self.class.kind(), message.into()).with_outcome(Outcome::Sent).with_detail(self)
    }

    /// The error with this detail, in the directory's words.
    pub fn into_refusal(self) -> Error {
        let name = self.code.map_or_else(String::new, |code| match name_of_code(code) {
            Some(name) => name.to_owned(),
            None => format!("result code {code}"),
        });
        let message = match &self.diagnostic {
            Some(text) => format!("{name}: {}", printable(text)),
            None => name,
        };
        self.into_error(message)
    }
}

/// One line, of a length that a log can bear.
fn printable(text: &str) -> String {
    let line = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    line.take(300).collect::<String>().trim().to_owned()
}

/// The entries that were given before an answer was cut short, as the [detail](Error::detail) of the error.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Truncated {
    /// In the order in which they came.
    pub entries: Arc<[Entry]>,
}
