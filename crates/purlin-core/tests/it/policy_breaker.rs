//! The breakers of a policy, on simulated time.

use crate::policy::{db1, refused, simulated};
use purlin_core::policy::Breaker;
use purlin_core::{Endpoint, Error, ErrorKind, Outcome, Policy, Result, Retry, RetryHint};
use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_breaker_leaves_one_endpoint_alone_and_quotes_the_cause() {
    let (sim, cx) = simulated();
    let policy = Policy::new().breaker(Breaker::new(2).cool_down(30 * SECOND));
    let (sick, well) = (policy.at(&db1()), policy.at(&Endpoint::new("db2.lon", 3306).unwrap()));
    for _ in 0..2 {
        let _ = sick.run(&cx, |_| async { Err::<(), _>(refused()) }).await;
    }
    let error = sick.run(&cx, |_| async { Ok(()) }).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::NotSent));
    assert_eq!(error.retry(), RetryHint::After(30 * SECOND));
    assert_eq!(
        format!("{error:#}"),
        "policy.breaker db1.lon:3306: left alone after repeated failures (circuit breaker open): tcp.connect: nobody listens"
    );
    assert!(well.run(&cx, |_| async { Ok(()) }).await.is_ok());
    assert_eq!((policy.stats().open_breakers, policy.stats().refused), (1, 1));
    sim.advance(30 * SECOND);
    assert!(sick.run(&cx, |_| async { Ok(()) }).await.is_ok());
    assert_eq!(policy.stats().open_breakers, 0);
}

#[tokio::test]
async fn a_dropped_probe_lets_the_next_one_go() {
    let (sim, cx) = simulated();
    let policy = Policy::new().breaker(Breaker::new(1));
    let _ = policy.run(&cx, |_| async { Err::<(), _>(refused()) }).await;
    sim.advance(30 * SECOND);
    let mut probe = Box::pin(policy.run(&cx, |_| pending::<Result<()>>()));
    let polled =
        std::future::poll_fn(|context| std::task::Poll::Ready(probe.as_mut().poll(context).is_pending()))
            .await;
    assert!(polled);
    assert_eq!(policy.run(&cx, |_| async { Ok(()) }).await.unwrap_err().operation(), Some("policy.breaker"));
    drop(probe);
    assert!(policy.run(&cx, |_| async { Ok(()) }).await.is_ok());
}

#[tokio::test]
async fn an_impatient_caller_does_not_open_the_breaker() {
    let (sim, cx) = simulated();
    let policy = Policy::new().attempt_timeout(10 * SECOND).breaker(Breaker::new(1));
    let impatient = cx.with_timeout(SECOND);
    let error = sim.drive(policy.run(&impatient, |_| pending::<Result<()>>())).await.unwrap_err();
    assert_eq!(error.message(), "no answer within 1s");
    assert!(policy.run(&cx, |_| async { Ok(()) }).await.is_ok());
    let error = sim.drive(policy.run(&cx, |_| pending::<Result<()>>())).await.unwrap_err();
    assert_eq!(error.message(), "no answer within 10s");
    assert_eq!(policy.stats().open_breakers, 1);
}

#[tokio::test]
async fn a_breaker_that_opens_between_attempts_keeps_the_cause() {
    let (sim, cx) = simulated();
    let policy = Policy::new().retry(Retry::new(5).base(Duration::ZERO)).breaker(Breaker::new(2));
    let error = sim.drive(policy.run(&cx, |_| async { Err::<(), _>(refused()) })).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "tcp.connect: nobody listens (2 attempts, left alone after repeated failures (circuit breaker open))"
    );
}

#[tokio::test]
async fn an_impatient_caller_who_had_to_queue_does_not_open_it() {
    let (sim, cx) = simulated();
    let policy = Policy::new().attempt_timeout(10 * SECOND).concurrency(1).breaker(Breaker::new(1));
    let holder = policy.run(&cx, |cx| async move { cx.sleep(5 * SECOND).await });
    // Time for a whole attempt when it comes, and no more when it gets its slot.
    let call = cx.with_timeout(12 * SECOND);
    let late = policy.run(&call, |_| pending::<Result<()>>());
    let (held, late) = sim.drive(async { tokio::join!(holder, late) }).await;
    assert_eq!((held.is_ok(), late.unwrap_err().kind()), (true, ErrorKind::Timeout));
    assert_eq!(policy.stats().open_breakers, 0);
}

#[tokio::test]
async fn without_an_attempt_timeout_no_timeout_counts() {
    let (sim, cx) = simulated();
    let policy = Policy::new().breaker(Breaker::new(1));
    let hurried = cx.with_timeout(Duration::from_millis(1));
    let error = sim.drive(policy.run(&hurried, |_| pending::<Result<()>>())).await.unwrap_err();
    assert_eq!((error.kind(), policy.stats().open_breakers), (ErrorKind::Timeout, 0));
}

#[tokio::test]
async fn a_probe_that_was_never_sent_closes_nothing() {
    let (sim, cx) = simulated();
    let policy = Policy::new().breaker(Breaker::new(1));
    let _ = policy.run(&cx, |_| async { Err::<(), _>(refused()) }).await;
    sim.advance(30 * SECOND);
    let no_secret = || Error::new(ErrorKind::NotFound, "no such file").with_outcome(Outcome::NotSent);
    let _ = policy.run(&cx, |_| async { Err::<(), _>(no_secret()) }).await;
    assert_eq!(policy.stats().open_breakers, 1);
    let no_row = || Error::new(ErrorKind::NotFound, "no such row");
    let _ = policy.run(&cx, |_| async { Err::<(), _>(no_row()) }).await;
    assert_eq!(policy.stats().open_breakers, 0, "the server answered");
}

#[tokio::test]
async fn who_waited_in_vain_for_a_slot_is_refused_and_not_sent_to_a_dead_endpoint() {
    let (sim, cx) = simulated();
    let policy =
        Policy::new().attempt_timeout(10 * SECOND).concurrency(1).breaker(Breaker::new(1)).at(&db1());
    let mut calls = Vec::new();
    for _ in 0..6 {
        let (policy, cx) = (policy.clone(), cx.clone());
        calls.push(tokio::spawn(async move { policy.run(&cx, |_| pending::<Result<()>>()).await }));
    }
    let mut operations = Vec::new();
    sim.drive(async {
        for call in calls {
            operations.extend(call.await.unwrap().unwrap_err().operation().map(str::to_owned));
        }
    })
    .await;
    let refused = vec!["policy.breaker".to_owned(); 5];
    assert_eq!((operations[0].as_str(), &operations[1..]), ("policy.attempt", &refused[..]));
    assert_eq!((policy.stats().attempts, policy.stats().refused, sim.elapsed()), (1, 5, 10 * SECOND));
}

#[tokio::test]
async fn endpoints_that_nobody_has_asked_for_long_are_forgotten() {
    let (sim, cx) = simulated();
    let policy = Policy::new().breaker(Breaker::new(1).cool_down(SECOND));
    let fail = async |number: u32| {
        let endpoint = Endpoint::new(&format!("web{number}.lon"), 80).unwrap();
        let _ = policy.at(&endpoint).run(&cx, |_| async { Err::<(), _>(refused()) }).await;
    };
    for number in 0..1023 {
        fail(number).await;
    }
    assert_eq!(policy.stats().open_breakers, 1023);
    sim.advance(601 * SECOND);
    fail(1023).await;
    assert_eq!(policy.stats().open_breakers, 1);
}

/// Keeps the fields of each event, and asks the policy for its figures meanwhile.
struct Listener {
    policy: Policy,
    events: Arc<Mutex<Vec<Fields>>>,
}

#[derive(Default)]
struct Fields(BTreeMap<&'static str, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl tracing::Subscriber for Listener {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = Fields::default();
        fields.0.insert("name", event.metadata().name().to_owned());
        fields.0.insert("open", self.policy.stats().open_breakers.to_string());
        event.record(&mut fields);
        self.events.lock().unwrap().push(fields);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn what_happens_is_told_in_stable_fields_and_outside_of_all_locks() {
    let (sim, cx) = simulated();
    let policy = Policy::new().retry(Retry::new(2)).breaker(Breaker::new(2)).at(&db1());
    let events = Arc::new(Mutex::new(Vec::new()));
    let listener = Listener { policy: policy.clone(), events: events.clone() };
    let _guard = tracing::subscriber::set_default(listener);
    let _ = sim.drive(policy.run(&cx, |_| async { Err::<(), _>(refused()) })).await;
    sim.advance(30 * SECOND);
    policy.run(&cx, |_| async { Ok(()) }).await.unwrap();

    let events = events.lock().unwrap();
    let told =
        |field| events.iter().map(|event| event.0.get(field).map_or("", String::as_str)).collect::<Vec<_>>();
    let names = ["purlin.core.retry", "purlin.core.breaker_opened", "purlin.core.breaker_closed"];
    assert_eq!(told("name"), names);
    assert_eq!(told("open"), ["0", "1", "0"]);
    assert_eq!(told("server.address"), ["\"db1.lon\""; 3]);
    assert_eq!(told("server.port"), ["3306"; 3]);
    assert_eq!(told("error.type"), ["\"refused\"", "\"refused\"", ""]);
}
