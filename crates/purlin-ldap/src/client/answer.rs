//! What a server's results mean.

use super::ber::{Malformed, Reader, number, tag};
use super::link::PASSWORD_POLICY;
use crate::{Accepted, LdapDetail, Reason, Verdict};
use ldap3::LdapResult;
use purlin_core::{Error, ErrorKind, Result};
use std::time::Duration;

/// The server broke the protocol.
pub(super) fn malformed(fault: &Malformed) -> Error {
    Error::new(ErrorKind::Protocol, format!("the server sent {}", fault.0))
}

/// The server said no.
pub(super) fn refusal(result: &LdapResult) -> Error {
    detail(result).into_refusal()
}

pub(super) fn detail(result: &LdapResult) -> LdapDetail {
    let mut detail = LdapDetail::of_code(result.rc).diagnostic(result.text.clone());
    detail.matched = Some(result.matched.clone()).filter(|matched| !matched.is_empty());
    detail.referrals.clone_from(&result.refs);
    detail
}

/// The value of a control of the answer.
pub(super) fn control<'r>(result: &'r LdapResult, oid: &str) -> Option<&'r [u8]> {
    let control = result.ctrls.iter().find(|control| control.1.ctype == oid)?;
    control.1.val.as_deref()
}

/// Where the next page begins (RFC 2696); empty at the end.
pub(super) fn cookie(value: &[u8]) -> Result<Vec<u8>> {
    let read = || {
        let mut parts = Reader(value).within(tag::SEQUENCE)?;
        parts.expect(tag::INTEGER)?;
        parts.expect(tag::OCTETS)
    };
    read().map(<[u8]>::to_vec).map_err(|fault| malformed(&fault))
}

/// What the policy of passwords says beside the result.
#[derive(Debug, Default, PartialEq, Eq)]
struct Policy {
    expires_in: Option<u32>,
    grace_logins: Option<u32>,
    error: Option<u32>,
}

fn policy(value: &[u8]) -> std::result::Result<Policy, Malformed> {
    let mut policy = Policy::default();
    let mut parts = Reader(value).within(tag::SEQUENCE)?;
    if let Some(warning) = parts.optional(0xa0)? {
        let mut warning = Reader(warning);
        policy.expires_in = warning.optional(0x80)?.map(number).transpose()?;
        policy.grace_logins = warning.optional(0x81)?.map(number).transpose()?;
    }
    policy.error = parts.optional(0x81)?.map(number).transpose()?;
    Ok(policy)
}

/// What the answer to a password means.
pub(super) fn verdict(result: &LdapResult) -> Result<Verdict> {
    let policy =
        control(result, PASSWORD_POLICY).map(policy).transpose().map_err(|fault| malformed(&fault))?;
    let policy = policy.unwrap_or_default();
    // draft-behera-ldap-password-policy-10, section 6.2
    let reason = match policy.error {
        Some(0) => Some(Reason::Expired),
        Some(1) => Some(Reason::Locked),
        Some(2) => Some(Reason::MustChange),
        _ => None,
    };
    match (result.rc, reason) {
        (0, Some(Reason::MustChange)) => Ok(Verdict::Refused(Reason::MustChange)),
        (0, _) => {
            let expires_in = policy.expires_in.map(|seconds| Duration::from_secs(u64::from(seconds)));
            Ok(Verdict::Accepted(Accepted { grace_logins: policy.grace_logins, expires_in }))
        }
        (49, Some(reason)) => Ok(Verdict::Refused(reason)),
        (49, None) => {
            let reason = Reason::of_active_directory(&result.text).unwrap_or(Reason::BadCredentials);
            Ok(Verdict::Refused(reason))
        }
        // No entry of that name, or one without a password.
        (32 | 34 | 48, _) => Ok(Verdict::Refused(Reason::BadCredentials)),
        // 389 Directory Server has words for these, and no codes.
        (19, _) if result.text.contains("retry limit") => Ok(Verdict::Refused(Reason::Locked)),
        (53, _) if result.text.contains("inactivated") => Ok(Verdict::Refused(Reason::Disabled)),
        _ => Err(refusal(result)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ldap3::controls::{Control, RawControl};

    fn result(rc: u32, text: &str, policy: Option<&[u8]>) -> LdapResult {
        let control = policy.map(|value| {
            Control(
                None,
                RawControl { ctype: PASSWORD_POLICY.to_owned(), crit: false, val: Some(value.to_vec()) },
            )
        });
        LdapResult {
            rc,
            matched: String::new(),
            text: text.to_owned(),
            refs: Vec::new(),
            ctrls: control.into_iter().collect(),
        }
    }

    #[test]
    fn each_reason_is_told_apart() {
        let ad = "80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext error, data 533, v3839";
        for (rc, text, policy, reason) in [
            (49, "", None, Reason::BadCredentials),
            (49, "", Some(&b"\x30\x03\x81\x01\x01"[..]), Reason::Locked),
            (49, "", Some(b"\x30\x03\x81\x01\x00"), Reason::Expired),
            (0, "", Some(b"\x30\x03\x81\x01\x02"), Reason::MustChange),
            (49, ad, None, Reason::Disabled),
            (48, "", None, Reason::BadCredentials),
            (32, "", None, Reason::BadCredentials),
            (19, "Exceed password retry limit. Please try later.", None, Reason::Locked),
            (53, "Account inactivated. Contact system administrator.", None, Reason::Disabled),
        ] {
            assert_eq!(verdict(&result(rc, text, policy)).unwrap().reason(), Some(reason), "{rc} {text}");
        }
    }

    #[test]
    fn a_yes_has_its_warnings_and_all_else_is_an_error() {
        let expires = verdict(&result(0, "", Some(b"\x30\x06\xa0\x04\x80\x02\x0e\x10"))).unwrap();
        let Verdict::Accepted(accepted) = expires else { panic!("refused") };
        assert_eq!(accepted.expires_in, Some(Duration::from_secs(3600)));
        let grace = verdict(&result(0, "", Some(b"\x30\x05\xa0\x03\x81\x01\x03"))).unwrap();
        let Verdict::Accepted(accepted) = grace else { panic!("refused") };
        assert_eq!(accepted.grace_logins, Some(3));
        for rc in [1, 2, 8, 13, 50, 51, 52, 53, 80] {
            assert!(verdict(&result(rc, "", None)).is_err(), "{rc}");
        }
        assert_eq!(
            verdict(&result(49, "", Some(b"\x30\x03\x81\x05"))).unwrap_err().kind(),
            ErrorKind::Protocol
        );
    }
}
