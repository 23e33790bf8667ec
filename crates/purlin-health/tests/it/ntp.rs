//! A real time server.

use crate::support::{answered, failure};
use purlin_health::checks::Ntp;
use purlin_health::{Cause, Check, CheckOutcome, OnTarget, Phase, Status, TargetAnswer};
use purlin_testkit::{Binary, ChronySettings, ReservedPort, require_program};
use std::time::Duration;

#[tokio::test]
async fn the_same_clock_is_no_further_away_than_half_the_way() {
    let Some(chrony) = ChronySettings::new().stratum(5).start().unwrap() else { return };
    let check = Ntp::to(&chrony.address().to_string()).unwrap();
    let evidence = answered(&check.clone().critical_beyond(Duration::from_secs(3600))).await;
    let value = |name: &str| evidence.measurements.iter().find(|it| it.name == name).unwrap().value;
    // chrony reads its clock with a precision of its own, which it rounds with.
    assert!(value("offset").abs() <= value("delay") / 2.0 + 1e-4, "{evidence:?}");
    assert_eq!((evidence.verdict(), value("stratum")), (Status::Ok, 5.0));
    // Nobody is that near.
    let strict = answered(&check.clone().warn_beyond(Duration::ZERO)).await;
    assert_eq!(strict.verdict(), Status::Warning);
    assert_eq!(answered(&check.critical_beyond(Duration::ZERO)).await.verdict(), Status::Critical);
}

#[tokio::test]
async fn a_server_without_the_time_is_a_failure() {
    let Some(chrony) = ChronySettings::new().unsynchronized().start().unwrap() else { return };
    let failure = failure(&Ntp::to(&chrony.address().to_string()).unwrap()).await;
    assert_eq!(failure.cause, Cause::Assertion("unsynchronized".to_owned()));
}

/// What a transport does: the question goes to a shell, and its answer to the check.
fn from_a_target(check: &Ntp) -> CheckOutcome {
    let question = check.on_target().unwrap().question();
    let asked = Binary::new("sh").args(["-c", &question.text, "sh"]).args(question.args).run().unwrap();
    check.judge(&TargetAnswer::new(asked.code().unwrap(), asked.stdout, asked.stderr))
}

#[test]
fn a_target_asks_by_its_own_shell() {
    if require_program("bash").is_none() {
        return;
    }
    let Some(chrony) = ChronySettings::new().start().unwrap() else { return };
    let outcome = from_a_target(&Ntp::to(&chrony.address().to_string()).unwrap());
    let CheckOutcome::Answered(evidence) = outcome else { panic!("{outcome:?}") };
    assert!(evidence.measurements[0].value.abs() < 10.0, "{evidence:?}");

    let closed = ReservedPort::new().unwrap();
    let outcome = from_a_target(&Ntp::to(&closed.address().to_string()).unwrap());
    assert!(
        matches!(&outcome, CheckOutcome::Failed(failure) if failure.phase == Phase::FirstByte),
        "{outcome:?}"
    );
}
