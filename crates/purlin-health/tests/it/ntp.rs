//! A real time server.

use crate::support::{answered, failure};
use purlin_health::checks::Ntp;
use purlin_health::{Cause, Status};
use purlin_testkit::ChronySettings;
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
