use super::*;
use crate::{DbDetail, ErrorClass, PoolFault, Role, Vendor, WantedRole};
use proptest::prelude::*;
use purlin_core::{Endpoint, Error, ErrorKind, Instant, SimClock};
use std::time::Duration;

const SETTINGS: FailoverSettings = FailoverSettings {
    head_start: Duration::from_millis(250),
    deny_base: Duration::from_secs(1),
    deny_cap: Duration::from_secs(60),
    role_lasts: Duration::from_secs(10),
};

fn book(addresses: usize) -> Book {
    Book::new(addresses, SETTINGS, 7)
}

fn refused() -> Error {
    Error::new(ErrorKind::Refused, "connection refused")
}

fn endpoints(count: usize) -> Vec<Endpoint> {
    (1..=count).map(|index| Endpoint::new(&format!("db{index}"), 3306).unwrap()).collect()
}

#[test]
fn the_next_address_is_started_after_the_head_start_while_the_first_goes_on() {
    let (clock, mut book, mut search) = (SimClock::new(), book(2), Search::new(WantedRole::Any));
    let wake = clock.now().saturating_add(SETTINGS.head_start);
    assert_eq!(search.step(&mut book, Event::Begin, clock.now()), [Effect::Start(0), Effect::Wake(wake)]);
    clock.advance(Duration::from_millis(249));
    assert_eq!(search.step(&mut book, Event::Tick, clock.now()), [Effect::Wake(wake)]);
    clock.advance(Duration::from_millis(1));
    assert_eq!(search.step(&mut book, Event::Tick, clock.now()), [Effect::Start(1)]);
    assert_eq!(search.silent(&book, clock.now()), [0]);
    // The first one is late and still wins.
    assert_eq!(search.step(&mut book, Event::Answered(0, None), clock.now()), [Effect::Use(0)]);
    assert_eq!(search.step(&mut book, Event::Answered(1, None), clock.now()), []);
}

#[test]
fn an_address_that_fails_makes_room_at_once_and_is_put_back() {
    let (clock, mut book, mut search) = (SimClock::new(), book(2), Search::new(WantedRole::Any));
    search.step(&mut book, Event::Begin, clock.now());
    assert_eq!(search.step(&mut book, Event::Failed(0, refused()), clock.now()), [Effect::Start(1)]);
    assert_eq!(search.step(&mut book, Event::Answered(1, None), clock.now()), [Effect::Use(1)]);
    assert_eq!(book.order(WantedRole::Any, clock.now()), [1, 0]);
    // A second at most, and it is where it was: no address is denied for ever.
    clock.advance(SETTINGS.deny_base);
    assert_eq!(book.order(WantedRole::Any, clock.now()), [0, 1]);
    // Whoever comes first tries it alone.
    book.starts(0, clock.now());
    assert_eq!(book.order(WantedRole::Any, clock.now()), [1, 0]);
}

#[test]
fn back_off_doubles_with_jitter_up_to_its_cap_and_is_forgotten_with_an_answer() {
    let (clock, mut book) = (SimClock::new(), book(1));
    for failures in 0..20 {
        book.failed(0, clock.now());
        let full = SETTINGS.deny_base.saturating_mul(1 << failures.min(16)).min(SETTINGS.deny_cap);
        let time = book.denied_until(0).unwrap().since(clock.now());
        assert!(full / 2 <= time && time <= full, "{time:?} of {full:?}");
        clock.advance(time);
    }
    book.answered(0);
    assert_eq!(book.denied_until(0), None);
    book.failed(0, clock.now());
    assert!(book.denied_until(0).unwrap().since(clock.now()) <= SETTINGS.deny_base);
}

#[test]
fn of_addresses_that_all_failed_the_least_recent_failure_is_tried_first() {
    let (clock, mut book) = (SimClock::new(), book(3));
    for index in [1, 2, 0] {
        clock.advance(Duration::from_millis(10));
        book.failed(index, clock.now());
    }
    assert_eq!(book.order(WantedRole::Primary, clock.now()), [1, 2, 0]);
}

#[test]
fn addresses_of_another_role_come_later_and_are_asked_again() {
    let (clock, mut book, mut search) = (SimClock::new(), book(3), Search::new(WantedRole::Primary));
    book.said(0, Role::Replica, clock.now());
    book.failed(1, clock.now());
    assert_eq!(book.order(WantedRole::Primary, clock.now()), [2, 0, 1]);
    assert_eq!(book.order(WantedRole::Replica, clock.now()), [0, 2, 1]);
    search.step(&mut book, Event::Begin, clock.now());
    let replica = Event::Answered(2, Some(Role::Replica));
    assert_eq!(search.step(&mut book, replica, clock.now())[0], Effect::Start(0));
    let primary = Event::Answered(0, Some(Role::Primary));
    assert_eq!(search.step(&mut book, primary, clock.now()), [Effect::Use(0)]);
}

#[test]
fn a_role_is_believed_for_a_while_and_not_after_a_new_connection_or_a_doubt() {
    let (clock, mut book) = (SimClock::new(), book(1));
    book.said(0, Role::Primary, clock.now());
    assert_eq!(book.role(0, clock.now()), Some(Role::Primary));
    book.connected(0);
    assert_eq!(book.role(0, clock.now()), None);
    book.said(0, Role::Primary, clock.now());
    assert!(!book.take_distrust(0));
    book.doubted(0);
    assert_eq!(book.role(0, clock.now()), None);
    assert!(book.take_distrust(0) && !book.take_distrust(0));
    book.said(0, Role::Primary, clock.now());
    clock.advance(SETTINGS.role_lasts);
    assert_eq!(book.role(0, clock.now()), None);
}

fn in_vain(wanted: WantedRole, outcomes: Vec<Result<Role, Error>>) -> Error {
    let (clock, mut book, mut search) = (SimClock::new(), book(outcomes.len()), Search::new(wanted));
    let mut effects = search.step(&mut book, Event::Begin, clock.now());
    for (index, outcome) in outcomes.iter().enumerate() {
        assert_eq!(effects[0], Effect::Start(index));
        let event = match outcome {
            Ok(role) => Event::Answered(index, Some(*role)),
            Err(error) => Event::Failed(index, error.clone()),
        };
        effects = search.step(&mut book, event, clock.now());
    }
    assert_eq!(effects, [Effect::GiveUp]);
    search.in_vain(&endpoints(outcomes.len()), None)
}

#[test]
fn the_error_names_each_address_and_its_cause() {
    let error = in_vain(WantedRole::Primary, vec![Err(refused()), Ok(Role::Replica), Ok(Role::NonPrimary)]);
    assert_eq!(
        error.to_string(),
        "db.acquire: no primary among db1:3306 (connection refused), db2:3306 (is a replica), \
         db3:3306 (is without a quorum)"
    );
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, purlin_core::Outcome::NotSent));
    let causes = error.detail::<AddressCauses>().unwrap();
    let causes: Vec<_> = causes.iter().map(|(at, error)| (at.to_string(), error.kind())).collect();
    let unavailable = ErrorKind::Unavailable;
    assert_eq!(
        causes,
        [("db1:3306", ErrorKind::Refused), ("db2:3306", unavailable), ("db3:3306", unavailable)]
            .map(|(at, kind)| (at.to_owned(), kind))
    );
}

#[test]
fn the_kind_is_that_of_all_causes_or_unavailable() {
    assert_eq!(in_vain(WantedRole::Any, vec![Err(refused()), Err(refused())]).kind(), ErrorKind::Refused);
    let unresolved = Error::new(ErrorKind::Unresolved, "no such name");
    let mixed = in_vain(WantedRole::Any, vec![Err(refused()), Err(unresolved)]);
    assert_eq!(mixed.kind(), ErrorKind::Unavailable);
    assert!(mixed.detail::<DbDetail>().is_none());

    let denied = Error::new(ErrorKind::Unauthenticated, "access denied")
        .with_detail(DbDetail::new(ErrorClass::LoginDenied, Vendor::MariaDb).code(1045));
    let all_denied = in_vain(WantedRole::Primary, vec![Err(denied.clone()), Err(denied.clone())]);
    assert_eq!(all_denied.kind(), ErrorKind::Unauthenticated);
    assert_eq!(DbDetail::class_of(&all_denied), Some(ErrorClass::LoginDenied));
    let one_denied = in_vain(WantedRole::Primary, vec![Err(denied), Ok(Role::Replica)]);
    assert_eq!((one_denied.kind(), DbDetail::class_of(&one_denied)), (ErrorKind::Unavailable, None));
}

#[test]
fn a_cut_tells_of_who_kept_silent_and_who_was_not_asked() {
    let (clock, mut book, mut search) = (SimClock::new(), book(3), Search::new(WantedRole::Any));
    search.step(&mut book, Event::Begin, clock.now());
    search.step(&mut book, Event::Failed(0, refused()), clock.now());
    let cut = Error::new(ErrorKind::Timeout, "no answer within 100 ms");
    let error = search.in_vain(&endpoints(3), Some(cut));
    assert_eq!(
        error.message(),
        "no address serves among db1:3306 (connection refused), db2:3306 (no answer yet), db3:3306 (not asked)"
    );
    assert_eq!(error.kind(), ErrorKind::Timeout);
}

#[test]
fn neither_a_full_pool_nor_an_impatient_caller_is_held_against_an_address() {
    let timeout = Error::new(ErrorKind::Timeout, "no time");
    let full = timeout.clone().with_detail(PoolFault::Saturated { lent: 1, waiting: 1 });
    let cancelled = Error::new(ErrorKind::Cancelled, "cancelled");
    for (error, waited, denied) in [
        (full.clone(), 300, false),
        (cancelled, 300, false),
        (timeout.clone(), 249, false),
        (timeout, 250, true),
    ] {
        let (clock, mut book, mut search) = (SimClock::new(), book(1), Search::new(WantedRole::Any));
        search.step(&mut book, Event::Begin, clock.now());
        clock.advance(Duration::from_millis(waited));
        search.step(&mut book, Event::Failed(0, error.clone()), clock.now());
        assert_eq!(book.denied_until(0).is_some(), denied, "{error}");
        let error = search.in_vain(&endpoints(1), None);
        assert_eq!(error.detail::<PoolFault>().is_some(), full.detail::<PoolFault>() == error.detail());
    }
}

/// How an address of a simulated estate behaves.
#[derive(Debug, Clone, Copy)]
enum Behaviour {
    Answers(Role, u64),
    Fails(u64),
    Silent,
}

fn behaviour() -> impl Strategy<Value = Behaviour> {
    let role = prop_oneof![
        Just(Role::Primary),
        Just(Role::Replica),
        Just(Role::NonPrimary),
        Just(Role::Isolated),
        Just(Role::Unknown)
    ];
    prop_oneof![
        (role, 0u64..2000).prop_map(|(role, after)| Behaviour::Answers(role, after)),
        (0u64..2000).prop_map(Behaviour::Fails),
        Just(Behaviour::Silent),
    ]
}

/// Runs one search on simulated time: who won, and who was started, until nothing moves any more.
fn play(
    book: &mut Book,
    clock: &SimClock,
    wanted: WantedRole,
    estate: &[Behaviour],
) -> (Option<usize>, Vec<usize>) {
    let mut search = Search::new(wanted);
    let mut coming: Vec<(Instant, Event)> = vec![(clock.now(), Event::Begin)];
    let (mut started, mut wake) = (Vec::new(), None);
    loop {
        coming.sort_by_key(|(at, _)| *at);
        let tick = wake.filter(|at| coming.first().is_none_or(|(next, _)| at < next));
        let (at, event) = match tick {
            Some(at) => (at, Event::Tick),
            None if coming.is_empty() => return (None, started),
            None => coming.remove(0),
        };
        if tick.is_some() {
            wake = None;
        }
        clock.advance(at.since(clock.now()));
        if let Event::Answered(index, Some(role)) = &event {
            book.said(*index, *role, clock.now());
        }
        for effect in search.step(book, event, clock.now()) {
            match effect {
                Effect::Use(index) => return (Some(index), started),
                Effect::GiveUp => return (None, started),
                Effect::Wake(at) => wake = Some(at),
                Effect::Start(index) => {
                    started.push(index);
                    let after = |millis| clock.now().saturating_add(Duration::from_millis(millis));
                    match estate[index] {
                        Behaviour::Answers(role, millis) => {
                            coming.push((after(millis), Event::Answered(index, Some(role))));
                        }
                        Behaviour::Fails(millis) => {
                            coming.push((after(millis), Event::Failed(index, refused())))
                        }
                        Behaviour::Silent => {}
                    }
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn whoever_has_the_wanted_role_is_found_and_each_address_is_tried_once(
        rounds in proptest::collection::vec(
            (proptest::collection::vec(behaviour(), 4), prop_oneof![
                Just(WantedRole::Any), Just(WantedRole::Primary), Just(WantedRole::Replica)
            ], 0u64..5000),
            1..8,
        ),
        count in 1usize..=4,
    ) {
        // The same book through all rounds: whatever was believed or held against an address before.
        let (clock, mut book) = (SimClock::new(), book(count));
        for (estate, wanted, pause) in rounds {
            let estate = &estate[..count];
            let (won, started) = play(&mut book, &clock, wanted, estate);
            let fits = |index: usize| matches!(estate[index], Behaviour::Answers(role, _) if wanted.accepts(role));
            prop_assert_eq!(won.is_some(), (0..count).any(fits), "{:?} {:?}", wanted, estate);
            prop_assert!(won.is_none_or(fits));
            let mut once = started.clone();
            once.sort_unstable();
            once.dedup();
            prop_assert_eq!(once.len(), started.len(), "tried twice: {:?}", started);
            clock.advance(Duration::from_millis(pause));
        }
    }
}
