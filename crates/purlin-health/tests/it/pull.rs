//! What others fetch.

use purlin_core::{Cx, Subject};
use purlin_health::fake::FakeCheck;
use purlin_health::{
    Cadence, Cause, CheckOutcome, CheckSet, CheckSpec, Evidence, Failure, Monitor, Phase, Status,
};
use std::time::Duration;

fn down() -> CheckOutcome {
    CheckOutcome::Failed(Failure::new(Phase::Connect, Cause::Refused, "nobody\nlistens"))
}

/// One that is well, one that is down with a name that wants escaping, one that nobody has reported.
async fn monitor(cx: &Cx) -> purlin_core::Result<Monitor> {
    let well = FakeCheck::answering(Evidence::new(Status::Ok, "fine"));
    let checks = CheckSet::new()
        .with(CheckSpec::new("app", well).subject(Subject::new("host", "web01.lon")))
        .add("say \"db\\1\"", FakeCheck::new(down))
        .with(CheckSpec::passive("backup", Duration::from_secs(3600)));
    let monitor = Monitor::start(cx, checks, Cadence::every(Duration::from_secs(10))).await?;
    monitor.settled(cx).await?;
    Ok(monitor)
}

#[tokio::test(start_paused = true)]
async fn openmetrics_names_every_check_and_the_monitor_itself() -> purlin_core::Result<()> {
    let cx = Cx::background().with_timeout(Duration::from_secs(600));
    let monitor = monitor(&cx).await?;
    let text = monitor.openmetrics();
    for line in [
        r#"purlin_check_up{check="app",kind="host",subject="web01.lon"} 1"#,
        r#"purlin_check_up{check="say \"db\\1\""} 0"#,
        r#"purlin_check_status{check="say \"db\\1\""} 2"#,
        r#"purlin_check_up{check="backup"} 0"#,
        r#"purlin_check_status{check="backup"} 3"#,
        "# TYPE purlin_runs_offered counter",
        r#"purlin_runs_skipped_total{reason="late"} 0"#,
        "purlin_run_lateness_seconds_count 2",
        r#"purlin_run_lateness_seconds_bucket{le="+Inf"} 2"#,
    ] {
        assert!(text.lines().any(|found| found == line), "no line {line} in\n{text}");
    }
    // Nothing was reported, so there is no age to tell.
    assert!(!text.contains(r#"purlin_check_age_seconds{check="backup"}"#));
    assert!(text.ends_with("# EOF\n"));
    monitor.shutdown(&cx).await
}

#[tokio::test(start_paused = true)]
async fn health_json_says_the_worst_of_what_is_sure() -> Result<(), Box<dyn std::error::Error>> {
    let cx = Cx::background().with_timeout(Duration::from_secs(600));
    let monitor = monitor(&cx).await?;
    let json: serde_json::Value = serde_json::from_str(&monitor.health_json())?;
    let at = |pointer: &str| json.pointer(pointer).and_then(|value| value.as_str()).unwrap_or("-");
    assert_eq!(at("/status"), "fail");
    assert_eq!((at("/checks/app/0/status"), at("/checks/app/0/componentId")), ("pass", "web01.lon"));
    assert_eq!((at("/checks/backup/0/status"), at("/checks/backup/0/time")), ("warn", "-"));
    assert_eq!(at("/checks/say \"db\\1\"/0/output"), "nobody listens");
    monitor.shutdown(&cx).await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_plugin_line_names_what_is_not_well() -> purlin_core::Result<()> {
    let cx = Cx::background().with_timeout(Duration::from_secs(600));
    let monitor = monitor(&cx).await?;
    let expected = "CRITICAL - 1 of 3 are well: backup, say \"db\\1\" | well=1;;;0;3";
    assert_eq!(monitor.plugin_line(), (Status::Critical, expected.to_owned()));
    monitor.shutdown(&cx).await
}
