//! Faults on the way.

use crate::here::{cx, folder};
use purlin_core::{ErrorKind, Outcome};
use purlin_transport::{
    Chaos, ChaosFault, Command, FaultClass, Host, Local, Session, SessionExt, Transport, TransportDetail,
};
use std::sync::Arc;
use std::time::Duration;

async fn session(faults: impl IntoIterator<Item = ChaosFault>) -> Arc<dyn Session> {
    Chaos::new(Local::new()).with(faults).connect(&cx(), &Host::new("here")).await.unwrap()
}

#[tokio::test]
async fn a_cut_before_has_no_effect_and_says_so() {
    let (_folder, path) = folder();
    let session = session([ChaosFault::CutBefore]).await;
    let touch = Command::new("touch").arg(format!("{path}/it"));
    let error = session.run(&cx(), &touch).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent);
    assert_eq!(TransportDetail::class_of(&error), Some(FaultClass::LinkLost));
    assert!(!std::fs::exists(format!("{path}/it")).unwrap());
    assert!(session.run(&cx(), &touch).await.unwrap().is_success());
}

#[tokio::test]
async fn a_cut_after_has_the_effect_and_is_in_doubt() {
    let (_folder, path) = folder();
    let session = session([ChaosFault::CutAfter, ChaosFault::None, ChaosFault::CutAfter]).await;
    let touch = Command::new("touch").arg(format!("{path}/it"));
    let error = session.run(&cx(), &touch).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unavailable, Outcome::Maybe));
    assert!(std::fs::exists(format!("{path}/it")).unwrap());
    session.put(&cx(), &format!("{path}/a"), "a".into()).await.unwrap();
    let error = session.rename(&cx(), &format!("{path}/a"), &format!("{path}/b")).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Maybe);
    assert!(std::fs::exists(format!("{path}/b")).unwrap());
}

#[tokio::test]
async fn a_truncated_output_is_no_output() {
    let session = session([ChaosFault::Truncate(3)]).await;
    let error = session.run(&cx(), &Command::new("echo").arg("abcdef")).await.unwrap_err();
    assert_eq!(TransportDetail::class_of(&error), Some(FaultClass::LinkLost));
}

#[tokio::test]
async fn busy_is_not_down_and_a_delay_is_only_one() {
    let session = session([ChaosFault::Busy, ChaosFault::Delay(Duration::from_millis(5))]).await;
    let error = session.run(&cx(), &Command::new("true")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::RateLimited, Outcome::NotSent));
    assert_eq!(TransportDetail::class_of(&error), Some(FaultClass::Busy));
    assert!(session.run(&cx(), &Command::new("true")).await.unwrap().is_success());
}
