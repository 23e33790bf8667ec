//! The questions of all checks of a host that are due, in one round trip.

use super::{KEPT, LIMIT, Target};
use crate::{Output, Probe, Shell, ShellSettings};
use purlin_core::{Cx, Error, ErrorKind, Instant, Outcome, Result};
use purlin_health::{Cause, CheckOutcome, Failure, Phase, TargetQuestion};
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex as AsyncMutex, oneshot};

/// How long those are waited for who are due at the same moment.
const GATHER: Duration = Duration::from_millis(10);

/// What a note says of a question that was cut off for the sake of others.
const CUT: &str = "it was cut off so that others were asked in time, and is asked by itself from now on";

#[derive(Default)]
pub(super) struct Batch {
    waiting: Mutex<Vec<Asked>>,
    /// Held by whoever asks for all: there is no task that asks. Should that call end half-way, the next one asks again.
    shell: AsyncMutex<Option<Arc<Shell>>>,
    /// Those that were too slow to be asked with others.
    slow: Mutex<HashSet<TargetQuestion>>,
    trips: AtomicU64,
}

struct Asked {
    question: TargetQuestion,
    until: Instant,
    tell: oneshot::Sender<Result<Output>>,
}

/// One question, and all who asked it.
struct Group {
    question: TargetQuestion,
    until: Instant,
    tell: Vec<oneshot::Sender<Result<Output>>>,
}

impl Batch {
    pub(super) fn round_trips(&self) -> u64 {
        self.trips.load(Ordering::Relaxed)
    }

    pub(super) async fn ask(&self, cx: &Cx, target: &Target, question: &TargetQuestion) -> Result<Output> {
        if locked(&self.slow).contains(question) {
            return self.ask_alone(cx, target, question).await;
        }
        let until = cx.deadline().unwrap_or_else(|| cx.now().saturating_add(LIMIT));
        loop {
            let (tell, mut told) = oneshot::channel();
            locked(&self.waiting).push(Asked { question: question.clone(), until, tell });
            let answered = cx.run("transport.probe", async {
                // In the order in which they came: most find their answer there already.
                let mut shell = self.shell.lock().await;
                if let Ok(answer) = told.try_recv() {
                    return Ok(Some(answer));
                }
                // Whoever asked for us ended half-way, unless our question still waits.
                self.ask_for_all(cx, target, &mut shell).await?;
                Ok(told.try_recv().ok())
            });
            match answered.await {
                Ok(Some(answer)) => return self.learned(question, answer),
                Ok(None) => cx.check("transport.probe")?,
                Err(error) => {
                    if error.kind() == ErrorKind::Timeout {
                        // Whoever is to blame, it will know its own fate when it is asked by itself.
                        locked(&self.slow).insert(question.clone());
                    }
                    return Err(error.with_outcome(Outcome::NotSent));
                }
            }
        }
    }

    /// Asks all that wait now, and tells everybody.
    async fn ask_for_all(&self, cx: &Cx, target: &Target, kept: &mut Option<Arc<Shell>>) -> Result<()> {
        cx.sleep(GATHER).await?;
        let groups = grouped(std::mem::take(&mut *locked(&self.waiting)));
        let Some(latest) = groups.iter().map(|group| group.until).max() else { return Ok(()) };
        // Its own end drops this call; the others' answers do not hang on its deadline.
        let all = cx.detached().with_timeout(latest.since(cx.now()));
        let shell = match kept {
            Some(shell) => shell.clone(),
            None => match open(&all, target).await {
                Ok(shell) => kept.insert(shell).clone(),
                Err(error) => {
                    let error = error.with_outcome(Outcome::NotSent);
                    groups.into_iter().for_each(|group| group.tell(&Err(error.clone())));
                    return Ok(());
                }
            },
        };
        // Whoever asks has to learn of it before its own time is over.
        let share = if groups.len() == 1 { 0.9 } else { 0.5 };
        let probe = |group: &Group| {
            let time = group.until.since(cx.now()).mul_f64(share);
            let probe = Probe::new(group.question.text.clone()).args(&group.question.args);
            probe.limit(time).keep(KEPT)
        };
        let probes: Vec<Probe> = groups.iter().map(probe).collect();
        let count = groups.len();
        self.trips.fetch_add(1, Ordering::Relaxed);
        let answers = shell.ask_all(&all, &probes).await;
        for (group, answer) in groups.into_iter().zip(answers) {
            let answer = match answer {
                Err(error) if count > 1 && is_slow(&error) => Err(error.with_note(CUT)),
                answer => answer,
            };
            group.tell(&answer);
        }
        Ok(())
    }

    /// Remembers what has to be asked by itself.
    fn learned(&self, question: &TargetQuestion, answer: Result<Output>) -> Result<Output> {
        if answer.as_ref().is_err_and(is_slow) {
            locked(&self.slow).insert(question.clone());
        }
        answer
    }

    async fn ask_alone(&self, cx: &Cx, target: &Target, question: &TargetQuestion) -> Result<Output> {
        let time = cx.remaining().unwrap_or(LIMIT);
        let answer = target.alone(cx, question).await;
        // Far enough from where it would be cut off again.
        if answer.as_ref().is_ok_and(|output| output.took < time / 4) {
            locked(&self.slow).remove(question);
        }
        answer
    }
}

async fn open(cx: &Cx, target: &Target) -> Result<Arc<Shell>> {
    let session = target.0.transport.connect(cx, &target.0.host).await?;
    let settings = match &target.0.elevation {
        Some(elevation) => ShellSettings::new().elevated(elevation.clone()),
        None => ShellSettings::new(),
    };
    Ok(Arc::new(Shell::new(session, settings)))
}

impl Group {
    /// Whoever has left meanwhile needs no answer.
    fn tell(self, answer: &Result<Output>) {
        for tell in self.tell {
            let _ = tell.send(answer.clone());
        }
    }
}

fn grouped(waiting: Vec<Asked>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for asked in waiting.into_iter().filter(|asked| !asked.tell.is_closed()) {
        match groups.iter_mut().find(|group| group.question == asked.question) {
            Some(group) => {
                group.until = group.until.max(asked.until);
                group.tell.push(asked.tell);
            }
            None => {
                let Asked { question, until, tell } = asked;
                groups.push(Group { question, until, tell: vec![tell] });
            }
        }
    }
    groups
}

fn is_slow(error: &Error) -> bool {
    error.kind() == ErrorKind::Timeout && error.outcome() != Outcome::NotSent
}

/// One that was cut off for others may be well: that is no failure of the target.
pub(super) fn too_slow(error: &Error) -> CheckOutcome {
    if error.note().is_some_and(|note| note.contains(CUT)) {
        return CheckOutcome::Prober(error.clone());
    }
    let message = format!("it does not end on the target ({})", error.message());
    CheckOutcome::Failed(Failure::new(Phase::Execute, Cause::Timeout, message))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
