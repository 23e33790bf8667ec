//! The process dies at every boundary: what is resumed comes to a good end, and nothing happens more often than it may.

use crate::support::{Mark, count, deployment, is_marked};
use async_trait::async_trait;
use purlin_core::{Cx, Result};
use purlin_deploy::{
    Author, Before, Control, Definition, Deployer, Deployment, Effect, Ending, Entry, Finding, Holder,
    Journal, Landed, Lease, LeaseRequest, MemoryJournal, Node, Outputs, Record, Rollout, RunHead, RunId,
    Step, StepEnv, StepKind, Undo,
};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Counts boundaries; at the chosen one whoever comes there waits for ever, and the process is taken for dead.
#[derive(Debug)]
struct Boundaries {
    passed: AtomicUsize,
    last: usize,
    reached: tokio::sync::Notify,
}

impl Boundaries {
    fn until(last: usize) -> Arc<Self> {
        Arc::new(Self { passed: AtomicUsize::new(0), last, reached: tokio::sync::Notify::new() })
    }

    async fn pass(&self) {
        if self.passed.fetch_add(1, Ordering::SeqCst) >= self.last {
            self.reached.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

/// A journal with a boundary before and after each write.
#[derive(Debug)]
struct Mortal(Arc<MemoryJournal>, Arc<Boundaries>);

#[async_trait]
impl Journal for Mortal {
    async fn append(&self, cx: &Cx, run: &RunId, author: Author, records: Vec<Record>) -> Result<Vec<Entry>> {
        self.1.pass().await;
        let entries = self.0.append(cx, run, author, records).await;
        self.1.pass().await;
        entries
    }

    async fn read(&self, cx: &Cx, run: &RunId, after: u64) -> Result<Vec<Entry>> {
        self.0.read(cx, run, after).await
    }

    async fn runs(&self, cx: &Cx) -> Result<Vec<RunHead>> {
        self.0.runs(cx).await
    }

    async fn lease(&self, cx: &Cx, run: &RunId, request: LeaseRequest) -> Result<Option<Lease>> {
        self.0.lease(cx, run, request).await
    }
}

/// A step with a boundary before and after each effect.
#[derive(Debug)]
struct Bounded(Mark, Arc<Boundaries>);

#[async_trait]
impl Step for Bounded {
    fn kind(&self) -> StepKind {
        self.0.kind()
    }

    fn effect(&self) -> Effect {
        self.0.effect()
    }

    fn definition(&self) -> Result<Definition> {
        self.0.definition()
    }

    fn obligation(&self) -> Option<String> {
        self.0.obligation()
    }

    async fn check(&self, cx: &Cx, env: &StepEnv) -> Result<Finding> {
        self.0.check(cx, env).await
    }

    async fn apply(&self, cx: &Cx, env: &StepEnv, finding: &Finding) -> Result<Outputs> {
        self.1.pass().await;
        let done = self.0.apply(cx, env, finding).await;
        self.1.pass().await;
        done
    }

    async fn undo(&self, cx: &Cx, env: &StepEnv, before: &Before) -> Result<Undo> {
        self.1.pass().await;
        let undone = self.0.undo(cx, env, before).await;
        self.1.pass().await;
        undone
    }

    async fn reconcile(&self, cx: &Cx, env: &StepEnv, before: &Before) -> Result<Landed> {
        self.0.reconcile(cx, env, before).await
    }
}

/// Two hosts, and all four promises about being done twice.
fn all_effects(folder: &Path, boundaries: &Arc<Boundaries>, broken: Option<&'static str>) -> Deployment {
    let step = |mark: Mark| Bounded(mark, boundaries.clone());
    let last = Mark::new("last", Effect::Idempotent);
    let last = match broken {
        Some(host) => last.broken_on(host),
        None => last,
    };
    deployment(folder, "map 42", 2)
        .step("drain", step(Mark::obligation("drained")))
        .step("idempotent", step(Mark::new("idempotent", Effect::Idempotent)))
        .step("checked", step(Mark::new("checked", Effect::CheckThenAct)))
        .step("transactional", step(Mark::new("transactional", Effect::Transactional)))
        .step("once", step(Mark::new("once", Effect::AtMostOnce)))
        .step("last", step(last))
        .node(Node::closing("restore", "drain"))
        .rollout(Rollout::canary(1))
}

fn deployer(journal: Arc<dyn Journal>) -> Deployer {
    Deployer::new(journal, Holder::new("kim", "desk")).listen(Duration::from_secs(5))
}

/// Dies at boundary `last`; what is left is taken up by others. None where the run came to its end before it.
async fn dies_at(
    last: usize,
    broken: Option<&'static str>,
    folder: &Path,
) -> Option<(purlin_deploy::RunReport, bool)> {
    let (cx, kept) = (Cx::background(), Arc::new(MemoryJournal::new()));
    let boundaries = Boundaries::until(last);
    let mortal = deployer(Arc::new(Mortal(kept.clone(), boundaries.clone())));
    let first = all_effects(folder, &boundaries, broken);
    let plan = mortal.plan(&cx, &first).await.unwrap();
    let died = tokio::select! {
        ended = mortal.apply(&cx, &first, &plan) => {
            ended.unwrap();
            false
        }
        () = boundaries.reached.notified() => true,
    };
    if !died {
        return None;
    }
    let heir = deployer(kept.clone());
    let run = match kept.runs(&cx).await.unwrap().first() {
        Some(head) => head.run.clone(),
        // It died before it began: a new plan finds the old lock, and a person takes it away.
        None => return Some((lost_before_it_began(&cx, &heir, folder, broken).await, false)),
    };
    heir.unlock(&cx, &run, purlin_deploy::Force::Yes, "its process is gone").await.unwrap();
    let free = Boundaries::until(usize::MAX);
    let second = all_effects(folder, &free, broken);
    let mut report = heir.resume(&cx, &second, &run).await.unwrap();
    let mut asked = false;
    if report.hosts.iter().flat_map(|host| &host.open).any(|line| line.contains("step once is in doubt")) {
        // A person looks: the mark is there or not.
        asked = true;
        for host in &report.hosts {
            if !host.open.iter().any(|line| line.contains("step once is in doubt")) {
                continue;
            }
            let control = match is_marked(folder, host.host.as_str(), "once") {
                true => Control::Skip { host: host.host.clone(), step: Some("once".into()) },
                false => Control::Retry { host: host.host.clone() },
            };
            heir.tell(&cx, &run, control, "looked").await.unwrap();
        }
        report = heir.resume(&cx, &second, &run).await.unwrap();
    }
    Some((report, asked))
}

async fn lost_before_it_began(
    cx: &Cx,
    heir: &Deployer,
    folder: &Path,
    broken: Option<&'static str>,
) -> purlin_deploy::RunReport {
    let again = all_effects(folder, &Boundaries::until(usize::MAX), broken);
    let left = std::fs::read_to_string(folder.join("evidence/web0/lock/run")).unwrap();
    let left = RunId::from(left.trim());
    heir.unlock(cx, &left, purlin_deploy::Force::Yes, "its process is gone").await.unwrap();
    assert!(heir.unlock_hosts(cx, &again, &left).await.unwrap().is_empty());
    let plan = heir.plan(cx, &again).await.unwrap();
    heir.apply(cx, &again, &plan).await.unwrap()
}

#[tokio::test]
async fn a_run_that_dies_anywhere_is_finished_by_another_process() {
    let (mut deaths, mut questions) = (0, 0);
    for last in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let Some((report, asked)) = dies_at(last, None, folder.path()).await else { break };
        (deaths, questions) = (deaths + 1, questions + usize::from(asked));
        assert_eq!(report.ending, Some(Ending::Succeeded), "boundary {last}: {report:?}");
        for host in ["web0", "web1"] {
            for mark in ["idempotent", "checked", "transactional", "once", "last"] {
                assert!(is_marked(folder.path(), host, mark), "boundary {last}: {host} {mark}");
            }
            assert!(!is_marked(folder.path(), host, "drained"), "boundary {last}: {host} is left drained");
            for mark in ["transactional", "once", "checked"] {
                assert_eq!(count(folder.path(), host, mark), 1, "boundary {last}: {host} {mark}");
            }
        }
    }
    assert!(deaths > 60, "{deaths} boundaries");
    assert!(questions >= 2, "{questions} questions");
}

#[tokio::test]
async fn a_rollback_that_dies_anywhere_is_finished_by_another_process() {
    let mut deaths = 0;
    for last in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let Some((report, asked)) = dies_at(last, Some("web1"), folder.path()).await else { break };
        deaths += 1;
        let fine = report.ending == Some(Ending::RolledBack) || asked;
        assert!(fine, "boundary {last}: {report:?}");
        for host in ["web0", "web1"] {
            assert!(!is_marked(folder.path(), host, "drained"), "boundary {last}: {host} is left drained");
            assert!(count(folder.path(), host, "once") <= 1, "boundary {last}: {host}");
            if !asked {
                for mark in ["idempotent", "checked", "transactional", "once", "last"] {
                    assert!(!is_marked(folder.path(), host, mark), "boundary {last}: {host} {mark}");
                }
            }
        }
    }
    assert!(deaths > 80, "{deaths} boundaries");
}
