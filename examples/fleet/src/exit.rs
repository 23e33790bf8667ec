//! What the exit codes mean, and which failure becomes which: the one place that says so.

use crate::runtime::Signal;
use purlin::db::{DbDetail, ErrorClass};
use purlin::ldap::{LdapClass, LdapDetail};
use purlin::{Error, ErrorKind};
use std::process::ExitCode;

/// How a call ended. Where several apply, the greatest counts: a signal, then 4, 2, 3, 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Exit {
    /// 0: it worked, and the answer is yes.
    Fine,
    /// 1: it worked, and the answer is no, or not complete.
    No,
    /// 3: a system could not be reached.
    Unreachable,
    /// 2: wrong usage or bad input.
    BadInput,
    /// 4: a person has to look at it.
    NeedsPerson,
    /// 0 to 3, by the contract of Nagios plugins.
    Plugin(u8),
    /// 130 or 143: ended by a signal.
    Signal(Signal),
}

impl Exit {
    /// What a failure that nothing came after means.
    pub(crate) fn of(error: &Error) -> Self {
        if let Some(signal) = error.detail::<Signal>() {
            return Self::Signal(*signal);
        }
        if let Some(class) = DbDetail::class_of(error) {
            return Self::of_database(error.kind(), class);
        }
        if let Some(class) = LdapDetail::class_of(error) {
            return Self::of_directory(error.kind(), class);
        }
        match error.kind() {
            ErrorKind::Invalid | ErrorKind::NotFound | ErrorKind::Unsupported => Self::BadInput,
            // Without an endpoint it is a file of this machine: whoever named it can mend it.
            ErrorKind::Denied | ErrorKind::Conflict if error.endpoint().is_none() => Self::BadInput,
            ErrorKind::Conflict => Self::No,
            ErrorKind::Fenced => Self::NeedsPerson,
            _ => Self::Unreachable,
        }
    }

    /// A server that answers with a refusal was reached, and its answer is no.
    fn of_database(kind: ErrorKind, class: ErrorClass) -> Self {
        match (kind, class) {
            // The call's own end, whatever the server has said of it.
            (ErrorKind::Timeout, _) => Self::Unreachable,
            (_, ErrorClass::TooManyConnections | ErrorClass::Starting) => Self::Unreachable,
            (_, ErrorClass::ConnectionLost | ErrorClass::Resources) => Self::Unreachable,
            _ => Self::No,
        }
    }

    /// What is not there, or not all of it, is an answer. Who was not let in, or sent elsewhere, has none.
    fn of_directory(kind: ErrorKind, class: LdapClass) -> Self {
        match (kind, class) {
            (ErrorKind::Timeout, _) => Self::Unreachable,
            (_, LdapClass::NotFound | LdapClass::Ambiguous | LdapClass::Truncated | LdapClass::TooDeep) => {
                Self::No
            }
            (_, LdapClass::Invalid) => Self::BadInput,
            _ => Self::Unreachable,
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::No => 1,
            Self::BadInput => 2,
            Self::Unreachable => 3,
            Self::NeedsPerson => 4,
            Self::Plugin(code) => code,
            Self::Signal(signal) => signal.exit_code(),
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use purlin::Endpoint;

    #[test]
    fn of_several_the_graver_counts() {
        let ascending = [
            Exit::Fine,
            Exit::No,
            Exit::Unreachable,
            Exit::BadInput,
            Exit::NeedsPerson,
            Exit::Signal(Signal::Interrupt),
        ];
        assert!(ascending.is_sorted());
        assert_eq!(ascending.map(Exit::code), [0, 1, 3, 2, 4, 130]);
    }

    #[test]
    fn a_local_file_is_bad_input_and_a_server_is_out_of_reach() {
        let denied = Error::new(ErrorKind::Denied, "permission denied");
        assert_eq!(Exit::of(&denied), Exit::BadInput);
        let endpoint = Endpoint::new("db1.lon", 3306).unwrap();
        assert_eq!(Exit::of(&denied.with_endpoint(endpoint.clone())), Exit::Unreachable);
        let conflict = Error::new(ErrorKind::Conflict, "file exists");
        assert_eq!(Exit::of(&conflict), Exit::BadInput);
        assert_eq!(Exit::of(&conflict.with_endpoint(endpoint)), Exit::No);
    }

    #[test]
    fn a_server_that_refuses_was_reached() {
        use purlin::db::Vendor;
        let of = |class: ErrorClass| {
            let error = Error::new(class.kind(), "no").with_detail(DbDetail::new(class, Vendor::Postgres));
            Exit::of(&error)
        };
        for class in
            [ErrorClass::Syntax, ErrorClass::LoginDenied, ErrorClass::Unique, ErrorClass::NotWritable]
        {
            assert_eq!(of(class), Exit::No, "{class}");
        }
        for class in [ErrorClass::ConnectionLost, ErrorClass::Starting, ErrorClass::TooManyConnections] {
            assert_eq!(of(class), Exit::Unreachable, "{class}");
        }
        let detail = DbDetail::new(ErrorClass::Cancelled, Vendor::Postgres);
        let cut = Error::new(ErrorKind::Timeout, "too late").with_detail(detail);
        assert_eq!(Exit::of(&cut), Exit::Unreachable);
    }

    #[test]
    fn what_is_not_in_a_directory_is_an_answer_and_no_login_is_none() {
        let of = |class: LdapClass| Exit::of(&LdapDetail::new(class).into_error("no"));
        for class in [LdapClass::NotFound, LdapClass::Ambiguous, LdapClass::Truncated, LdapClass::TooDeep] {
            assert_eq!(of(class), Exit::No, "{class}");
        }
        for class in [LdapClass::BindRefused, LdapClass::Denied, LdapClass::Busy, LdapClass::TimeLimit] {
            assert_eq!(of(class), Exit::Unreachable, "{class}");
        }
        assert_eq!(of(LdapClass::Invalid), Exit::BadInput);
    }

    #[test]
    fn a_signal_outweighs_the_kind() {
        let error = Error::new(ErrorKind::Cancelled, "ended by SIGTERM").with_detail(Signal::Terminate);
        assert_eq!(Exit::of(&error).code(), 143);
    }
}
