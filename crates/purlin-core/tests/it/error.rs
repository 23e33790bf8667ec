//! Errors: kind, outcome, causes and details.

use purlin_core::{Endpoint, Error, ErrorKind, IoDetail, Outcome, RetryHint};
use std::error::Error as _;
use std::io;

const KINDS: [ErrorKind; 16] = [
    ErrorKind::Unresolved,
    ErrorKind::Refused,
    ErrorKind::Timeout,
    ErrorKind::Tls,
    ErrorKind::Unauthenticated,
    ErrorKind::Denied,
    ErrorKind::NotFound,
    ErrorKind::Conflict,
    ErrorKind::Invalid,
    ErrorKind::Protocol,
    ErrorKind::RateLimited,
    ErrorKind::Unavailable,
    ErrorKind::Cancelled,
    ErrorKind::Fenced,
    ErrorKind::Unsupported,
    ErrorKind::Internal,
];

fn endpoint() -> Endpoint {
    Endpoint::new("db1.lon", 3306).unwrap()
}

#[test]
fn is_one_word_big() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
    assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
}

#[test]
fn display_names_operation_endpoint_and_note_but_no_cause() {
    let cause = Error::new(ErrorKind::Tls, "certificate expired");
    let error = Error::new(ErrorKind::Unavailable, "no member left")
        .with_operation("db.connect")
        .with_endpoint(endpoint())
        .with_note("3 attempts")
        .with_source(cause);
    assert_eq!(error.to_string(), "db.connect db1.lon:3306: no member left (3 attempts)");
    assert_eq!(
        format!("{error:#}"),
        "db.connect db1.lon:3306: no member left (3 attempts): certificate expired"
    );
    assert_eq!(error.source().unwrap().to_string(), "certificate expired");
}

#[test]
fn a_clone_is_the_same_failure_and_stays_as_it_is() {
    let error = Error::new(ErrorKind::Refused, "nobody listens").with_detail(42u8);
    let told = error.clone().with_endpoint(endpoint());
    assert_eq!(error.endpoint(), None);
    assert_eq!((told.endpoint(), told.detail::<u8>()), (Some(&endpoint()), Some(&42)));
}

#[test]
fn details_are_kept_by_type() {
    let error = Error::new(ErrorKind::Conflict, "duplicate")
        .with_detail("first")
        .with_detail(7u32)
        .with_detail("second");
    assert_eq!(error.detail::<&str>(), Some(&"second"));
    assert_eq!(error.detail::<u32>(), Some(&7));
    assert_eq!(error.detail::<u64>(), None);
}

#[test]
fn details_of_causes_are_found_and_the_nearest_counts() {
    let far = Error::new(ErrorKind::Conflict, "deadlock").with_detail(7u32).with_detail("far");
    let near = Error::new(ErrorKind::Unavailable, "gone").with_detail("near").with_source(far);
    let foreign = Foreign(near);
    let error = Error::new(ErrorKind::Unavailable, "left alone").with_source(foreign);
    assert_eq!((error.detail::<&str>(), error.detail::<u32>()), (Some(&"near"), Some(&7)));
    assert_eq!(error.detail::<u64>(), None);
}

#[derive(Debug)]
struct Foreign(Error);

impl std::fmt::Display for Foreign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a driver's own error")
    }
}

impl std::error::Error for Foreign {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn notes_add_up() {
    let error = Error::new(ErrorKind::Refused, "nobody listens").with_note("the last of 2 addresses");
    assert_eq!(error.with_note("3 attempts").note(), Some("the last of 2 addresses; 3 attempts"));
}

#[test]
fn the_nearest_endpoint_counts() {
    let other = Endpoint::new("db2.lon", 3306).unwrap();
    let error = Error::new(ErrorKind::Refused, "nobody listens").or_endpoint(&endpoint()).or_endpoint(&other);
    assert_eq!(error.endpoint(), Some(&endpoint()));
}

#[test]
fn nothing_in_doubt_is_called_safe_to_retry() {
    for kind in KINDS {
        for outcome in [Outcome::Maybe, Outcome::Sent] {
            let hint = Error::new(kind, "x").with_outcome(outcome).retry();
            assert_ne!(hint, RetryHint::Safe, "{kind} {outcome:?}");
        }
        let said_safe = Error::new(kind, "x").with_outcome(Outcome::Maybe).with_retry(RetryHint::Safe);
        assert_eq!(said_safe.retry(), RetryHint::IfIdempotent, "{kind}");
        let expected = if kind.is_transient() { RetryHint::Safe } else { RetryHint::Never };
        assert_eq!(Error::new(kind, "x").with_outcome(Outcome::NotSent).retry(), expected, "{kind}");
    }
}

#[test]
fn the_usual_outcome_follows_from_the_kind() {
    let outcome = |kind| Error::new(kind, "x").outcome();
    assert_eq!(outcome(ErrorKind::Refused), Outcome::NotSent);
    assert_eq!(outcome(ErrorKind::Timeout), Outcome::Maybe);
    assert_eq!(outcome(ErrorKind::Denied), Outcome::Sent);
    assert_eq!(Error::new(ErrorKind::Timeout, "x").retry(), RetryHint::IfIdempotent);
}

/// What the system says, what a pager is told, and whether the request can have taken effect.
const OF_THE_SYSTEM: [(io::ErrorKind, ErrorKind, Outcome); 24] = {
    use ErrorKind::{
        Conflict, Denied, Internal, Invalid, NotFound, Refused, Timeout, Unavailable, Unsupported,
    };
    use Outcome::{Maybe, NotSent, Sent};
    [
        // Each of these can end an established connection, too.
        (io::ErrorKind::ConnectionRefused, Refused, Maybe),
        (io::ErrorKind::HostUnreachable, Refused, Maybe),
        (io::ErrorKind::NetworkUnreachable, Refused, Maybe),
        (io::ErrorKind::InvalidData, Invalid, Maybe),
        (io::ErrorKind::TimedOut, Timeout, Maybe),
        (io::ErrorKind::WouldBlock, Timeout, Maybe),
        (io::ErrorKind::ConnectionReset, Unavailable, Maybe),
        (io::ErrorKind::ConnectionAborted, Unavailable, Maybe),
        (io::ErrorKind::BrokenPipe, Unavailable, Maybe),
        (io::ErrorKind::UnexpectedEof, Unavailable, Maybe),
        (io::ErrorKind::NotConnected, Unavailable, Maybe),
        (io::ErrorKind::NetworkDown, Unavailable, Maybe),
        (io::ErrorKind::StorageFull, Unavailable, Maybe),
        (io::ErrorKind::ResourceBusy, Unavailable, Maybe),
        (io::ErrorKind::OutOfMemory, Internal, Maybe),
        (io::ErrorKind::Other, Internal, Maybe),
        (io::ErrorKind::NotFound, NotFound, Sent),
        (io::ErrorKind::PermissionDenied, Denied, Sent),
        (io::ErrorKind::ReadOnlyFilesystem, Denied, Sent),
        (io::ErrorKind::AlreadyExists, Conflict, Sent),
        (io::ErrorKind::AddrInUse, Conflict, Sent),
        (io::ErrorKind::InvalidInput, Invalid, NotSent),
        (io::ErrorKind::IsADirectory, Invalid, NotSent),
        (io::ErrorKind::Unsupported, Unsupported, NotSent),
    ]
};

#[test]
fn the_system_s_errors_get_the_kind_a_pager_would_use_and_an_honest_outcome() {
    for (of_system, kind, outcome) in OF_THE_SYSTEM {
        let error = Error::io("socket.read", of_system.into());
        assert_eq!((error.kind(), error.outcome()), (kind, outcome), "{of_system:?}");
        assert_ne!(error.retry(), RetryHint::Safe, "{of_system:?}");
        assert_eq!(error.detail::<IoDetail>().unwrap().kind, of_system);
    }
}

#[test]
fn a_file_s_name_that_is_too_long_is_the_caller_s_fault() {
    let too_long = std::fs::File::open("x".repeat(5000)).unwrap_err();
    assert_eq!(Error::io("file.open", too_long).kind(), ErrorKind::Invalid);
}

#[test]
fn the_system_s_number_is_kept() {
    let missing = std::fs::File::open("/nonexistent/file").unwrap_err();
    let errno = missing.raw_os_error();
    assert!(errno.is_some());
    let error = Error::io("file.read", missing);
    let detail = error.detail::<IoDetail>().unwrap();
    assert_eq!((detail.kind, detail.errno), (io::ErrorKind::NotFound, errno));
}

#[test]
fn the_system_s_text_is_printed_once() {
    let missing = std::fs::File::open("/nonexistent/file").unwrap_err();
    let error = Error::io("file.read", missing);
    assert_eq!(format!("{error:#}"), "file.read: no such file or directory");
    let own = io::Error::other("bad frame");
    assert_eq!(format!("{:#}", Error::io("file.read", own)), "file.read: input/output failed: bad frame");
}

#[test]
fn kinds_are_written_as_words() {
    for kind in KINDS {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        assert_eq!(serde_json::from_value::<ErrorKind>(kind.as_str().into()).unwrap(), kind);
    }
}
