//! Durations and sizes with their units.

use proptest::prelude::*;
use purlin_core::units::{DurationText, SizeText, duration, size};
use std::time::Duration;

#[test]
fn durations_that_people_write() {
    for (text, millis) in [
        ("500ms", 500),
        ("10s", 10_000),
        ("1.5s", 1_500),
        ("0.25h", 900_000),
        ("1h30m", 5_400_000),
        ("14d", 1_209_600_000),
        ("2w", 1_209_600_000),
        (" 5m ", 300_000),
        ("1d12h30m10s500ms", 131_410_500),
        ("0s", 0),
    ] {
        assert_eq!(duration::parse(text).unwrap(), Duration::from_millis(millis), "{text}");
    }
}

#[test]
fn durations_that_are_refused_and_why() {
    for (text, why) in [
        ("", "is empty"),
        ("10", "has no unit: write 10s or 10ms"),
        ("s", "does not start with a number"),
        ("-1s", "does not start with a number"),
        ("10 s", "\"10 s\" has a space in it: write 10s"),
        ("3d 4h", "has a space in it: write 3d4h"),
        ("10 apples", "has a space in it: write 10s or 1h30m"),
        (" 10 ", "has no unit: write 10s or 10ms"),
        ("10sec", "unknown unit \"sec\""),
        ("10S", "unknown unit \"S\""),
        ("30m1h", "units out of order"),
        ("1h1h", "units out of order"),
        ("1.2.3s", "is not a number of that unit"),
        (".s", "is not a number of that unit"),
        ("0.5ns", "is not a number of that unit"),
        ("99999999999999999999999d", "is too long"),
        ("99999999999999999999999999999999999999999999d", "is not a number of that unit"),
        ("１0s", "does not start with a number"),
    ] {
        let error = duration::parse(text).expect_err(text);
        assert!(error.message().contains(why), "{text}: {error}");
    }
}

#[test]
fn durations_for_people() {
    for (nanos, text) in [
        (0, "0s"),
        (1, "0us"),
        (999, "1us"),
        (1_500, "1.5us"),
        (45_600_000, "45.6ms"),
        (2_000_000_000, "2s"),
        (1_250_000_000, "1.25s"),
        (60_000_000_000, "1m"),
        (3_661_000_000_000, "1h 1m"),
        (273_600_000_000_000, "3d 4h"),
    ] {
        assert_eq!(duration::approximate(Duration::from_nanos(nanos)), text);
    }
}

#[test]
fn sizes() {
    for (text, bytes) in
        [("512B", 512), ("64KiB", 65_536), ("1.5GiB", 1_610_612_736), ("10MB", 10_000_000), ("3 kB", 3000)]
    {
        assert_eq!(size::parse(text).unwrap(), bytes, "{text}");
    }
    for (text, why) in [
        ("64", "has no unit: write 64B or 64KiB"),
        ("64kib", "did you mean KiB?"),
        ("KiB", "does not start with a number"),
        ("0.3B", "whole number of bytes"),
        ("16777216TiB", "below 16 EiB"),
    ] {
        let error = size::parse(text).expect_err(text);
        assert!(error.message().contains(why), "{text}: {error}");
    }
    assert_eq!(
        (size::format(0), size::format(65_536), size::format(65_537)),
        ("0B".into(), "64KiB".into(), "65537B".into())
    );
}

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Config {
    timeout: DurationText,
    limit: Option<SizeText>,
    waits: Vec<toml::Spanned<DurationText>>,
}

#[test]
fn in_configuration_files() {
    let text = "timeout = \"90s\"\nlimit = \"1MiB\"\nwaits = [\"1s\"]";
    let config: Config = toml::from_str(text).unwrap();
    assert_eq!(Duration::from(config.timeout), Duration::from_secs(90));
    assert_eq!(config.limit, Some(SizeText::from(1 << 20)));
    assert_eq!(config.waits[0].get_ref(), &DurationText::from(Duration::from_secs(1)));
    assert_eq!(
        serde_json::to_string(&config).unwrap(),
        r#"{"timeout":"1m30s","limit":"1MiB","waits":["1s"]}"#
    );
    for (text, why) in [
        ("timeout = \"90\"", "has no unit: write 90s or 90ms"),
        ("timeout = 90", "invalid type: integer `90`, expected a duration in quotes, such as \"10s\""),
        ("limit = 90", "expected a size in quotes, such as \"64KiB\""),
    ] {
        let error = toml::from_str::<Config>(text).unwrap_err();
        assert!(error.message().contains(why), "{error}");
    }
}

proptest! {
    #[test]
    fn durations_survive(seconds: u64, nanos in 0u32..1_000_000_000) {
        let time = Duration::new(seconds, nanos);
        prop_assert_eq!(duration::parse(&duration::format(time)).unwrap(), time);
    }

    #[test]
    fn sizes_survive(bytes: u64) {
        prop_assert_eq!(size::parse(&size::format(bytes)).unwrap(), bytes);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}", number in "[0-9.]{0,50}", unit in "[a-zA-Z]{0,3}") {
        let _ = (duration::parse(&text), size::parse(&text));
        let _ = (duration::parse(&format!("{number}{unit}")), size::parse(&format!("{number}{unit}")));
    }
}
