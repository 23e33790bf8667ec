//! Runs over this machine, from the plan to the end.

use crate::support::{Mark, count, deployment, is_marked, records, steps_of};
use async_trait::async_trait;
use purlin_core::{Cx, ErrorKind, Result};
use purlin_deploy::{
    Amount, Baseline, Control, Definition, Deployer, Effect, Ending, Gate, Holder, HostName, Journal,
    MemoryJournal, Node, Promotion, Record, Rollback, Rollout, Verdict, steps,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

fn deployer(journal: &Arc<MemoryJournal>) -> Deployer {
    Deployer::new(journal.clone() as Arc<dyn Journal>, Holder::new("kim", "desk"))
        .listen(Duration::from_millis(10))
}

fn new() -> (tempfile::TempDir, Arc<MemoryJournal>, Cx) {
    (tempfile::tempdir().unwrap(), Arc::new(MemoryJournal::new()), Cx::background())
}

#[tokio::test]
async fn a_plan_says_what_changes_and_is_spent_once() {
    let (folder, journal, cx) = new();
    let deployment = deployment(folder.path(), "map 42", 3)
        .step("conf", steps::File::new("{{ root }}/conf", "{{ host }}\n"))
        .rollout(Rollout::canary(1).then_rest());
    let deployer = deployer(&journal);
    let plan = deployer.plan(&cx, &deployment).await.unwrap();
    assert_eq!(plan.batches.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2]);
    assert!(plan.hosts.iter().all(|host| host.findings[0].finding == "change"));
    let text = serde_json::to_string_pretty(&plan).unwrap();
    let plan: purlin_deploy::Plan = serde_json::from_str(&text).unwrap();

    let report = deployer.apply(&cx, &deployment, &plan).await.unwrap();
    assert_eq!(report.ending, Some(Ending::Succeeded), "{report:?}");
    assert!(report.hosts.iter().all(|host| host.release.as_deref() == Some("map 42")));

    let error = deployer.apply(&cx, &deployment, &plan).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.message().contains(report.run.as_str()), "{error}");

    // Another state directory knows nothing of it; the hosts do.
    let other = Arc::new(MemoryJournal::new());
    let error = self::deployer(&other).apply(&cx, &deployment, &plan).await.unwrap_err();
    assert!(error.message().contains("is spent") && error.message().contains(report.run.as_str()), "{error}");

    let again = deployer.plan(&cx, &deployment).await.unwrap();
    assert!(again.hosts.iter().all(|host| host.findings.iter().all(|found| found.finding == "no_change")));
    assert!(again.hosts.iter().all(|host| host.release.as_deref() == Some("map 42")));
}

#[tokio::test]
async fn a_host_that_changed_since_the_plan_stops_the_run() {
    let (folder, journal, cx) = new();
    let deployment =
        deployment(folder.path(), "map 42", 1).step("conf", steps::File::new("{{ root }}/conf", "v2\n"));
    let deployer = deployer(&journal);
    let plan = deployer.plan(&cx, &deployment).await.unwrap();
    std::fs::write(folder.path().join("web0/conf"), "somebody's\n").unwrap();
    let report = deployer.apply(&cx, &deployment, &plan).await.unwrap();
    assert_eq!(report.ending, Some(Ending::RolledBack), "{report:?}");
    assert!(report.why.contains("not as the plan found it"), "{}", report.why);
    assert_eq!(std::fs::read_to_string(folder.path().join("web0/conf")).unwrap(), "somebody's\n");
}

#[tokio::test]
async fn a_failure_takes_everything_back_and_closes_what_is_open() {
    let (folder, journal, cx) = new();
    let deployment = deployment(folder.path(), "map 42", 3)
        .step("drain", Mark::obligation("drained"))
        .step("app", Mark::new("app", Effect::CheckThenAct))
        .step("check", Mark::new("fine", Effect::Idempotent).broken_on("web2"))
        .node(Node::closing("restore", "drain"))
        .rollout(Rollout::canary(1).then(Amount::Count(1)).rollback(Rollback::Run));
    let deployer = deployer(&journal);
    let plan = deployer.plan(&cx, &deployment).await.unwrap();
    let report = deployer.apply(&cx, &deployment, &plan).await.unwrap();
    assert_eq!(report.ending, Some(Ending::RolledBack), "{report:?}");
    for host in ["web0", "web1", "web2"] {
        assert!(
            ["drained", "app", "fine"].iter().all(|mark| !is_marked(folder.path(), host, mark)),
            "{host}"
        );
    }
    let entries = records(&*journal, &report.run).await;
    let one = [
        ("started", "drain"),
        ("started", "app"),
        ("started", "check"),
        ("closed", "drain"),
        ("undone", "check"),
        ("undone", "app"),
    ];
    assert_eq!(steps_of(&entries, "web0"), one);
    let two = [
        ("started", "drain"),
        ("started", "app"),
        ("started", "check"),
        ("undone", "check"),
        ("undone", "app"),
        ("undone", "drain"),
    ];
    assert_eq!(steps_of(&entries, "web2"), two);
}

#[tokio::test]
async fn without_a_rollback_the_run_says_which_host_has_what() {
    let (folder, journal, cx) = new();
    let deployment = deployment(folder.path(), "map 42", 2)
        .step("drain", Mark::obligation("drained"))
        .step("app", Mark::new("app", Effect::CheckThenAct))
        .step("fine", Mark::new("fine", Effect::Idempotent).broken_on("web1"))
        .rollout(Rollout::canary(1).rollback(Rollback::None));
    let deployer = deployer(&journal);
    let plan = deployer.plan(&cx, &deployment).await.unwrap();
    let report = deployer.apply(&cx, &deployment, &plan).await.unwrap();
    assert_eq!(report.ending, Some(Ending::NeedsPerson), "{report:?}");
    assert_eq!(report.hosts[0].release.as_deref(), Some("map 42"));
    assert_eq!(report.hosts[1].release, None);
    assert!(!is_marked(folder.path(), "web1", "drained"), "no member is left drained");
    assert!(
        report.hosts[1].open.iter().any(|line| line.contains("steps of map 42 are in effect")),
        "{report:?}"
    );
}

/// A gate that lets so many batches through.
#[derive(Debug)]
struct Lets(usize, AtomicUsize);

#[async_trait]
impl Gate for Lets {
    fn name(&self) -> &str {
        "app"
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of("app")
    }

    async fn baseline(&self, _: &Cx, _: &[HostName]) -> Result<(Baseline, Vec<HostName>)> {
        Ok((Baseline::default(), Vec::new()))
    }

    async fn judge(&self, _: &Cx, hosts: &[HostName], _: &Baseline) -> Result<Verdict> {
        let asked = self.1.fetch_add(1, Ordering::SeqCst);
        let seen = format!("{} hosts", hosts.len());
        Ok(if asked == self.0 { Verdict::failed(seen) } else { Verdict::passed(seen) })
    }
}

#[tokio::test]
async fn a_gate_stops_a_bad_release_at_the_canary() {
    let (folder, journal, cx) = new();
    let deployment = deployment(folder.path(), "map 43", 4)
        .step("app", Mark::new("app", Effect::CheckThenAct))
        .gate(Lets(0, AtomicUsize::new(0)))
        .rollout(Rollout::canary(1).then_percent(50).then_rest());
    let deployer = deployer(&journal);
    let plan = deployer.plan(&cx, &deployment).await.unwrap();
    let report = deployer.apply(&cx, &deployment, &plan).await.unwrap();
    assert_eq!(report.ending, Some(Ending::RolledBack), "{report:?}");
    assert!(report.why.contains("the gate app refused"), "{}", report.why);
    assert_eq!(count(folder.path(), "web0", "app"), 1);
    assert!((1..4).all(|host| count(folder.path(), &format!("web{host}"), "app") == 0));
}

#[tokio::test]
async fn a_step_that_one_host_does_for_all_is_done_once() {
    let (folder, journal, cx) = new();
    let deployment = deployment(folder.path(), "map 42", 4)
        .node(Node::new("migrate", Mark::new("migrated", Effect::Transactional)).once())
        .step("app", Mark::new("app", Effect::CheckThenAct));
    let deployer = deployer(&journal);
    let plan = deployer.plan(&cx, &deployment).await.unwrap();
    let report = deployer.apply(&cx, &deployment, &plan).await.unwrap();
    assert_eq!(report.ending, Some(Ending::Succeeded), "{report:?}");
    let migrated: usize = (0..4).map(|host| count(folder.path(), &format!("web{host}"), "migrated")).sum();
    assert_eq!(migrated, 1);
    let entries = records(&*journal, &report.run).await;
    let at =
        |wanted: &dyn Fn(&Record) -> bool| entries.iter().position(|entry| wanted(&entry.record)).unwrap();
    let done = at(&|record| matches!(record, Record::Verified { step, .. } if step.as_str() == "migrate"));
    let first = at(&|record| matches!(record, Record::Started { step, .. } if step.as_str() == "app"));
    assert!(done < first);
}

#[tokio::test]
async fn a_person_promotes_the_canary_from_another_process() {
    let (folder, journal, cx) = new();
    let deployment = deployment(folder.path(), "map 42", 2)
        .step("app", Mark::new("app", Effect::CheckThenAct))
        .rollout(Rollout::canary(1).promotion(Promotion::Person));
    let plan = deployer(&journal).plan(&cx, &deployment).await.unwrap();

    let leaves = deployer(&journal).leave_when_waiting();
    let waits = leaves.apply(&cx, &deployment, &plan).await.unwrap();
    assert_eq!(waits.ending, None);
    assert!(is_marked(folder.path(), "web0", "app") && !is_marked(folder.path(), "web1", "app"));

    let other = deployer(&journal);
    other.tell(&cx, &waits.run, Control::Promote, "it looks fine").await.unwrap();
    let report = other.resume(&cx, &deployment, &waits.run).await.unwrap();
    assert_eq!(report.ending, Some(Ending::Succeeded), "{report:?}");
    assert!(is_marked(folder.path(), "web1", "app"));
    assert_eq!(count(folder.path(), "web0", "app"), 1);
}

#[tokio::test]
async fn two_runs_on_the_same_hosts_exclude_each_other_by_the_hosts_alone() {
    let (folder, journal, cx) = new();
    let deployment = deployment(folder.path(), "map 42", 2)
        .step("app", Mark::new("app", Effect::CheckThenAct))
        .rollout(Rollout::canary(1).promotion(Promotion::Person));
    let one = deployer(&journal);
    let plan = one.plan(&cx, &deployment).await.unwrap();
    let (asked, stop) = cx.cancellable();
    let running = {
        let (one, deployment, plan) = (one.clone(), deployment.clone(), plan.clone());
        tokio::spawn(async move { one.apply(&asked, &deployment, &plan).await })
    };
    let lock = folder.path().join("evidence/web0/lock/owner");
    while !lock.exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Another laptop, with a journal of its own.
    let other = Deployer::new(Arc::new(MemoryJournal::new()), Holder::new("sam", "laptop"));
    let own = other.plan(&cx, &deployment).await.unwrap();
    let error = other.apply(&cx, &deployment, &own).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let text = error.to_string();
    assert!(text.contains("kim") && text.contains("desk") && text.contains("in run"), "{text}");

    // The one that was told to end leaves the run paused, and gives its locks back.
    stop.cancel();
    let left = running.await.unwrap().unwrap();
    assert_eq!(left.ending, None);
    assert!(!lock.exists());
    one.tell(&cx, &left.run, Control::Promote, "").await.unwrap();
    let report = one.resume(&cx, &deployment, &left.run).await.unwrap();
    assert_eq!(report.ending, Some(Ending::Succeeded), "{report:?}");
}
