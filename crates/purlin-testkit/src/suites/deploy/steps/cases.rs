//! The cases.

use super::stage::{StepStage, StepSubject, env};
use crate::suites::{Finding, Suite, ensure};
use purlin_core::Cx;
use purlin_deploy::{Before, Finding as Found, Landed, StepEnv, Undo};
use purlin_transport::ChaosFault;
use std::time::Duration;

/// More calls than any step makes: a cut that is never met ends the search for more.
const MOST_CALLS: usize = 200;
/// For cases that do a step over and over.
const LIMIT: Duration = Duration::from_secs(180);

type Told<T> = std::result::Result<T, String>;

fn told<T, E: std::fmt::Display>(what: &str, result: std::result::Result<T, E>) -> Told<T> {
    result.map_err(|error| format!("{what}: {error}"))
}

/// A step, what it found, and what was seen before it.
struct Scene {
    stage: Box<dyn StepStage>,
    cx: Cx,
    start: String,
    found: Found,
    before: Before,
}

impl Scene {
    async fn new(subject: &dyn StepSubject) -> Told<Self> {
        let (cx, stage) = (Cx::background(), told("the stage", subject.stage().await)?);
        let start = told("what is seen", stage.seen().await)?;
        let env = told("the session", env(&*stage, []).await)?;
        let found = told("the check", stage.step().check(&cx, &env).await)?;
        let before = match &found {
            Found::Change { before, .. } | Found::May { before, .. } => before.clone(),
            other => return Err(format!("on its stage it would change nothing: {other:?}")),
        };
        // A journal keeps it as JSON.
        let text = told("the state before as JSON", serde_json::to_string(&before))?;
        let before = told("the state before from JSON", serde_json::from_str(&text))?;
        Ok(Self { stage, cx, start, found, before })
    }

    async fn env(&self) -> Told<StepEnv> {
        told("the session", env(&*self.stage, []).await)
    }

    async fn cut(&self, calls: usize, fault: ChaosFault) -> Told<StepEnv> {
        let faults = std::iter::repeat_n(ChaosFault::None, calls).chain([fault]);
        told("the session", env(&*self.stage, faults).await)
    }

    async fn seen(&self) -> Told<String> {
        told("what is seen", self.stage.seen().await)
    }

    async fn look(&self) -> Told<Found> {
        told("the check", self.stage.step().check(&self.cx, &self.env().await?).await)
    }

    async fn apply(&self) -> Finding {
        let (step, env) = (self.stage.step(), self.env().await?);
        let outputs = told("applying", step.apply(&self.cx, &env, &self.found).await)?;
        told("the proof", step.verify(&self.cx, &env, &outputs).await)
    }

    async fn undo(&self) -> Told<Undo> {
        told("undoing", self.stage.step().undo(&self.cx, &self.env().await?, &self.before).await)
    }

    async fn is_as_at_the_start(&self) -> Finding {
        same("it is not as it was", &self.start, &self.seen().await?)
    }

    /// What a run does with a step that is in doubt.
    async fn settle(&self) -> Finding {
        let (step, env) = (self.stage.step(), self.env().await?);
        match told("finding out", step.reconcile(&self.cx, &env, &self.before).await)? {
            Landed::Yes(_) => Ok(()),
            Landed::No => {
                let found = self.look().await?;
                told("applying again", step.apply(&self.cx, &env, &found).await).map(drop)
            }
            other => Err(format!("it does not know what became of it: {other:?}")),
        }
    }
}

fn same(complaint: &str, wanted: &str, seen: &str) -> Finding {
    ensure(wanted == seen, format!("{complaint}: wanted\n{wanted}\nfound\n{seen}"))
}

pub(super) async fn run(suite: &mut Suite, subject: &dyn StepSubject) {
    suite.case("definition.is_stable_and_holds_no_secret", definition(subject)).await;
    suite.case("check.changes_nothing_and_says_the_same_again", check(subject)).await;
    suite.case("apply.gives_what_it_promises_and_is_proven", outputs(subject)).await;
    suite.case_for("proves", "apply.then_nothing_is_left_to_change", proven(subject)).await;
    suite.case_for("idempotent", "apply.twice_is_as_once", twice(subject)).await;
    suite.case_for("changes", "apply.is_seen", changes(subject)).await;
    suite.case_for("undoes", "undo.gives_everything_back", undone(subject)).await;
    suite.case_for("undoes", "undo.may_be_asked_twice", undone_twice(subject)).await;
    suite.case("undo.of_what_was_not_applied_does_no_harm", undone_before(subject)).await;
    for (name, fault) in [("before", ChaosFault::CutBefore), ("after", ChaosFault::CutAfter)] {
        let settles = ["travels", "settles"];
        let case = format!("cut.{name}_any_call_of_apply_is_settled");
        within(suite, &settles, &case, settled(subject, fault)).await;
        let undoes = ["travels", "undoes"];
        let case = format!("cut.{name}_any_call_of_apply_is_undone");
        within(suite, &undoes, &case, cut_and_undone(subject, fault)).await;
        let case = format!("cut.{name}_any_call_of_undo_is_finished_by_the_next");
        within(suite, &undoes, &case, undo_cut(subject, fault)).await;
    }
    suite.case_for("travels", "end.of_the_call_s_time_comes_before_any_effect", ended(subject)).await;
}

/// The second need is looked at by the body's case, the first by this.
async fn within(suite: &mut Suite, needs: &[&str; 2], name: &str, body: impl Future<Output = Finding>) {
    if suite.can(needs[1]) {
        suite.case_within(LIMIT, needs[0], name, body).await;
    } else {
        suite.case_for(needs[1], name, body).await;
    }
}

async fn definition(subject: &dyn StepSubject) -> Finding {
    let stage = told("the stage", subject.stage().await)?;
    let step = stage.step();
    let definition = told("the definition", step.definition())?;
    ensure(definition == told("the definition", step.definition())?, "it differs from itself")?;
    let text = told("the definition as JSON", serde_json::to_string(&definition))?;
    let shown = format!("{text} {step:?}");
    match stage.secrets().iter().find(|secret| shown.contains(secret.as_str())) {
        Some(_) => Err(format!("a secret is in it: {text}")),
        None => Ok(()),
    }
}

async fn check(subject: &dyn StepSubject) -> Finding {
    let scene = Scene::new(subject).await?;
    scene.is_as_at_the_start().await?;
    let again = scene.look().await?;
    ensure(again.word() == scene.found.word(), format!("{:?} was {:?}", again, scene.found))?;
    if matches!(again, Found::Change { .. }) {
        ensure(again == scene.found, format!("{again:?} was {:?}", scene.found))?;
    }
    let shown = told("the finding as JSON", serde_json::to_string(&again))?;
    let secrets = scene.stage.secrets();
    ensure(!secrets.iter().any(|secret| shown.contains(secret.as_str())), "a secret is in the finding")?;
    scene.is_as_at_the_start().await
}

async fn outputs(subject: &dyn StepSubject) -> Finding {
    let scene = Scene::new(subject).await?;
    let (step, env) = (scene.stage.step(), scene.env().await?);
    let outputs = told("applying", step.apply(&scene.cx, &env, &scene.found).await)?;
    let (mut given, mut promised) = (outputs.names().collect::<Vec<_>>(), step.gives());
    given.sort_unstable();
    promised.sort_unstable();
    ensure(given == promised, format!("it gives {given:?} and promises {promised:?}"))?;
    told("the proof", step.verify(&scene.cx, &env, &outputs).await)
}

async fn proven(subject: &dyn StepSubject) -> Finding {
    let scene = Scene::new(subject).await?;
    scene.apply().await?;
    match scene.look().await? {
        Found::NoChange => Ok(()),
        other => Err(format!("a check finds {other:?}")),
    }
}

async fn twice(subject: &dyn StepSubject) -> Finding {
    let scene = Scene::new(subject).await?;
    scene.apply().await?;
    let once = scene.seen().await?;
    scene.apply().await?;
    same("it is not as after the first time", &once, &scene.seen().await?)
}

async fn changes(subject: &dyn StepSubject) -> Finding {
    let scene = Scene::new(subject).await?;
    scene.apply().await?;
    ensure(scene.seen().await? != scene.start, "nothing is seen of it")
}

async fn undone(subject: &dyn StepSubject) -> Finding {
    let scene = Scene::new(subject).await?;
    scene.apply().await?;
    let undo = scene.undo().await?;
    ensure(undo == Undo::Undone, format!("it says {undo:?}"))?;
    scene.is_as_at_the_start().await
}

async fn undone_twice(subject: &dyn StepSubject) -> Finding {
    let scene = Scene::new(subject).await?;
    scene.apply().await?;
    scene.undo().await?;
    let undo = scene.undo().await?;
    ensure(!matches!(undo, Undo::Irreversible { .. }), format!("it says {undo:?}"))?;
    scene.is_as_at_the_start().await
}

async fn undone_before(subject: &dyn StepSubject) -> Finding {
    let scene = Scene::new(subject).await?;
    scene.undo().await?;
    scene.is_as_at_the_start().await
}

/// Applies with a cut at each call in turn; says of each scene what is wrong with it.
async fn each_cut(
    subject: &dyn StepSubject,
    fault: ChaosFault,
    judge: impl AsyncFn(&Scene) -> Finding,
) -> Finding {
    for calls in 0..MOST_CALLS {
        let scene = Scene::new(subject).await?;
        let env = scene.cut(calls, fault).await?;
        if scene.stage.step().apply(&scene.cx, &env, &scene.found).await.is_ok() {
            return ensure(calls > 0, "it makes no call over its session");
        }
        judge(&scene).await.map_err(|complaint| format!("cut at call {}: {complaint}", calls + 1))?;
    }
    Err("it makes too many calls".to_owned())
}

async fn settled(subject: &dyn StepSubject, fault: ChaosFault) -> Finding {
    let whole = Scene::new(subject).await?;
    whole.apply().await?;
    let wanted = whole.seen().await?;
    let is_settled = async |scene: &Scene| {
        scene.settle().await?;
        same("it is not as it is without a cut", &wanted, &scene.seen().await?)
    };
    each_cut(subject, fault, is_settled).await
}

async fn cut_and_undone(subject: &dyn StepSubject, fault: ChaosFault) -> Finding {
    let is_undone = async |scene: &Scene| {
        scene.undo().await?;
        scene.is_as_at_the_start().await
    };
    each_cut(subject, fault, is_undone).await
}

async fn undo_cut(subject: &dyn StepSubject, fault: ChaosFault) -> Finding {
    for calls in 0..MOST_CALLS {
        let scene = Scene::new(subject).await?;
        scene.apply().await?;
        let env = scene.cut(calls, fault).await?;
        let cut = scene.stage.step().undo(&scene.cx, &env, &scene.before).await;
        if cut.is_ok() {
            return ensure(calls > 0, "it makes no call over its session");
        }
        let ended = async {
            scene.undo().await?;
            scene.is_as_at_the_start().await
        };
        ended.await.map_err(|complaint| format!("cut at call {}: {complaint}", calls + 1))?;
    }
    Err("it makes too many calls".to_owned())
}

async fn ended(subject: &dyn StepSubject) -> Finding {
    let scene = Scene::new(subject).await?;
    let (step, env) = (scene.stage.step(), scene.env().await?);
    let (cx, canceller) = scene.cx.cancellable();
    canceller.cancel();
    ensure(step.check(&cx, &env).await.is_err(), "a check goes on")?;
    ensure(step.apply(&cx, &env, &scene.found).await.is_err(), "it is applied")?;
    scene.is_as_at_the_start().await
}
