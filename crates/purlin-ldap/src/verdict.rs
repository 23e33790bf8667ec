//! What becomes of a login.

use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// What a directory says to a name and a password. That it could not be asked is an error, never a verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// It is them.
    Accepted(Accepted),
    /// No.
    Refused(Reason),
}

/// What goes with a yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Accepted {
    /// The password has expired, and will be taken so many times more.
    pub grace_logins: Option<u32>,
    /// The password expires in this time.
    pub expires_in: Option<Duration>,
}

/// Why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// The password is empty or holds a zero byte. The directory was not asked: many take an empty password for a
    /// wish to be nobody, and say yes (RFC 4513, section 5.1.2).
    EmptyPassword,
    /// No such name with this password; which of both is at fault is not told.
    BadCredentials,
    /// Too many wrong passwords.
    Locked,
    /// The password has expired.
    Expired,
    /// The password is right and must be changed first.
    MustChange,
    /// The account is switched off.
    Disabled,
    /// The account has expired.
    AccountExpired,
    /// Not at this hour, or not from this machine.
    NotNow,
}

impl Reason {
    /// The word used in JSON and in metrics, such as `empty_password`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EmptyPassword => "empty_password",
            Self::BadCredentials => "bad_credentials",
            Self::Locked => "locked",
            Self::Expired => "expired",
            Self::MustChange => "must_change",
            Self::Disabled => "disabled",
            Self::AccountExpired => "account_expired",
            Self::NotNow => "not_now",
        }
    }

    /// What Active Directory hides in its words to code 49: `… AcceptSecurityContext error, data 52e, …`.
    #[cfg(any(feature = "client", test))]
    pub(crate) fn of_active_directory(diagnostic: &str) -> Option<Self> {
        let (_, after) = diagnostic.split_once("data ")?;
        let code = after.split(|letter: char| !letter.is_ascii_alphanumeric()).next()?;
        match code.to_ascii_lowercase().as_str() {
            "525" | "52e" => Some(Self::BadCredentials),
            "530" | "531" => Some(Self::NotNow),
            "532" => Some(Self::Expired),
            "533" => Some(Self::Disabled),
            "701" => Some(Self::AccountExpired),
            "773" => Some(Self::MustChange),
            "775" => Some(Self::Locked),
            _ => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Verdict {
    /// Yes, without more.
    pub fn accepted() -> Self {
        Self::Accepted(Accepted::default())
    }

    /// Whether it is them.
    pub fn is_accepted(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }

    /// Why not; none for a yes.
    pub fn reason(&self) -> Option<Reason> {
        match self {
            Self::Accepted(_) => None,
            Self::Refused(reason) => Some(*reason),
        }
    }

    /// A refusal before anything is sent, where the password deserves it.
    pub fn of_password(password: &str) -> Option<Self> {
        (password.is_empty() || password.contains('\0')).then_some(Self::Refused(Reason::EmptyPassword))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn active_directory_s_numbers_are_told_apart() {
        let said = |code| {
            format!(
                "80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext error, data {code}, v3839"
            )
        };
        for (code, reason) in [
            ("52e", Some(Reason::BadCredentials)),
            ("525", Some(Reason::BadCredentials)),
            ("530", Some(Reason::NotNow)),
            ("532", Some(Reason::Expired)),
            ("533", Some(Reason::Disabled)),
            ("701", Some(Reason::AccountExpired)),
            ("773", Some(Reason::MustChange)),
            ("775", Some(Reason::Locked)),
            ("999", None),
        ] {
            assert_eq!(Reason::of_active_directory(&said(code)), reason, "{code}");
        }
        assert_eq!(Reason::of_active_directory("invalid credentials"), None);
    }

    #[test]
    fn an_empty_password_is_refused_before_anybody_is_asked() {
        assert_eq!(Verdict::of_password("").unwrap().reason(), Some(Reason::EmptyPassword));
        assert_eq!(Verdict::of_password("\0x").unwrap().reason(), Some(Reason::EmptyPassword));
        assert_eq!(Verdict::of_password(" "), None);
    }
}
