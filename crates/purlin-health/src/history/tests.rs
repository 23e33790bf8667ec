use super::*;
use crate::Failure;
use proptest::prelude::*;

fn past(at: i64, took: Duration) -> Past {
    let failure = Failure::new(Phase::Connect, Cause::Refused, "no");
    let at = Timestamp::from_unix_seconds(at);
    Past::new(at, &CheckOutcome::Failed(failure), Status::Critical, State::Suspect, took)
}

#[test]
fn a_run_takes_six_bytes_in_memory_and_eight_where_it_is_kept() {
    assert!(size_of::<History>() <= 6 * History::LENGTH + 8);
    let mut history = History::new();
    history.push(&past(1_795_000_000, Duration::from_micros(1_234)));
    assert_eq!(history.to_bytes().len(), 8);
    assert_eq!(history.iter().next(), Some(past(1_795_000_000, Duration::from_micros(1_234))));
    assert_eq!(History::from_bytes(&history.to_bytes()).unwrap(), history);
}

#[test]
fn the_newest_64_are_kept_newest_first() {
    let mut history = History::new();
    for (second, kept) in (1..=1000).zip((1..=64).chain(std::iter::repeat(64))) {
        history.push(&past(second, Duration::ZERO));
        assert_eq!(history.len(), kept);
        let seconds: Vec<_> = history.iter().map(|past| past.at.unix_seconds()).collect();
        let expected: Vec<_> = (1..=second).rev().take(64).collect();
        assert_eq!(seconds, expected);
    }
}

#[test]
fn what_does_not_fit_is_the_nearest_that_does() {
    let mut history = History::new();
    history.push(&past(-5, Duration::from_secs(86_400)));
    history.push(&past(i64::MAX, Duration::MAX));
    let both: Vec<_> = history.iter().collect();
    assert_eq!(both[0].at.unix_seconds(), i64::from(u32::MAX));
    // The two are further apart than 48 days.
    assert_eq!(both[1].at.unix_seconds(), i64::from(u32::MAX) - ((1 << 22) - 1));
    assert!(both.iter().all(|past| past.took.as_secs() == 536));
}

#[test]
fn a_clock_that_is_set_back_leaves_the_order_and_the_newest_moment() {
    let mut history = History::new();
    for second in [1_000, 1_010, 500, 510] {
        history.push(&past(second, Duration::ZERO));
    }
    let seconds: Vec<_> = history.iter().map(|past| past.at.unix_seconds()).collect();
    assert_eq!(seconds, [510, 500, 500, 490]);
}

#[test]
fn each_cause_has_a_word_of_its_own() {
    let causes = [
        Cause::Unresolved,
        Cause::Refused,
        Cause::Timeout,
        Cause::Closed,
        Cause::Unreachable,
        Cause::Tls("expired".into()),
        Cause::Auth,
        Cause::Protocol,
        Cause::Assertion("status".into()),
        Cause::Stale,
        Cause::Dependency("switch".into()),
    ];
    let words: std::collections::BTreeSet<_> = causes.iter().map(Cause::word).collect();
    assert_eq!(words.len(), causes.len());
    for cause in causes {
        let outcome = CheckOutcome::Failed(Failure::new(Phase::Execute, cause.clone(), ""));
        let past = Past::new(Timestamp::UNIX_EPOCH, &outcome, Status::Critical, State::Down, Duration::ZERO);
        let mut history = History::new();
        history.push(&past);
        assert_eq!(history.iter().next().and_then(|past| past.cause), Some(cause.word()));
    }
}

/// The exact bytes that version 1 of the form has: a change of the table would show here.
#[test]
fn the_form_on_disk_stays() {
    let mut history = History::new();
    history.push(&past(1_795_000_000, Duration::from_micros(1 << 17)));
    history.push(&Past {
        at: Timestamp::from_unix_seconds(1_795_000_060),
        end: End::Skipped,
        status: Status::Unknown,
        state: State::Recovering,
        took: Duration::ZERO,
        phase: None,
        cause: None,
    });
    let text = serde_json::to_string(&history).unwrap();
    assert_eq!(text, "\"c086fd6a26090180fc86fd6a4f000000\"");
    assert_eq!(serde_json::from_str::<History>(&text).unwrap(), history);
    for bad in ["\"c\"", "\"zz\"", "\"c0aa\"", "5"] {
        assert!(serde_json::from_str::<History>(bad).is_err(), "{bad}");
    }
}

fn any_past() -> impl Strategy<Value = Past> {
    let ends = (0..4usize, 0..4i32, 0..5usize, 0..8usize, 0..12usize, 0..1_023u64);
    ends.prop_map(|(end, status, state, phase, cause, micros)| {
        let run = Past {
            at: Timestamp::from_unix_seconds(1_795_000_000),
            end: [End::Answered, End::Failed, End::Prober, End::Skipped][end],
            status: Status::from_exit_code(status).unwrap(),
            state: [State::Pending, State::Up, State::Suspect, State::Down, State::Recovering][state],
            took: Duration::from_micros(micros),
            phase: None,
            cause: None,
        };
        let named = pack::unpack(u64::try_from(phase).unwrap() << 39 | u64::try_from(cause).unwrap() << 42);
        let (phase, cause) = if run.end == End::Failed { (named.phase, named.cause) } else { (None, None) };
        Past { phase, cause, ..run }
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_and_what_was_read_is_kept(runs in prop::collection::vec(any::<u64>(), 0..=64)) {
        let bytes: Vec<u8> = runs.iter().flat_map(|run| run.to_le_bytes()).collect();
        let history = History::from_bytes(&bytes).unwrap();
        prop_assert_eq!(history.iter().count(), runs.len());
        let kept = history.to_bytes();
        prop_assert_eq!(kept.len(), bytes.len());
        let again = History::from_bytes(&kept).unwrap();
        prop_assert_eq!(again.to_bytes(), kept);
        // The moment and the word of the newest survive whatever came before it.
        let newest = runs.last().map(|run| pack::unpack(*run));
        let found = history.iter().next();
        prop_assert_eq!(found.map(|past| (past.at, past.end)), newest.map(|past| (past.at, past.end)));
    }

    #[test]
    fn what_a_run_was_is_kept_word_by_word(past in any_past()) {
        let mut history = History::new();
        history.push(&past);
        prop_assert_eq!(history.iter().next(), Some(past));
        prop_assert_eq!(History::from_bytes(&history.to_bytes()).unwrap(), history);
    }

    #[test]
    fn three_digits_of_a_duration_stay(micros in 0..536_000_000u64) {
        let mut history = History::new();
        history.push(&past(0, Duration::from_micros(micros)));
        let kept = u64::try_from(history.iter().next().unwrap().took.as_micros()).unwrap();
        prop_assert!(kept <= micros && micros - kept <= micros / 1_000);
    }
}
