//! The suite for checks finds those that are careless.

use async_trait::async_trait;
use purlin_core::{Cx, Result};
use purlin_health::checks::Tcp;
use purlin_health::{
    Cause, Check, CheckKind, CheckOutcome, Evidence, Failure, Measurement, Phase, Status, Unit,
};
use purlin_testkit::suites::Report;
use purlin_testkit::suites::check::{CheckEnd, CheckPeer, CheckSubject, check};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

/// What a check gets wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Careless {
    /// Everything is fine to it.
    Optimist,
    /// It keeps what it opened.
    Hoarder,
    /// It says neither in which step it failed nor in words why.
    Taciturn,
    /// It says the same number twice.
    Repetitive,
    /// It is another one each time.
    Moody,
}

#[derive(Debug)]
struct Sloppy(Careless, Tcp, Mutex<Vec<std::fs::File>>);

#[async_trait]
impl Check for Sloppy {
    fn kind(&self) -> CheckKind {
        let name = match self.0 {
            Careless::Moody => format!("moody-{}", fastrand::u32(..)),
            _ => "sloppy".to_owned(),
        };
        CheckKind::from(name)
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let outcome = self.1.run(cx).await;
        match (self.0, outcome) {
            (Careless::Optimist, _) => CheckOutcome::Answered(Evidence::new(Status::Ok, "fine")),
            (Careless::Hoarder, outcome) => {
                self.2.lock().unwrap().push(std::fs::File::open("/dev/null").unwrap());
                outcome
            }
            (Careless::Taciturn, CheckOutcome::Failed(_)) => {
                CheckOutcome::Failed(Failure::new(Phase::Connect, Cause::Refused, " "))
            }
            (Careless::Repetitive, CheckOutcome::Answered(evidence)) => {
                let time = Measurement::new("time", 0.0, Unit::Seconds);
                CheckOutcome::Answered(evidence.measured(time))
            }
            (_, outcome) => outcome,
        }
    }
}

struct Subject(Careless, TcpListener);

impl CheckSubject for Subject {
    fn implementation(&self) -> &str {
        "sloppy"
    }

    fn check(&self, at: SocketAddr) -> Result<Arc<dyn Check>> {
        let check = Sloppy(self.0, Tcp::to(&at.to_string())?, Mutex::default());
        let check: Arc<dyn Check> = Arc::new(check);
        if self.0 == Careless::Hoarder {
            // Nobody lets go of it.
            std::mem::forget(check.clone());
        }
        Ok(check)
    }

    fn server(&self) -> Option<SocketAddr> {
        self.1.local_addr().ok()
    }

    fn expects(&self, peer: CheckPeer) -> Vec<CheckEnd> {
        if peer == CheckPeer::Refuses { peer.usual_ends() } else { Vec::new() }
    }

    fn runs(&self) -> usize {
        20
    }
}

async fn report(careless: Careless) -> Report {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let accepting = server.try_clone().unwrap();
    std::thread::spawn(move || accepting.incoming().for_each(drop));
    check(&Subject(careless, server)).await
}

#[tokio::test]
async fn each_fault_is_found_by_its_case() {
    let optimist = [
        "bad.refuses: expected Refused in Connect, got an answer that is Ok",
        "deadline.past: past its deadline it says an answer that is Ok",
        "deadline.cancelled_before: cancelled, it says an answer that is Ok",
    ];
    let hoarder = [
        "leaks.good_runs: leaks.check: descriptors",
        "leaks.bad_runs: leaks.check: descriptors",
        "drops.at_each_point: leaks.check: descriptors",
    ];
    for (careless, cases) in [
        (Careless::Optimist, &optimist[..]),
        (Careless::Hoarder, &hoarder[..]),
        (Careless::Taciturn, &["bad.refuses: the message is not one line"]),
        (Careless::Repetitive, &["good.is_found_good_each_time: time is measured twice"]),
        (Careless::Moody, &["kind_and_target_stay: "]),
    ] {
        let failures = report(careless).await.failures();
        for case in cases {
            let is_found = failures.iter().any(|it| it.starts_with(case));
            assert!(is_found, "{careless:?} {case}: {failures:#?}");
        }
    }
}
