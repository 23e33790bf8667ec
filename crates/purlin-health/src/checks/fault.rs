//! What an error says about a target.

use crate::{Cause, CheckOutcome, Failure, Phase, Phases};
use purlin_core::{Error, ErrorKind, IoDetail};

/// What an error of a step says: a failure of the target, or where the fault is on this side, a fault of the prober.
///
/// On this side are wrong settings, what this build cannot do, and a machine without descriptors, ports or memory.
/// Whoever writes a check on purlin's own calls ends it with this.
pub fn failed(phase: Phase, error: Error, phases: Phases) -> CheckOutcome {
    let Some(cause) = cause(&error) else { return CheckOutcome::Prober(error) };
    // Endpoint and phase are told beside it, so the error's own words will do.
    let message = match error.note() {
        Some(note) => format!("{} ({note})", error.message()),
        None => error.message().to_owned(),
    };
    CheckOutcome::Failed(Failure::new(phase, cause, message).phases(phases))
}

/// Why the target failed; none where it did not.
fn cause(error: &Error) -> Option<Cause> {
    let io = error.detail::<IoDetail>();
    if io.is_some_and(is_ours) {
        return None;
    }
    #[cfg(any(feature = "http", feature = "tls"))]
    if let Some(detail) = error.detail::<purlin_tls::TlsDetail>() {
        use purlin_tls::TlsFault::{CaUnreadable, ClientIdentity};
        let is_ours = matches!(detail.fault, CaUnreadable | ClientIdentity);
        return (!is_ours).then(|| Cause::Tls(detail.fault.code().to_owned()));
    }
    match error.kind() {
        ErrorKind::Unresolved => Some(Cause::Unresolved),
        ErrorKind::Refused if io.is_some_and(is_unreachable) => Some(Cause::Unreachable),
        ErrorKind::Refused => Some(Cause::Refused),
        ErrorKind::Timeout => Some(Cause::Timeout),
        ErrorKind::Tls => Some(Cause::Tls("failed".into())),
        ErrorKind::Unauthenticated | ErrorKind::Denied => Some(Cause::Auth),
        ErrorKind::Protocol => Some(Cause::Protocol),
        ErrorKind::Unavailable => Some(Cause::Closed),
        ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::RateLimited => {
            Some(Cause::Assertion(error.kind().to_string()))
        }
        _ => None,
    }
}

fn is_unreachable(io: &IoDetail) -> bool {
    use std::io::ErrorKind::{HostUnreachable, NetworkUnreachable};
    matches!(io.kind, HostUnreachable | NetworkUnreachable)
}

/// Linux's numbers; elsewhere the kind of the error decides alone.
fn is_ours(io: &IoDetail) -> bool {
    const ENOMEM: i32 = 12;
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    const ENOBUFS: i32 = 105;
    let ours = [ENOMEM, ENFILE, EMFILE, ENOBUFS];
    io.kind == std::io::ErrorKind::AddrNotAvailable || io.errno.is_some_and(|errno| ours.contains(&errno))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    fn of(errno: i32) -> Option<Cause> {
        cause(&Error::io("tcp.connect", io::Error::from_raw_os_error(errno)))
    }

    #[test]
    fn no_descriptors_and_no_ports_are_our_own_fault() {
        for (errno, expected) in [
            (24, None),
            (99, None),
            (111, Some(Cause::Refused)),
            (113, Some(Cause::Unreachable)),
            (101, Some(Cause::Unreachable)),
            (104, Some(Cause::Closed)),
            (110, Some(Cause::Timeout)),
        ] {
            assert_eq!(of(errno), expected, "errno {errno}");
        }
    }

    #[test]
    fn a_wrong_setting_is_no_failure_of_the_target() {
        assert_eq!(cause(&Error::new(ErrorKind::Invalid, "no such option")), None);
        assert_eq!(cause(&Error::new(ErrorKind::Unsupported, "no sockets here")), None);
    }
}
