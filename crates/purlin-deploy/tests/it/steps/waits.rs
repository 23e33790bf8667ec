//! Waits for health and for people.

use super::conform::conforms;
use super::stages::{Built, env};
use async_trait::async_trait;
use purlin_core::{Cx, Outcome, Result};
use purlin_deploy::{Step, StepEnv, steps};
use purlin_health::Check;
use purlin_health::checks::Tcp;
use purlin_testkit::suites::deploy::StepAbility;
use std::sync::Arc;
use std::time::Duration;

const WITHOUT: [StepAbility; 5] = StepAbility::ALL;

fn tcp(address: String) -> impl Fn(&StepEnv) -> Result<Arc<dyn Check>> + Send + Sync + 'static {
    move |_| Ok(Arc::new(Tcp::to(&address)?))
}

#[tokio::test]
async fn waits_conform() {
    conforms("wait", &WITHOUT, || Built::new(steps::WaitFor::command(["true"]))).await;
    conforms("pause", &WITHOUT, || Built::new(steps::Pause::until("is {{ host }} well?").ask(Answer(true))))
        .await;
}

#[tokio::test]
async fn it_goes_on_when_all_are_well_at_the_same_time_so_many_times() {
    // Each look of the command counts; it is well at the third, ill at the fourth, and well from then on.
    let count =
        "n=$(( $(cat \"$1\" 2>/dev/null || echo 0) + 1 )); echo $n > \"$1\"; [ $n = 3 ] || [ $n -gt 4 ]";
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let step = steps::WaitFor::command(["sh", "-c", count, "sh", "{{ root }}/count"])
        .and_healthy("the port", tcp(address))
        .every(Duration::from_millis(5))
        .successes(2);
    let built = Built::new(step);
    let (cx, env) = (Cx::background(), env(&built).await);
    let found = built.step.check(&cx, &env).await.unwrap();
    assert_eq!(found.word(), "may");
    built.step.apply(&cx, &env, &found).await.unwrap();
    assert_eq!(std::fs::read_to_string(built.work().join("count")).unwrap(), "6\n");
}

#[tokio::test]
async fn at_the_end_of_its_time_it_tells_what_each_one_said() {
    let refuses = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let step = steps::WaitFor::healthy("the port", tcp(refuses))
        .and_command(["sh", "-c", "echo still loading; exit 1"])
        .within(Duration::from_millis(30))
        .every(Duration::from_millis(10));
    let built = Built::new(step);
    let (cx, env) = (Cx::background(), env(&built).await);
    let found = built.step.check(&cx, &env).await.unwrap();
    let error = built.step.apply(&cx, &env, &found).await.unwrap_err();
    for said in ["not well after 30ms", "the check the port", "refused", "still loading"] {
        assert!(error.message().contains(said), "{error}");
    }
}

#[derive(Debug)]
struct Answer(bool);

#[async_trait]
impl steps::Person for Answer {
    async fn may_go_on(&self, _: &Cx, host: &str, question: &str) -> Result<bool> {
        assert_eq!((host, question), ("web01", "is web01 well?"));
        Ok(self.0)
    }
}

#[tokio::test]
async fn a_person_lets_it_go_on_or_not_and_nobody_to_ask_is_told_apart() {
    let pause = || steps::Pause::until("is {{ host }} well?");
    let built = Built::new(pause());
    let (cx, env) = (Cx::background(), env(&built).await);
    let found = built.step.check(&cx, &env).await.unwrap();
    assert_eq!((found.word(), found.text()), ("may", "waits for a person: is web01 well?"));
    pause().ask(Answer(true)).apply(&cx, &env, &found).await.unwrap();

    let no = pause().ask(Answer(false)).apply(&cx, &env, &found).await.unwrap_err();
    assert!(no.message().contains("a person said no"), "{no}");
    let nobody = built.step.apply(&cx, &env, &found).await.unwrap_err();
    let waits = nobody.detail::<steps::WaitsForPerson>().unwrap();
    assert_eq!((waits.question.as_str(), nobody.outcome()), ("is web01 well?", Outcome::NotSent));
}
