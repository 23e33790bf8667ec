//! Announced work and whom it is about.

use super::*;
use proptest::prelude::*;
use purlin_core::{Labels, Timestamp};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_downtime_has_a_start_before_its_end_an_author_and_a_comment() {
    let (start, end) = (at("2026-01-01T00:00:00Z"), at("2026-01-01T01:00:00Z"));
    let new =
        |times, author: &str, comment: &str| Downtime::new("d", Selection::all(), times, author, comment);
    let error = new((end, start), "ann", "kernel").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().contains("before it begins"));
    assert!(new((start, start), "ann", "kernel").is_err());
    assert!(new((start, end), " ", "kernel").is_err());
    assert!(new((start, end), "ann", "").is_err());
    let good = new((start, end), "ann", "run 42; with care").unwrap();
    assert_eq!((good.holds(start), good.holds(end)), (true, false));
    assert_eq!(good.next_edge(at("2025-01-01T00:00:00Z")), Some(start));
    assert_eq!((good.next_edge(start), good.next_edge(end)), (Some(end), None));
}

#[test]
fn selections_are_terms_over_labels() {
    let labels = Labels::from_iter([("role", "web, app"), ("site", "london")]);
    let host = Subject::new("host", "web01").labels(labels);
    let selects = |text: &str| text.parse::<Selection>().unwrap().selects(&"http".into(), &host);
    for good in [
        "*",
        "role=web",
        "role=db,app",
        "check=http",
        "subject=web01 & site=london",
        "site!=leeds",
        "owner!=x",
    ] {
        assert!(selects(good), "{good}");
    }
    for bad in ["role=db", "role=web&site=leeds", "site!=london", "owner=x", "check=https"] {
        assert!(!selects(bad), "{bad}");
    }
    for broken in ["", "web", "=x", "role=", "role=web,", "a=b&", "!=x", "a=b\nc"] {
        let error = broken.parse::<Selection>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{broken:?}");
    }
    let one = Selection::check(&"http".into()).unwrap();
    assert_eq!((one.to_string().as_str(), one.selects(&"http".into(), &host)), ("check=http", true));
    assert!(Selection::check(&"a&b".into()).is_err());
}

proptest! {
    #[test]
    fn any_text_is_a_selection_that_stays_or_an_error(text in "[a-z=!,&* \\PC]{0,20}") {
        if let Ok(selection) = text.parse::<Selection>() {
            prop_assert_eq!(selection.to_string().parse::<Selection>().unwrap(), selection);
        }
    }
}

#[cfg(feature = "zones")]
mod weekly {
    use super::*;

    fn window(day: Weekday, from: &str, to: &str) -> Weekly {
        Weekly::new([day], from, to, "Europe/London").unwrap()
    }

    /// The edges after a moment, as many as there are up to another one.
    fn edges(window: &Weekly, from: &str, to: &str) -> Vec<String> {
        let (mut now, end) = (at(from), at(to));
        std::iter::from_fn(|| {
            now = window.next_edge(now)?;
            (now < end).then(|| now.to_string())
        })
        .collect()
    }

    #[test]
    fn it_comes_each_week_and_may_pass_midnight() {
        let night = window(Weekday::Monday, "22:00", "02:00");
        assert_eq!(
            edges(&night, "2026-01-01T00:00:00Z", "2026-01-14T00:00:00Z"),
            ["2026-01-05T22:00:00Z", "2026-01-06T02:00:00Z", "2026-01-12T22:00:00Z", "2026-01-13T02:00:00Z"]
        );
        assert!(night.holds(at("2026-01-06T01:59:59Z")) && !night.holds(at("2026-01-06T02:00:00Z")));
    }

    /// 2026-03-29: 01:00 to 02:00 does not come. 2026-10-25: 01:00 to 02:00 comes twice.
    #[test]
    fn where_the_clocks_change_no_window_gets_shorter() {
        let start_in_gap = window(Weekday::Sunday, "01:30", "05:00");
        assert_eq!(
            edges(&start_in_gap, "2026-03-28T12:00:00Z", "2026-03-30T00:00:00Z"),
            ["2026-03-29T00:30:00Z", "2026-03-29T04:00:00Z"]
        );
        let end_in_gap = window(Weekday::Sunday, "00:15", "01:30");
        assert_eq!(
            edges(&end_in_gap, "2026-03-28T12:00:00Z", "2026-03-30T00:00:00Z"),
            ["2026-03-29T00:15:00Z", "2026-03-29T01:30:00Z"]
        );
        let start_twice = window(Weekday::Sunday, "01:30", "03:00");
        assert_eq!(
            edges(&start_twice, "2026-10-24T12:00:00Z", "2026-10-26T00:00:00Z"),
            ["2026-10-25T00:30:00Z", "2026-10-25T03:00:00Z"]
        );
        let end_twice = window(Weekday::Saturday, "23:00", "01:30");
        assert_eq!(
            edges(&end_twice, "2026-10-24T12:00:00Z", "2026-10-26T00:00:00Z"),
            ["2026-10-24T22:00:00Z", "2026-10-25T01:30:00Z"]
        );
    }

    #[test]
    fn all_seven_days_around_the_clock_are_one_window() {
        use Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
        let days = [Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday];
        let always = Weekly::new(days, "00:00", "00:00", "America/New_York").unwrap();
        assert_eq!(always.next_edge(at("2026-03-01T00:00:00Z")), None);
        assert!(always.holds(at("2026-03-08T07:00:00Z")));
    }

    #[test]
    fn it_holds_within_start_and_end_only_and_is_kept_as_written() {
        let (start, end) = (at("2026-01-05T23:00:00Z"), at("2026-01-12T23:00:00Z"));
        let downtime = Downtime::new("d", Selection::all(), (start, end), "ann", "backup").unwrap();
        let downtime = downtime.weekly(window(Weekday::Monday, "22:00", "02:00"));
        assert_eq!(downtime.next_edge(at("2026-01-01T00:00:00Z")), Some(start));
        let mut now = start;
        let edges: Vec<_> = std::iter::from_fn(|| {
            now = downtime.next_edge(now)?;
            Some(now.to_string())
        })
        .collect();
        assert_eq!(edges, ["2026-01-06T02:00:00Z", "2026-01-12T22:00:00Z", "2026-01-12T23:00:00Z"]);
        let text = serde_json::to_string(&downtime).unwrap();
        assert!(
            text.contains(
                r#""weekly":{"days":["monday"],"from":"22:00","to":"02:00","zone":"Europe/London"}"#
            ),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Downtime>(&text).unwrap(), downtime);
    }

    proptest! {
        #[test]
        fn an_edge_is_where_it_changes_and_nowhere_before(
            second in -62_167_219_200..=253_402_300_799i64,
            day in 0..7usize,
            from in 0..1440u32,
            to in 0..1440u32,
            zone in prop::sample::select(vec!["Europe/London", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "UTC"]),
            part in 1..1000u32,
        ) {
            use Weekday::{Friday, Monday, Saturday, Sunday, Thursday, Tuesday, Wednesday};
            let days = [Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday];
            let time = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
            let window = Weekly::new([days[day]], &time(from), &time(to), zone).unwrap();
            let now = Timestamp::from_unix_seconds(second);
            // At the ends of time there may be none.
            if let Some(edge) = window.next_edge(now) {
                prop_assert!(edge > now);
                let between = now.saturating_add(edge.since(now) * part / 1001);
                prop_assert_eq!(window.holds(between), window.holds(now));
                prop_assert_ne!(window.holds(edge), window.holds(now));
            }
        }
    }

    #[test]
    fn what_is_no_window_is_refused() {
        let new = |from, to, zone| Weekly::new([Weekday::Monday], from, to, zone);
        for (from, to, zone) in [
            ("24:00", "01:00", "UTC"),
            ("1:00", "02:00", "UTC"),
            ("+1:00", "02:00", "UTC"),
            ("01:60", "02:00", "UTC"),
            ("01:00", "", "UTC"),
            ("01:00", "02:00", "Europe/Londn"),
        ] {
            assert_eq!(new(from, to, zone).unwrap_err().kind(), ErrorKind::Invalid, "{from} {to} {zone}");
        }
        assert!(Weekly::new([], "01:00", "02:00", "UTC").is_err());
    }
}
