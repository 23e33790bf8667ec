//! The process that drives a run is killed at random moments; others take the run up. What happened is counted from logs
//! that only ever grow.

use crate::support::deployment;
use async_trait::async_trait;
use purlin_core::{Cx, Error, Result};
use purlin_db_sqlite::{Mode, Settings, SqliteConnector};
use purlin_deploy::{
    Before, Control, DatabaseJournal, Definition, Deployer, Deployment, Effect, Ending, Finding, Force,
    Holder, Journal, Landed, Node, Outputs, Rollout, RunId, RunReport, Step, StepEnv, StepKind, Undo,
};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const FOLDER: &str = "PURLIN_TEST_KILL_FOLDER";
const HOSTS: [&str; 2] = ["web0", "web1"];

/// A line in the host's log: one write, so it is there or not whenever the process is killed. Undoing adds another one.
#[derive(Debug)]
struct Line {
    name: &'static str,
    effect: Effect,
    open: bool,
}

impl Line {
    fn new(name: &'static str, effect: Effect) -> Self {
        Self { name, effect, open: false }
    }

    fn lines(env: &StepEnv) -> Result<Vec<String>> {
        let log = std::fs::read_to_string(env.text("{{ root }}/log")?).unwrap_or_default();
        Ok(log.lines().map(str::to_owned).collect())
    }

    fn is_in_effect(&self, env: &StepEnv) -> Result<bool> {
        let own = |line: &&String| line.trim_start_matches('-') == self.name;
        Ok(Self::lines(env)?.iter().rfind(own).is_some_and(|line| line == self.name))
    }

    async fn add(env: &StepEnv, line: String) -> Result<()> {
        tokio::time::sleep(Duration::from_millis(2)).await;
        let log = std::fs::OpenOptions::new().create(true).append(true).open(env.text("{{ root }}/log")?);
        log.and_then(|mut log| log.write_all(line.as_bytes())).map_err(|error| Error::io("line", error))?;
        say("effect");
        tokio::time::sleep(Duration::from_millis(2)).await;
        Ok(())
    }
}

#[async_trait]
impl Step for Line {
    fn kind(&self) -> StepKind {
        "line".into()
    }

    fn effect(&self) -> Effect {
        self.effect
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of(self.name)
    }

    fn obligation(&self) -> Option<String> {
        self.open.then(|| format!("{} is open", self.name))
    }

    async fn check(&self, _: &Cx, env: &StepEnv) -> Result<Finding> {
        // What must not happen twice leaves nothing behind that a look could find.
        Ok(match self.effect {
            Effect::AtMostOnce => Finding::may(format!("+{}", self.name), Before::default()),
            _ if self.is_in_effect(env)? => Finding::NoChange,
            _ => Finding::change(format!("+{}", self.name), Before::default()),
        })
    }

    async fn apply(&self, _: &Cx, env: &StepEnv, _: &Finding) -> Result<Outputs> {
        Self::add(env, format!("{}\n", self.name)).await.map(|()| Outputs::new())
    }

    async fn undo(&self, _: &Cx, env: &StepEnv, _: &Before) -> Result<Undo> {
        if !self.is_in_effect(env)? {
            return Ok(Undo::NotNeeded);
        }
        Self::add(env, format!("-{}\n", self.name)).await.map(|()| Undo::Undone)
    }

    async fn reconcile(&self, _: &Cx, env: &StepEnv, _: &Before) -> Result<Landed> {
        Ok(match (self.effect, self.is_in_effect(env)?) {
            (Effect::AtMostOnce, _) => Landed::Unknown,
            (_, true) => Landed::Yes(Outputs::new()),
            (_, false) => Landed::No,
        })
    }
}

/// A moment at which the process may be killed, if it is the one for that.
fn say(moment: &str) {
    if std::env::var_os(FOLDER).is_some() {
        // Nobody may be listening any more.
        let _ = writeln!(std::io::stdout(), "{moment}");
    }
}

fn all_effects(folder: &Path) -> Deployment {
    let drain = Line { open: true, ..Line::new("drained", Effect::Idempotent) };
    deployment(folder, "map 42", HOSTS.len())
        .step("drain", drain)
        .step("idempotent", Line::new("idempotent", Effect::Idempotent))
        .step("checked", Line::new("checked", Effect::CheckThenAct))
        .step("transactional", Line::new("transactional", Effect::Transactional))
        .step("once", Line::new("once", Effect::AtMostOnce))
        .node(Node::closing("restore", "drain"))
        .rollout(Rollout::canary(1))
}

/// Takes up what was left, or begins; answers what a run asks by looking.
async fn goes_on(folder: &Path) -> RunReport {
    let (cx, deployment) = (Cx::background(), all_effects(folder));
    let settings = Settings::file(folder.join("state.db")).mode(Mode::Create);
    let connector = Arc::new(SqliteConnector::new(settings).unwrap());
    let journal = Arc::new(DatabaseJournal::connect(&cx, connector).await.unwrap());
    let deployer = Deployer::new(journal.clone(), Holder::new("kim", "desk")).on_entry(|_| say("entry"));
    let gone = "its process was killed";
    let Some(run) = journal.runs(&cx).await.unwrap().first().map(|head| head.run.clone()) else {
        // It may have died between the locks of the hosts and its first entry.
        for host in HOSTS {
            let owner = folder.join("evidence").join(host).join("lock/run");
            let Ok(left) = std::fs::read_to_string(owner) else { continue };
            let left = RunId::from(left.trim());
            deployer.unlock(&cx, &left, Force::Yes, gone).await.unwrap();
            assert!(deployer.unlock_hosts(&cx, &deployment, &left).await.unwrap().is_empty());
        }
        let plan = deployer.plan(&cx, &deployment).await.unwrap();
        return deployer.apply(&cx, &deployment, &plan).await.unwrap();
    };
    deployer.unlock(&cx, &run, Force::Yes, gone).await.unwrap();
    let mut report = deployer.resume(&cx, &deployment, &run).await.unwrap();
    let in_doubt = |report: &RunReport| {
        let hosts = report.hosts.iter();
        let asks = hosts.filter(|host| host.open.iter().any(|line| line.contains("once is in doubt")));
        asks.map(|host| host.host.clone()).collect::<Vec<_>>()
    };
    while let Some(host) = in_doubt(&report).pop() {
        let control = match count(folder, host.as_str(), "once") {
            0 => Control::Retry { host },
            _ => Control::Skip { host, step: Some("once".into()) },
        };
        deployer.tell(&cx, &run, control, "looked").await.unwrap();
        report = deployer.resume(&cx, &deployment, &run).await.unwrap();
    }
    report
}

fn count(folder: &Path, host: &str, name: &str) -> usize {
    let log = std::fs::read_to_string(folder.join(host).join("log")).unwrap_or_default();
    log.lines().filter(|line| *line == name).count()
}

/// The process that is killed.
#[tokio::test]
async fn child_that_drives_a_run() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    goes_on(Path::new(&folder)).await;
}

/// Runs the child until it has said so many moments, and a little longer; gives how many it had said, and whether it was
/// killed before its end.
fn drive(folder: &Path, moments: usize, longer: Duration) -> (usize, bool) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::child_that_drives_a_run", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let said = lines.filter(|line| line == "effect" || line == "entry").take(moments).count();
    std::thread::sleep(longer);
    child.kill().unwrap();
    let status = child.wait().unwrap();
    (said, !status.success())
}

#[tokio::test]
async fn a_run_whose_process_is_killed_at_any_moment_is_finished_by_another_one() {
    let whole = tempfile::tempdir().unwrap();
    let (moments, _) = drive(whole.path(), usize::MAX, Duration::ZERO);
    assert!(moments > 30, "{moments} moments");
    let mut killed = 0;
    for seed in 0..20 {
        let (folder, mut dice) = (tempfile::tempdir().unwrap(), fastrand::Rng::with_seed(seed));
        let folder = folder.path();
        for _ in 0..1 + seed % 2 {
            let longer = Duration::from_micros(dice.u64(0..6_000));
            killed += usize::from(drive(folder, dice.usize(1..moments), longer).1);
        }
        let report = goes_on(folder).await;
        assert_eq!(report.ending, Some(Ending::Succeeded), "seed {seed}: {report:?}");
        for host in HOSTS {
            let log = || std::fs::read_to_string(folder.join(host).join("log")).unwrap();
            for name in ["checked", "transactional", "once"] {
                assert_eq!(count(folder, host, name), 1, "seed {seed}: {host} {name}: {}", log());
            }
            assert!(count(folder, host, "idempotent") >= 1, "seed {seed}: {host}: {}", log());
            let drained = log().lines().rfind(|line| line.ends_with("drained")).map(str::to_owned);
            assert_eq!(drained.as_deref(), Some("-drained"), "seed {seed}: {host}: {}", log());
        }
    }
    assert!(killed >= 15, "{killed} were killed before their end");
}
