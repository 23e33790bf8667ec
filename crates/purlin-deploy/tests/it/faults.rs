//! Deployments that cannot be, and secrets that may not be seen.

use crate::support::{Mark, deployment};
use async_trait::async_trait;
use purlin_core::{Cx, Diagnostics, ErrorKind, Result, Secret, SecretRef};
use purlin_deploy::{
    Amount, Before, Definition, Deployer, Deployment, Effect, Finding, Holder, Journal, MemoryJournal, Node,
    Order, Outputs, Redactor, Rollout, Step, StepEnv, StepKind, Undo, steps,
};
use std::sync::Arc;

fn deployer(journal: &Arc<MemoryJournal>) -> Deployer {
    Deployer::new(journal.clone() as Arc<dyn Journal>, Holder::new("kim", "desk"))
}

/// The codes of all faults of a deployment.
async fn codes(deployment: &Deployment) -> Vec<String> {
    let error = deployer(&Arc::default()).plan(&Cx::background(), deployment).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let faults = error.detail::<Diagnostics>().unwrap();
    faults.iter().map(|fault| fault.code.to_string()).collect()
}

/// Wants what nobody gives.
#[derive(Debug)]
struct Wants;

#[async_trait]
impl Step for Wants {
    fn kind(&self) -> StepKind {
        "wants".into()
    }

    fn effect(&self) -> Effect {
        Effect::Idempotent
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of("wants")
    }

    fn needs(&self) -> Vec<&'static str> {
        vec!["release"]
    }

    async fn check(&self, _: &Cx, _: &StepEnv) -> Result<Finding> {
        Ok(Finding::NoChange)
    }

    async fn apply(&self, _: &Cx, _: &StepEnv, _: &Finding) -> Result<Outputs> {
        Ok(Outputs::new())
    }

    async fn undo(&self, _: &Cx, _: &StepEnv, _: &Before) -> Result<Undo> {
        Ok(Undo::NotNeeded)
    }
}

#[tokio::test]
async fn every_fault_of_a_deployment_is_told_at_once_before_anything_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let mark = || Mark::new("app", Effect::CheckThenAct);
    let bad = deployment(folder.path(), "map 42", 3)
        .step("app", mark())
        .step("app", mark())
        .step("wants", Wants)
        .node(Node::closing("restore", "app"))
        .node(Node::new("late", mark()).on_change("nobody"))
        .rollout(Rollout::canary(0).then(Amount::Percent(120)).max_unavailable(Amount::Count(0)));
    let told = codes(&bad).await;
    let all = [
        "twice",
        "missing-output",
        "nothing-to-close",
        "no-such-step",
        "no-canary",
        "bad-amount",
        "no-capacity",
    ];
    for code in all {
        assert!(told.iter().any(|told| told == code), "{code} is not told: {told:?}");
    }
    let circle = deployment(folder.path(), "map 42", 1)
        .node(Node::new("one", mark()).after("two"))
        .node(Node::new("two", mark()).after("one"));
    assert_eq!(codes(&circle).await, ["circle"]);
    let waits = deployment(folder.path(), "map 42", 3)
        .step("app", mark())
        .rollout(Rollout::all().order(Order::LockStep).max_unavailable(Amount::Count(1)));
    assert_eq!(codes(&waits).await, ["no-capacity"]);
    let nothing = codes(&Deployment::named("map 42")).await;
    assert_eq!(nothing, ["no-steps", "no-hosts"]);
    assert!(!folder.path().join("evidence").exists());
}

#[tokio::test]
async fn what_cannot_be_undone_wants_a_gate_or_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let reload = || steps::Command::always(["true"], "it reads its file anew");
    let bare = deployment(folder.path(), "map 42", 2).step("reload", reload()).rollout(Rollout::canary(1));
    assert_eq!(codes(&bare).await, ["irreversible"]);
    let accepted = Rollout::canary(1).accept_irreversible("a reload does no harm");
    let fine = deployment(folder.path(), "map 42", 2).step("reload", reload()).rollout(accepted);
    let plan = deployer(&Arc::default()).plan(&Cx::background(), &fine).await.unwrap();
    let told = plan.warnings.join("\n");
    assert!(told.contains("from step reload on there is no way back"), "{told}");
    assert!(told.contains("a reload does no harm"), "{told}");
}

/// Resolves a secret and echoes it in every form on its way to a failure.
#[derive(Debug)]
struct Careless(String);

#[async_trait]
impl Step for Careless {
    fn kind(&self) -> StepKind {
        "careless".into()
    }

    fn effect(&self) -> Effect {
        Effect::CheckThenAct
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of("careless")
    }

    async fn check(&self, cx: &Cx, env: &StepEnv) -> Result<Finding> {
        let source = SecretRef::literal(Secret::new(self.0.clone()));
        let secret = env.secret(cx, &source).await?;
        Ok(Finding::change(format!("+password = {}", secret.expose()), Before::default()))
    }

    async fn apply(&self, cx: &Cx, env: &StepEnv, _: &Finding) -> Result<Outputs> {
        let script = "printf '%s\\n' \"$1\"; printf %s \"$1\" | base64 -w0; echo; printf 'user:%s' \"$1\" | base64 -w0; \
                      echo; printf %s \"$1\" | od -An -tx1 | tr -d ' \\n'; exit 3";
        let output = env.script(cx, script, &[&self.0]).await?;
        let text = output.stdout.text().into_owned();
        Err(purlin_core::Error::new(ErrorKind::Conflict, text).with_outcome(purlin_core::Outcome::Sent))
    }

    async fn undo(&self, _: &Cx, _: &StepEnv, _: &Before) -> Result<Undo> {
        Ok(Undo::NotNeeded)
    }
}

#[tokio::test]
async fn a_secret_that_a_failing_step_echoes_is_in_no_plan_no_journal_and_no_report() {
    let (folder, journal, cx) =
        (tempfile::tempdir().unwrap(), Arc::new(MemoryJournal::new()), Cx::background());
    let canary = purlin_testkit::Canary::new();
    let careless = Careless(canary.expose().to_owned());
    let deployment = deployment(folder.path(), "map 42", 1).step("careless", careless);
    let deployer = deployer(&journal);
    let plan = deployer.plan(&cx, &deployment).await.unwrap();
    let report = deployer.apply(&cx, &deployment, &plan).await.unwrap();
    let entries = journal.read(&cx, &report.run, 0).await.unwrap();
    assert!(report.why.contains("***"), "{}", report.why);
    let texts = [
        serde_json::to_string(&plan).unwrap(),
        serde_json::to_string(&entries).unwrap(),
        format!("{report:?}"),
    ];
    for text in texts {
        canary.assert_absent(&text);
    }
}

#[test]
fn secrets_are_found_in_every_form_and_wherever_they_begin() {
    let secret = "p@ss w'ord+\"77\"";
    let redactor = Redactor::new();
    redactor.add(secret);
    let forms = [
        secret.to_owned(),
        "p%40ss%20w%27ord%2B%2277%22".to_owned(),
        "p%40ss+w%27ord%2B%2277%22".to_owned(),
        r#"p@ss w'\''ord+"77""#.to_owned(),
        r#"p@ss w'ord+\"77\""#.to_owned(),
    ];
    for form in &forms {
        let shown = redactor.redact(&format!("before {form} after"));
        assert_eq!(shown, "before *** after", "{form}");
    }
    assert_eq!(redactor.redact("nothing to hide"), "nothing to hide");
}
