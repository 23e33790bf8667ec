//! What people say to a run from other processes, through the journal alone.

use crate::support::{Mark, count, deployment, is_marked};
use purlin_core::Cx;
use purlin_db_sqlite::{Mode, Settings, SqliteConnector};
use purlin_deploy::{
    Control, DatabaseJournal, Deployer, Deployment, Effect, Ending, Entry, Holder, Journal, LeaseRequest,
    Node, Promotion, Record, Rollback, Rollout, RunId, RunReport, steps,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Another process: its journal is the same file, and nothing else of it is shared.
async fn process(folder: &Path) -> Deployer {
    let settings = Settings::file(folder.join("state.db")).mode(Mode::Create);
    let connector = Arc::new(SqliteConnector::new(settings).unwrap());
    let journal = DatabaseJournal::connect(&Cx::background(), connector).await.unwrap();
    Deployer::new(Arc::new(journal), Holder::new("kim", "desk")).listen(Duration::from_millis(10))
}

async fn journal(folder: &Path) -> DatabaseJournal {
    let settings = Settings::file(folder.join("state.db")).mode(Mode::Create);
    let connector = Arc::new(SqliteConnector::new(settings).unwrap());
    DatabaseJournal::connect(&Cx::background(), connector).await.unwrap()
}

async fn entries(folder: &Path, run: &RunId) -> Vec<Entry> {
    journal(folder).await.read(&Cx::background(), run, 0).await.unwrap()
}

async fn begin(folder: &Path, deployment: &Deployment) -> RunReport {
    let (cx, deployer) = (Cx::background(), process(folder).await.leave_when_waiting());
    let plan = deployer.plan(&cx, deployment).await.unwrap();
    deployer.apply(&cx, deployment, &plan).await.unwrap()
}

async fn tell(folder: &Path, run: &RunId, control: Control) {
    process(folder).await.tell(&Cx::background(), run, control, "looked").await.unwrap();
}

async fn resume(folder: &Path, deployment: &Deployment, run: &RunId) -> RunReport {
    let deployer = process(folder).await.leave_when_waiting();
    deployer.resume(&Cx::background(), deployment, run).await.unwrap()
}

fn with_a_question(folder: &Path) -> Deployment {
    deployment(folder, "map 42", 2)
        .step("drain", Mark::obligation("drained"))
        .step("before", Mark::new("before", Effect::CheckThenAct))
        .step("look", steps::Pause::until("does {{ host }} show all layers?"))
        .step("after", Mark::new("after", Effect::CheckThenAct))
        .node(Node::closing("restore", "drain"))
        .rollout(Rollout::canary(1).rollback(Rollback::Run))
}

#[tokio::test]
async fn a_step_that_asks_parks_the_run_until_it_is_answered() {
    for answer in [Control::Promote, Control::Continue] {
        let folder = tempfile::tempdir().unwrap();
        let (folder, deployment) = (folder.path(), with_a_question(folder.path()));
        let mut report = begin(folder, &deployment).await;
        let run = report.run.clone();
        for host in ["web0", "web1"] {
            assert_eq!(report.ending, None, "{report:?}");
            assert!(report.why.contains(&format!("does {host} show all layers?")), "{}", report.why);
            assert!(is_marked(folder, host, "before") && !is_marked(folder, host, "after"));
            let lease = journal(folder).await.lease(&Cx::background(), &run, LeaseRequest::Show).await;
            assert!(lease.unwrap().unwrap().parked);
            // Whoever takes the run up without an answer comes no further.
            let again = resume(folder, &deployment, &run).await;
            assert_eq!((again.ending, again.why), (None, report.why));
            tell(folder, &run, answer.clone()).await;
            report = resume(folder, &deployment, &run).await;
        }
        assert_eq!(report.ending, Some(Ending::Succeeded), "{report:?}");
        for host in ["web0", "web1"] {
            assert_eq!((count(folder, host, "before"), count(folder, host, "after")), (1, 1));
            assert!(!is_marked(folder, host, "drained"));
        }
    }
}

#[tokio::test]
async fn an_answer_to_a_step_does_not_promote_the_canary() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let deployment = deployment(folder, "map 42", 2)
        .step("look", steps::Pause::until("is it well?"))
        .step("after", Mark::new("after", Effect::CheckThenAct))
        .rollout(Rollout::canary(1).promotion(Promotion::Person));
    let run = begin(folder, &deployment).await.run;
    tell(folder, &run, Control::Promote).await;
    let waits = resume(folder, &deployment, &run).await;
    assert_eq!(waits.ending, None);
    assert!(is_marked(folder, "web0", "after"));
    let asked = |entries: &[Entry]| {
        entries.iter().filter(|entry| matches!(entry.record, Record::Asked { .. })).count()
    };
    assert_eq!(asked(&entries(folder, &run).await), 1);
    tell(folder, &run, Control::Promote).await;
    assert_eq!(resume(folder, &deployment, &run).await.ending, None);
    assert_eq!(asked(&entries(folder, &run).await), 2);
}

#[tokio::test]
async fn an_abort_of_a_run_that_asks_closes_what_is_open_and_says_what_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, deployment) = (folder.path(), with_a_question(folder.path()));
    let run = begin(folder, &deployment).await.run;
    assert!(is_marked(folder, "web0", "drained"));
    tell(folder, &run, Control::Abort).await;
    let report = resume(folder, &deployment, &run).await;
    assert_eq!(report.ending, Some(Ending::NeedsPerson), "{report:?}");
    assert!(report.why.contains("aborted by kim: looked"), "{}", report.why);
    assert!(!is_marked(folder, "web0", "drained") && is_marked(folder, "web0", "before"));
    assert!(!is_marked(folder, "web1", "before"), "no host is begun after an abort");

    tell(folder, &run, Control::Rollback).await;
    let report = resume(folder, &deployment, &run).await;
    assert_eq!(report.ending, Some(Ending::RolledBack), "{report:?}");
    assert!(!is_marked(folder, "web0", "before"));
}

#[tokio::test]
async fn a_host_that_failed_is_tried_again_from_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let steps = |inner: &str| {
        deployment(folder, "map 42", 2)
            .step("before", Mark::new("before", Effect::CheckThenAct))
            .step("conf", steps::File::new(format!("{{{{ root }}}}/{inner}/conf"), "new\n"))
            .rollout(Rollout::canary(1).rollback(Rollback::None))
    };
    let deployment = steps("inner");
    std::fs::create_dir(folder.join("web1/inner")).unwrap();
    std::fs::create_dir(folder.join("web0/inner")).unwrap();
    let deployer = process(folder).await;
    let plan = deployer.plan(&Cx::background(), &deployment).await.unwrap();
    // Somebody is in the way after the plan was made.
    std::fs::remove_dir(folder.join("web0/inner")).unwrap();
    std::fs::write(folder.join("web0/inner"), "in the way").unwrap();
    let report = deployer.apply(&Cx::background(), &deployment, &plan).await.unwrap();
    assert_eq!(report.ending, Some(Ending::NeedsPerson), "{report:?}");
    assert!(!is_marked(folder, "web1", "before"));

    std::fs::remove_file(folder.join("web0/inner")).unwrap();
    std::fs::create_dir(folder.join("web0/inner")).unwrap();
    tell(folder, &report.run, Control::Retry { host: "web0".into() }).await;
    let report = resume(folder, &deployment, &report.run).await;
    assert_eq!(report.ending, Some(Ending::Succeeded), "{report:?}");
    for host in ["web0", "web1"] {
        assert_eq!(count(folder, host, "before"), 1);
        assert_eq!(std::fs::read_to_string(folder.join(host).join("inner/conf")).unwrap(), "new\n");
    }
}

#[tokio::test]
async fn a_batch_is_left_alone_for_its_soak() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let soak = Duration::from_millis(300);
    let deployment = deployment(folder, "map 42", 2)
        .step("app", Mark::new("app", Effect::CheckThenAct))
        .rollout(Rollout::canary(1).soak(soak));
    let report = begin(folder, &deployment).await;
    assert_eq!(report.ending, Some(Ending::Succeeded), "{report:?}");
    let entries = entries(folder, &report.run).await;
    let at = |wanted: &dyn Fn(&Record) -> bool| entries.iter().find(|entry| wanted(&entry.record)).unwrap();
    let settled = at(&|record| matches!(record, Record::BatchSettled { batch: 0 }));
    let passed = at(&|record| matches!(record, Record::BatchPassed { batch: 0 }));
    assert!(passed.at >= settled.at.saturating_add(soak), "{settled:?} {passed:?}");
    let next = at(&|record| matches!(record, Record::Started { host, .. } if host.as_str() == "web1"));
    assert!(next.seq > passed.seq);
}

/// Runs it until the journal holds such an entry; then that is said from another process.
async fn told_once(
    folder: &Path,
    deployment: &Deployment,
    (wanted, control): (fn(&Record) -> bool, Control),
) -> RunReport {
    let (cx, deployer) = (Cx::background(), process(folder).await.leave_when_waiting());
    let plan = deployer.plan(&cx, deployment).await.unwrap();
    let running = {
        let (deployment, cx) = (deployment.clone(), cx.clone());
        tokio::spawn(async move { deployer.apply(&cx, &deployment, &plan).await })
    };
    let kept = journal(folder).await;
    loop {
        if let Some(head) = kept.runs(&cx).await.unwrap().first() {
            let entries = kept.read(&cx, &head.run, 0).await.unwrap();
            if entries.iter().any(|entry| wanted(&entry.record)) {
                tell(folder, &head.run, control).await;
                break;
            }
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    running.await.unwrap().unwrap()
}

fn soaks_for_long(folder: &Path) -> Deployment {
    deployment(folder, "map 42", 2)
        .step("app", Mark::new("app", Effect::CheckThenAct))
        .rollout(Rollout::canary(1).soak(Duration::from_secs(86_400)).rollback(Rollback::Run))
}

#[tokio::test]
async fn a_pause_does_not_wait_for_the_soak_and_nor_does_a_rollback() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, deployment) = (folder.path(), soaks_for_long(folder.path()));
    let settled: fn(&Record) -> bool = |record| matches!(record, Record::BatchSettled { .. });
    let left = told_once(folder, &deployment, (settled, Control::Pause)).await;
    assert_eq!(left.ending, None, "{left:?}");
    assert!(is_marked(folder, "web0", "app") && !is_marked(folder, "web1", "app"));
    tell(folder, &left.run, Control::Rollback).await;
    let report = resume(folder, &deployment, &left.run).await;
    assert_eq!(report.ending, Some(Ending::RolledBack), "{report:?}");
    assert!(!is_marked(folder, "web0", "app"));
}

#[tokio::test]
async fn an_abort_from_another_process_ends_a_run_that_soaks() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, deployment) = (folder.path(), soaks_for_long(folder.path()));
    let settled: fn(&Record) -> bool = |record| matches!(record, Record::BatchSettled { .. });
    let report = told_once(folder, &deployment, (settled, Control::Abort)).await;
    assert_eq!(report.ending, Some(Ending::NeedsPerson), "{report:?}");
    assert!(report.why.contains("the hosts are not all on one release"), "{}", report.why);
    let releases: Vec<_> = report.hosts.iter().map(|host| host.release.as_deref()).collect();
    assert_eq!(releases, [Some("map 42"), None]);
}

#[tokio::test]
async fn a_run_in_which_nothing_comes_about_for_long_fails() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let until_gone = "while [ -d \"$1\" ]; do sleep 0.1; done";
    let endless = steps::Command::always(["sh", "-c", until_gone, "sh", "{{ root }}"], "it takes long");
    let node = Node::new("endless", endless).timeout(Duration::from_secs(4));
    let deployment = deployment(folder, "map 42", 1).node(node).rollout(
        Rollout::all()
            .progress(Duration::from_millis(500))
            .rollback(Rollback::None)
            .accept_irreversible("nothing comes of it"),
    );
    let report = begin(folder, &deployment).await;
    let entries = entries(folder, &report.run).await;
    let turned = entries.iter().find_map(|entry| match &entry.record {
        Record::Turned { why, .. } => Some(why.as_str()),
        _ => None,
    });
    assert_eq!(turned, Some("nothing came about for 500ms"), "{report:?}");
    assert_eq!(report.ending, Some(Ending::NeedsPerson), "{report:?}");
}
