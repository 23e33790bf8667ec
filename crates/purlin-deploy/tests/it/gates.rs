//! Gates over checks.

use crate::support::{Mark, deployment};
use purlin_core::Cx;
use purlin_deploy::{Deployer, Effect, Ending, Gate, HealthGate, Holder, HostName, MemoryJournal, Rollout};
use purlin_health::fake::FakeCheck;
use purlin_health::{Cadence, Cause, CheckOutcome, CheckSet, Evidence, Failure, Phase, Status};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const TICK: Duration = Duration::from_millis(20);

/// Down once the release is on the host.
fn poisoned(folder: &Path, host: &str) -> FakeCheck {
    let mark = folder.join(host).join("app");
    FakeCheck::new(move || match mark.exists() {
        true => CheckOutcome::Failed(Failure::new(Phase::Connect, Cause::Refused, "connection refused")),
        false => CheckOutcome::Answered(Evidence::new(Status::Ok, "200 OK")),
    })
}

#[tokio::test]
async fn a_release_that_breaks_its_check_goes_back_from_the_canary() {
    let folder = tempfile::tempdir().unwrap();
    let cx = Cx::background();
    let checks = CheckSet::new()
        .add("web0/app", poisoned(folder.path(), "web0"))
        .add("web1/app", poisoned(folder.path(), "web1"));
    let gate = HealthGate::new("app", checks).during(TICK * 5).cadence(Cadence::every(TICK));
    let deployment = deployment(folder.path(), "map 43", 2)
        .step("app", Mark::new("app", Effect::CheckThenAct))
        .gate(gate)
        .rollout(Rollout::canary(1));
    let deployer = Deployer::new(Arc::new(MemoryJournal::new()), Holder::new("kim", "desk"));
    let plan = deployer.plan(&cx, &deployment).await.unwrap();
    let report = deployer.apply(&cx, &deployment, &plan).await.unwrap();
    assert_eq!(report.ending, Some(Ending::RolledBack), "{report:?}");
    assert!(report.why.contains("web0/app: connection refused"), "{}", report.why);
    assert_eq!(crate::support::count(folder.path(), "web1", "app"), 0);
}

#[tokio::test]
async fn what_was_ill_before_is_neither_blamed_nor_hidden() {
    let cx = Cx::background();
    let refused = || CheckOutcome::Failed(Failure::new(Phase::Connect, Cause::Refused, "connection refused"));
    let checks = CheckSet::new()
        .add("web0/app", FakeCheck::answering(Evidence::new(Status::Ok, "200 OK")))
        .add("web1/app", FakeCheck::new(refused));
    let gate = HealthGate::new("app", checks).during(TICK).cadence(Cadence::every(TICK));
    let hosts = [HostName::from("web0"), HostName::from("web1")];
    let (baseline, down) = gate.baseline(&cx, &hosts).await.unwrap();
    assert_eq!(down, [HostName::from("web1")]);
    let verdict = gate.judge(&cx, &hosts, &baseline).await.unwrap();
    assert!(verdict.passed && verdict.evidence.contains("web1/app"), "{verdict:?}");

    let empty = HealthGate::new("none", CheckSet::new());
    let error = empty.baseline(&cx, &hosts).await.unwrap_err();
    assert!(error.message().contains("has no checks"), "{error}");
}
