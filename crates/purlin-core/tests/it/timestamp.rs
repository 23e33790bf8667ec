//! RFC 3339, written and read.

use proptest::prelude::*;
use purlin_core::Timestamp;
use std::time::{Duration, UNIX_EPOCH};

fn read(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn known_moments() {
    // Each by `date -u -d @SECONDS +%FT%TZ`.
    for (seconds, text) in [
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59Z"),
        (951_782_400, "2000-02-29T00:00:00Z"),
        (951_868_800, "2000-03-01T00:00:00Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"),
        (1_709_251_199, "2024-02-29T23:59:59Z"),
        (-2_203_891_200, "1900-03-01T00:00:00Z"),
        (253_402_300_799, "9999-12-31T23:59:59Z"),
        (-62_167_219_200, "0000-01-01T00:00:00Z"),
    ] {
        assert_eq!(Timestamp::from_unix_seconds(seconds).to_string(), text);
        assert_eq!(read(text).unix_seconds(), seconds);
    }
}

#[test]
fn reads_what_rfc_3339_allows() {
    for (text, same) in [
        ("1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.520Z"),
        ("1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57Z"),
        ("1990-12-31T23:59:60Z", "1991-01-01T00:00:00Z"),
        ("1937-01-01T12:00:27.87+00:20", "1937-01-01T11:40:27.870Z"),
        ("2026-11-22t11:30:00z", "2026-11-22T11:30:00Z"),
        ("2026-11-22 11:30:00.1234567891Z", "2026-11-22T11:30:00.123456789Z"),
    ] {
        assert_eq!(read(text).to_string(), same);
    }
}

#[test]
fn refuses_the_rest() {
    for text in [
        "",
        "2026",
        "2026-11-22",
        "2026-11-22T11:30Z",
        "2026-11-22T11:30:00",
        "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2026-11-31T00:00:00Z",
        "2026-00-10T00:00:00Z",
        "2026-11-00T00:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T11:60:00Z",
        "2026-11-22T11:30:61Z",
        "2026-11-22T11:30:00.Z",
        "2026-11-22T11:30:00+24:00",
        "2026-11-22T11:30:00+0100",
        "2026-11-22T11:30:00Zx",
        "+026-11-22T11:30:00Z",
        "2026-11-22T11:30:00Ä",
        "２026-11-22T11:30:00Z",
    ] {
        let error = text.parse::<Timestamp>().expect_err(text);
        assert!(error.message().contains("is not a time such as"), "{error}");
    }
}

#[test]
fn arithmetic_stays_within_what_can_be_written() {
    assert_eq!(Timestamp::MAX.saturating_add(Duration::MAX), Timestamp::MAX);
    assert_eq!(Timestamp::MIN.saturating_sub(Duration::MAX), Timestamp::MIN);
    assert_eq!(Timestamp::MIN.since(Timestamp::MAX), Duration::ZERO);
    assert_eq!(Timestamp::from_unix_seconds(i64::MAX), Timestamp::MAX);
    let span = Timestamp::MAX.since(Timestamp::MIN);
    assert_eq!(Timestamp::MIN.saturating_add(span), Timestamp::MAX);
    assert_eq!(
        Timestamp::from(UNIX_EPOCH - Duration::from_millis(1)).to_string(),
        "1969-12-31T23:59:59.999Z"
    );
}

#[test]
fn is_text_in_json() {
    let moment = read("2026-11-22T11:30:00Z");
    assert_eq!(serde_json::to_string(&moment).unwrap(), "\"2026-11-22T11:30:00Z\"");
    assert_eq!(serde_json::from_str::<Timestamp>("\"2026-11-22T12:30:00+01:00\"").unwrap(), moment);
}

proptest! {
    #[test]
    fn what_is_printed_reads_the_same(seconds in -62_167_219_200i64..=253_402_300_799, nanos in 0u64..1_000_000_000) {
        let moment = Timestamp::from_unix_seconds(seconds).saturating_add(Duration::from_nanos(nanos));
        prop_assert_eq!(read(&moment.to_string()), moment);
    }

    #[test]
    fn adding_undoes_subtracting(seconds in 0i64..200_000_000_000, nanos in 0u64..1_000_000_000, time in 0u64..u64::MAX / 8) {
        let moment = Timestamp::from_unix_seconds(seconds).saturating_add(Duration::from_nanos(nanos));
        let time = Duration::from_nanos(time);
        prop_assert_eq!(moment.saturating_add(time).since(moment), time);
        prop_assert_eq!(moment.saturating_add(time).saturating_sub(time), moment);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}") {
        let _ = text.parse::<Timestamp>();
    }
}
