//! The cases.

use super::stage::{Case, Complaint, Peer, Stage, ample, leaks, nothing_left};
use super::{CheckEnd, CheckPeer, CheckWire};
use crate::suites::{Finding, Suite};
use crate::{Accept, count};
use purlin_core::{Cx, ErrorKind};
use purlin_health::{Cause, Check, CheckOutcome};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// No run is woken more often than that.
const MOST: usize = 20_000;

/// So many runs are under way at the same time where they are many.
const AT_ONCE: usize = 8;

/// How long the search for leaks may take before it counts as hung; a long run makes a hundred times as many runs.
const SEARCH: (Duration, Duration) = (Duration::from_secs(300), Duration::from_secs(3600));

/// What a run that leaks memory would add in a thousand rounds, and what an allocator keeps by itself would not.
const MEMORY: u64 = 32 * 1024 * 1024;

/// No answer is so long: nothing is broken off there.
const BEYOND: u64 = 1 << 40;

/// What a peer may take to notice that it was left.
const SHORTLY: Duration = Duration::from_secs(10);

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    suite.case_for("good", "good.is_found_good_each_time", told(is_found_good(stage))).await;
    suite.case_for("good", "good.serves_several_callers", told(serves_several(stage))).await;
    suite.case("kind_and_target_stay", told(kind_and_target_stay(stage))).await;
    for peer in CheckPeer::ALL {
        let name = format!("bad.{}", peer.name());
        suite.case_for(peer.name(), &name, told(bad(stage, peer))).await;
    }
    let refuses = CheckPeer::Refuses.name();
    let changes = ["tcp", "server", refuses];
    suite.case_for_all(&changes, "bad.and_good_by_turns", told(sees_what_changes(stage))).await;
    suite.case_for(refuses, "deadline.past", told(past_deadline(stage))).await;
    suite.case_for(refuses, "deadline.cancelled_before", told(cancelled_before(stage))).await;
    suite.case_for_all(&["tcp", "waits"], "deadline.cancelled_in_the_midst", told(cancelled(stage))).await;
    suite.case_for("good", "drops.at_each_point", told(dropped_at_each_point(stage))).await;
    suite.case_for_all(&["tcp", "waits"], "drops.in_the_midst", told(dropped_in_the_midst(stage))).await;
    let search = count(SEARCH.0, SEARCH.1);
    suite.case_within(search, "good", "leaks.good_runs", told(good_runs(stage))).await;
    suite.case_within(search, refuses, "leaks.bad_runs", told(bad_runs(stage))).await;
}

async fn told(case: impl Future<Output = Case>) -> Finding {
    Box::pin(case).await.map_err(|complaint| complaint.0)
}

async fn is_found_good(stage: &Stage<'_>) -> Case {
    let check = stage.check(stage.home())?;
    for _ in 0..3 {
        stage.likes(&*check).await?;
    }
    Ok(())
}

async fn serves_several(stage: &Stage<'_>) -> Case {
    let check = stage.check(stage.home())?;
    many(AT_ONCE, &check, async |check| stage.likes(check).await).await
}

async fn kind_and_target_stay(stage: &Stage<'_>) -> Case {
    let check = stage.check(stage.home())?;
    let said = |check: &dyn Check| (check.kind(), check.target().map(str::to_owned));
    let before = said(&*check);
    let _ = check.run(&Cx::background().with_timeout(Duration::from_millis(500))).await;
    let after = said(&*check);
    let again = said(&*stage.check(stage.home())?);
    if before != after || before != again {
        return Err(format!("{before:?}, then {after:?}, of another one {again:?}").into());
    }
    if before.0.as_str().is_empty() || before.1.as_deref() == Some("") {
        return Err(format!("an empty kind or target: {before:?}").into());
    }
    Ok(())
}

async fn bad(stage: &Stage<'_>, peer: CheckPeer) -> Case {
    let expected = stage.subject.expects(peer);
    for offset in offsets(stage, peer).await? {
        let bad = stage.peer(peer, offset)?;
        let check = stage.check(bad.address())?;
        let ended = stage.ends(&*check, &expected).await;
        ended.map_err(|complaint| match offset {
            0 => complaint,
            offset => Complaint(format!("at byte {offset}: {}", complaint.0)),
        })?;
    }
    Ok(())
}

/// Where an answer is broken off: at many places, or where each takes its time, at a few.
async fn offsets(stage: &Stage<'_>, peer: CheckPeer) -> std::result::Result<Vec<u64>, Complaint> {
    if stage.subject.wire() == CheckWire::Udp {
        // No answer of these protocols fits into fewer bytes.
        return Ok(if peer == CheckPeer::Half { (0..12).collect() } else { vec![0] });
    }
    let length = match peer {
        CheckPeer::Half | CheckPeer::Stalls => answer_length(stage).await?,
        _ => return Ok(vec![0]),
    };
    match peer {
        CheckPeer::Half => Ok((1..length).step_by(count(29, 1)).chain([length - 1]).collect()),
        _ => Ok(vec![1, length / 2, length - 1]),
    }
}

/// How many bytes a good server says before the check is content.
async fn answer_length(stage: &Stage<'_>) -> std::result::Result<u64, Complaint> {
    let Peer::Proxy(proxy) = stage.peer(CheckPeer::Half, BEYOND)? else { return Ok(1) };
    let check = stage.check(proxy.address())?;
    stage.likes(&*check).await?;
    drop(check);
    // What was passed on is counted a little later.
    let counters = proxy.wait_until(SHORTLY, |it| it.open == 0 && it.to_client.bytes > 1)?;
    Ok(counters.to_client.bytes.saturating_sub(stage.subject.tail()).max(2))
}

/// One check that is asked again and again sees what is there now: nothing of an old run sticks to it.
async fn sees_what_changes(stage: &Stage<'_>) -> Case {
    let Peer::Proxy(proxy) = stage.peer(CheckPeer::Half, BEYOND)? else { return Ok(()) };
    let check = stage.check(proxy.address())?;
    for _ in 0..2 {
        stage.likes(&*check).await?;
        proxy.accept(Accept::Refuse)?;
        proxy.disconnect();
        stage.ends(&*check, &stage.subject.expects(CheckPeer::Refuses)).await?;
        proxy.accept(Accept::Forward)?;
    }
    stage.likes(&*check).await
}

async fn past_deadline(stage: &Stage<'_>) -> Case {
    let check = stage.check(stage.home())?;
    let outcome = check.run(&Cx::background().with_timeout(Duration::ZERO)).await;
    match CheckEnd::of(&outcome) {
        CheckEnd::Failed(_, Cause::Timeout) => Ok(()),
        CheckEnd::Prober(ErrorKind::Timeout) => Ok(()),
        end => Err(format!("past its deadline it says {end}").into()),
    }
}

async fn cancelled_before(stage: &Stage<'_>) -> Case {
    let (cx, canceller) = ample().cancellable();
    canceller.cancel();
    is_cancelled(&stage.check(stage.home())?.run(&cx).await)
}

async fn cancelled(stage: &Stage<'_>) -> Case {
    let Peer::Proxy(proxy) = stage.peer(CheckPeer::Silent, 0)? else { return Ok(()) };
    let check = stage.check(proxy.address())?;
    let (cx, canceller) = ample().cancellable();
    let cancel = async {
        seen(|| proxy.counters().accepted > 0).await;
        canceller.cancel();
    };
    let (outcome, ()) = tokio::join!(check.run(&cx), cancel);
    is_cancelled(&outcome)
}

/// The one who runs it has changed his mind: that says nothing about the target.
fn is_cancelled(outcome: &CheckOutcome) -> Case {
    match CheckEnd::of(outcome) {
        CheckEnd::Prober(ErrorKind::Cancelled) => Ok(()),
        end => Err(format!("cancelled, it says {end}").into()),
    }
}

async fn dropped_at_each_point(stage: &Stage<'_>) -> Case {
    let check = stage.check(stage.home())?;
    stage.likes(&*check).await?;
    let before = leaks()?;
    let mut polls = 0;
    while !ends_within(&*check, polls).await {
        // Each of the first points, then ever fewer: programs are woken for every line that they write.
        polls += 1 + polls / 40;
        if polls > MOST {
            return Err("it never ends".to_owned().into());
        }
    }
    let again = stage.likes(&*check).await;
    again.map_err(|complaint| Complaint(format!("after dropped runs: {}", complaint.0)))?;
    drop(check);
    nothing_left(&before).await
}

/// Runs it for so many polls and drops it; whether it had ended by then.
async fn ends_within(check: &dyn Check, polls: usize) -> bool {
    let cx = ample();
    let mut run = pin!(check.run(&cx));
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        match run.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if left == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// With the peer go its own sockets; what is left then is the check's.
async fn dropped_in_the_midst(stage: &Stage<'_>) -> Case {
    let before = leaks()?;
    let Peer::Proxy(proxy) = stage.peer(CheckPeer::Silent, 0)? else { return Ok(()) };
    let check = stage.check(proxy.address())?;
    let cx = ample();
    tokio::select! {
        outcome = check.run(&cx) => return Err(format!("it did not wait: {outcome:?}").into()),
        () = seen(|| proxy.counters().accepted > 0) => {}
    }
    drop(check);
    drop(proxy);
    nothing_left(&before).await
}

/// Until it is so; the watchdog ends it.
async fn seen(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn good_runs(stage: &Stage<'_>) -> Case {
    let check = stage.check(stage.home())?;
    many(AT_ONCE, &check, async |check| stage.likes(check).await).await?;
    let before = leaks()?.memory(MEMORY);
    many(stage.subject.runs(), &check, async |check| stage.likes(check).await).await?;
    drop(check);
    nothing_left(&before).await
}

/// Over all the peers that fail it without a wait.
async fn bad_runs(stage: &Stage<'_>) -> Case {
    let quick = [CheckPeer::Refuses, CheckPeer::Closes, CheckPeer::Resets, CheckPeer::Garbage];
    let mut peers = Vec::new();
    for peer in quick.into_iter().filter(|peer| peer.is_on(stage.subject.wire())) {
        if !stage.subject.expects(peer).is_empty() && !stage.waits_for(peer) {
            peers.push((stage.peer(peer, 0)?, stage.subject.expects(peer)));
        }
    }
    let runs = stage.subject.runs() / peers.len().max(1);
    for (peer, expected) in &peers {
        let check = stage.check(peer.address())?;
        many(AT_ONCE, &check, async |check| stage.ends(check, expected).await).await?;
        let before = leaks()?.memory(MEMORY);
        many(runs, &check, async |check| stage.ends(check, expected).await).await?;
        drop(check);
        nothing_left(&before).await?;
    }
    Ok(())
}

/// So many runs, some at the same time; the first complaint.
async fn many(runs: usize, check: &Arc<dyn Check>, run: impl AsyncFn(&dyn Check) -> Case) -> Case {
    let left = std::cell::Cell::new(runs);
    let lane = || async {
        while left.get() > 0 {
            left.set(left.get() - 1);
            run(&**check).await?;
        }
        Ok::<_, Complaint>(())
    };
    tokio::try_join!(lane(), lane(), lane(), lane(), lane(), lane(), lane(), lane()).map(drop)
}
