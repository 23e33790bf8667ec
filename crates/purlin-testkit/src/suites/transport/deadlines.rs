//! What ends before its own end.

use super::cases::cases;
use super::script::SLEEP;
use super::stage::{Case, SHORT, Stage, command, ensure, equal, failed};
use crate::suites::Suite;
use purlin_core::{Cx, ErrorKind, Outcome};
use purlin_transport::SessionExt;

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases!(suite, stage, "deadlines";
        a_command_ends_at_the_deadline [];
        a_command_ends_when_the_call_is_cancelled [];
        a_dropped_call_leaves_the_session_in_order [];
        a_started_command_can_be_killed [];
        what_it_started_ends_with_it ["evaluates", "kills_group"];
        what_a_dropped_call_started_ends ["evaluates", "kills_group"];
    );
}

async fn a_command_ends_at_the_deadline(stage: &Stage<'_>) -> Case {
    let short = Cx::background().with_timeout(SHORT);
    let error = failed("a command without end", stage.session.run(&short, &command(SLEEP)).await)?;
    equal("the kind", &error.kind(), &ErrorKind::Timeout)?;
    equal("the outcome", &error.outcome(), &Outcome::Maybe)?;
    let text = error.to_string();
    ensure(text.contains("the command was killed"), format!("its end is not told: {text}"))?;
    ensure(text.contains(&stage.host().name), format!("the host is not named: {text}"))?;
    stage.works().await
}

async fn a_command_ends_when_the_call_is_cancelled(stage: &Stage<'_>) -> Case {
    let (cx, canceller) = Cx::background().cancellable();
    let cancel = async {
        tokio::time::sleep(SHORT).await;
        canceller.cancel();
    };
    let sleeping = command(SLEEP);
    let (result, ()) = tokio::join!(stage.session.run(&cx, &sleeping), cancel);
    let error = failed("a cancelled command", result)?;
    equal("the kind", &error.kind(), &ErrorKind::Cancelled)?;
    equal("the outcome", &error.outcome(), &Outcome::Maybe)?;
    stage.works().await
}

async fn a_dropped_call_leaves_the_session_in_order(stage: &Stage<'_>) -> Case {
    for _ in 0..20 {
        let _ = tokio::time::timeout(SHORT / 10, stage.run(&command(SLEEP))).await;
    }
    stage.works().await
}

async fn a_started_command_can_be_killed(stage: &Stage<'_>) -> Case {
    let mut running = stage.session.start(&Stage::cx(), &command(SLEEP)).await?;
    let exit = running.kill(&Stage::cx()).await?;
    equal("the exit", &exit, &purlin_transport::Exit::Signal("KILL".to_owned()))?;
    stage.works().await
}

/// A command whose child writes its number into a file.
const PARENT: &str = "sleep 300 & echo $! > \"$1\"; wait";

/// Waits until nothing has that number any more.
async fn gone(stage: &Stage<'_>, file: &str) -> Case {
    let child = stage.session.contents(&Stage::cx(), file).await?;
    let child = String::from_utf8_lossy(&child).trim().to_owned();
    ensure(!child.is_empty(), "the child's number is not known")?;
    for _ in 0..200 {
        let state = stage.run(&command(&["cat", &format!("/proc/{child}/stat")])).await?;
        // What has ended and waits for its parent is no longer running.
        if !state.is_success() || state.stdout.text().contains(") Z ") {
            return Ok(());
        }
        Stage::cx().sleep(SHORT / 10).await?;
    }
    Err(format!("process {child} still runs").into())
}

async fn what_it_started_ends_with_it(stage: &Stage<'_>) -> Case {
    let file = stage.path("pid");
    let short = Cx::background().with_timeout(SHORT * 3);
    let parent = command(&["sh", "-c", PARENT, "sh", &file]);
    failed("a command without end", stage.session.run(&short, &parent).await)?;
    gone(stage, &file).await
}

async fn what_a_dropped_call_started_ends(stage: &Stage<'_>) -> Case {
    let file = stage.path("pid");
    let parent = command(&["sh", "-c", PARENT, "sh", &file]);
    let _ = tokio::time::timeout(SHORT * 3, stage.run(&parent)).await;
    gone(stage, &file).await
}
