//! The way back: its order, where it leads, and what a step's proof is given.

use crate::support::{Mark, deployment, records, steps_of};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Result};
use purlin_deploy::{
    Baseline, Before, Definition, Deployer, Deployment, Effect, Ending, Finding, Gate, Holder, HostName,
    Journal, MemoryJournal, Node, OutputKey, Outputs, Rollback, Rollout, Step, StepEnv, StepKind, Undo,
    Verdict, steps,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn deployer(journal: &Arc<MemoryJournal>) -> Deployer {
    Deployer::new(journal.clone() as Arc<dyn Journal>, Holder::new("kim", "desk"))
}

fn new() -> (tempfile::TempDir, Arc<MemoryJournal>, Cx) {
    (tempfile::tempdir().unwrap(), Arc::new(MemoryJournal::new()), Cx::background())
}

/// A service that reads its file when it starts, and when it is put back.
#[derive(Debug)]
struct Restart;

impl Restart {
    fn start(env: &StepEnv) -> Result<()> {
        let (from, to) = (env.text("{{ root }}/conf")?, env.text("{{ root }}/running")?);
        let read = std::fs::read_to_string(from).unwrap_or_else(|_| "nothing".to_owned());
        std::fs::write(to, read).map_err(|error| Error::io("restart", error))
    }
}

#[async_trait]
impl Step for Restart {
    fn kind(&self) -> StepKind {
        "restart".into()
    }

    fn effect(&self) -> Effect {
        Effect::Idempotent
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of("restart")
    }

    async fn check(&self, _: &Cx, _: &StepEnv) -> Result<Finding> {
        Ok(Finding::may("a restart", Before::default()))
    }

    async fn apply(&self, _: &Cx, env: &StepEnv, _: &Finding) -> Result<Outputs> {
        Self::start(env).map(|()| Outputs::new())
    }

    async fn undo(&self, _: &Cx, env: &StepEnv, _: &Before) -> Result<Undo> {
        Self::start(env).map(|()| Undo::Undone)
    }
}

#[tokio::test]
async fn what_a_change_set_off_is_undone_after_the_change() {
    let (folder, journal, cx) = new();
    let deployment = deployment(folder.path(), "map 42", 1)
        .step("conf", steps::File::new("{{ root }}/conf", "new\n"))
        .step("drain", Mark::obligation("drained"))
        .step("data", Mark::new("data", Effect::CheckThenAct))
        .node(Node::new("service", Restart).on_change("conf"))
        .step("fine", Mark::new("fine", Effect::Idempotent).broken_on("web0"))
        .rollout(Rollout::all().rollback(Rollback::Run));
    let root = folder.path().join("web0");
    std::fs::write(root.join("conf"), "old\n").unwrap();
    let deployer = deployer(&journal);
    let plan = deployer.plan(&cx, &deployment).await.unwrap();
    let report = deployer.apply(&cx, &deployment, &plan).await.unwrap();
    assert_eq!(report.ending, Some(Ending::RolledBack), "{report:?}");
    let undone: Vec<_> = steps_of(&records(&*journal, &report.run).await, "web0")
        .into_iter()
        .filter(|(what, _)| *what == "undone")
        .map(|(_, step)| step.to_owned())
        .collect();
    assert_eq!(undone, ["fine", "data", "conf", "service", "drain"]);
    assert_eq!(std::fs::read_to_string(root.join("running")).unwrap(), "old\n");
}

const NUMBER: OutputKey<u32> = OutputKey::new("number");

/// Gives a number, and wants it back for its proof.
#[derive(Debug)]
struct Gives;

#[async_trait]
impl Step for Gives {
    fn kind(&self) -> StepKind {
        "gives".into()
    }

    fn effect(&self) -> Effect {
        Effect::Idempotent
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of("gives")
    }

    fn gives(&self) -> Vec<&'static str> {
        vec![NUMBER.name()]
    }

    async fn check(&self, _: &Cx, _: &StepEnv) -> Result<Finding> {
        Ok(Finding::change("+number", Before::default()))
    }

    async fn apply(&self, _: &Cx, _: &StepEnv, _: &Finding) -> Result<Outputs> {
        Outputs::new().with(&NUMBER, &42)
    }

    async fn verify(&self, _: &Cx, _: &StepEnv, outputs: &Outputs) -> Result<()> {
        match outputs.get(&NUMBER)? {
            42 => Ok(()),
            other => Err(Error::new(ErrorKind::Conflict, format!("it gave {other}"))),
        }
    }

    async fn undo(&self, _: &Cx, _: &StepEnv, _: &Before) -> Result<Undo> {
        Ok(Undo::NotNeeded)
    }
}

#[tokio::test]
async fn a_step_is_proven_by_what_it_gave() {
    let (folder, journal, cx) = new();
    let deployment = deployment(folder.path(), "map 42", 2).step("gives", Gives);
    let deployer = deployer(&journal);
    let plan = deployer.plan(&cx, &deployment).await.unwrap();
    let report = deployer.apply(&cx, &deployment, &plan).await.unwrap();
    assert_eq!(report.ending, Some(Ending::Succeeded), "{report:?}");
}

/// A gate that says that when it is first asked, and lets everything pass after it, such as what was there before.
#[derive(Debug)]
struct Says(bool, AtomicBool);

fn says(passed: bool) -> Says {
    Says(passed, AtomicBool::new(false))
}

#[async_trait]
impl Gate for Says {
    fn name(&self) -> &str {
        "app"
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of("app")
    }

    async fn baseline(&self, _: &Cx, _: &[HostName]) -> Result<(Baseline, Vec<HostName>)> {
        Ok((Baseline::default(), Vec::new()))
    }

    async fn judge(&self, _: &Cx, _: &[HostName], _: &Baseline) -> Result<Verdict> {
        let passed = self.1.swap(true, Ordering::SeqCst) || self.0;
        Ok(if passed { Verdict::passed("looked") } else { Verdict::failed("looked") })
    }
}

/// Plans and runs a release; gives what a rollback would have gone back to, and the report.
async fn release(
    deployer: &Deployer,
    deployment: Deployment,
    text: &str,
) -> (Option<String>, purlin_deploy::RunReport) {
    let deployment = deployment.step("conf", steps::File::new("{{ root }}/conf", text.to_owned()));
    let cx = Cx::background();
    let plan = deployer.plan(&cx, &deployment).await.unwrap();
    let report = deployer.apply(&cx, &deployment, &plan).await.unwrap();
    (plan.hosts[0].back_to.clone(), report)
}

#[tokio::test]
async fn only_a_release_that_passed_its_gate_is_a_target_of_a_rollback() {
    let (folder, journal, _) = new();
    let deployer = deployer(&journal);
    let named = |name: &str| deployment(folder.path(), name, 1);

    let (target, report) = release(&deployer, named("map 1").gate(says(true)), "1\n").await;
    assert_eq!((target, report.ending), (None, Some(Ending::Succeeded)));
    let (target, report) = release(&deployer, named("map 2").gate(says(false)), "2\n").await;
    assert_eq!((target.as_deref(), report.ending), (Some("map 1"), Some(Ending::RolledBack)));
    assert_eq!(report.hosts[0].release.as_deref(), Some("map 1"));
    assert!(!report.why.contains("no target"), "{}", report.why);

    // No gate lets that one pass, and it stays.
    let (target, report) = release(&deployer, named("map 3"), "3\n").await;
    assert_eq!((target.as_deref(), report.ending), (Some("map 1"), Some(Ending::Succeeded)));
    let (target, report) = release(&deployer, named("map 4").gate(says(false)), "4\n").await;
    assert_eq!((target, report.ending), (None, Some(Ending::RolledBack)));
    let why = "no target to go back to: web0 is back on map 3, which passed no gate";
    assert!(report.why.contains(why), "{}", report.why);

    // What another journal says about these hosts, this one cannot know.
    let other = self::deployer(&Arc::default());
    let (target, _) = release(&other, named("map 5"), "5\n").await;
    assert_eq!(target, None);
}
