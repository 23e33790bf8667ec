//! Does what the state machine says: the I/O of a run.

mod begin;
mod calls;
mod links;

pub(crate) use begin::{apply, resume, unlock};

use crate::machine::{Action, Event, Machine};
use crate::{Author, Control, Deployer, Entry, Lease, LeaseRequest, Plan, Record, RunId, RunReport};
use calls::Calls;
use purlin_core::{Cx, Error, ErrorKind, Fence, Result, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// The longest sleep between two looks around.
const NAP: Duration = Duration::from_secs(60);

/// What came back.
enum Came {
    Event(Event),
    Appended(Result<Vec<Entry>>),
    Heard(Result<Vec<Entry>>),
    Renewed(Result<Option<Lease>>),
}

/// A run that this process drives.
pub(crate) struct Driver {
    deployer: Deployer,
    run: RunId,
    fence: Fence,
    plan: Arc<Plan>,
    machine: Machine,
    calls: Calls,
    tasks: JoinSet<Came>,
    /// What is to be made durable, in order.
    queue: Vec<Record>,
    appending: bool,
    listening: bool,
    renewing: bool,
    /// The number of the last entry that was looked at for what people say.
    heard: u64,
    head: (u64, String),
    /// Somebody wants this process to leave.
    leaving: bool,
    waiting: bool,
    wake: Option<Timestamp>,
    listen_at: Timestamp,
    renew_at: Timestamp,
}

impl Driver {
    fn new(
        deployer: &Deployer,
        (plan, run, fence): (Arc<Plan>, RunId, Fence),
        (machine, calls): (Machine, Calls),
        head: (u64, String),
    ) -> Self {
        Self {
            deployer: deployer.clone(),
            run,
            fence,
            plan,
            machine,
            calls,
            tasks: JoinSet::new(),
            queue: Vec::new(),
            appending: false,
            listening: false,
            renewing: false,
            heard: head.0,
            head,
            leaving: false,
            waiting: false,
            wake: None,
            listen_at: Timestamp::MIN,
            renew_at: Timestamp::MIN,
        }
    }

    /// Drives the run to its end, or to where it waits for a person and this process is to leave. `cx` being cancelled
    /// or over means that it is to leave; its work is bounded by itself.
    async fn drive(mut self, asked: &Cx) -> Result<RunReport> {
        let cx = asked.detached();
        self.renew_at = cx.clock().timestamp().saturating_add(self.deployer.lease / 3);
        let result = self.turn(asked, &cx).await;
        if result.as_ref().is_err_and(|error| error.kind() == ErrorKind::Fenced) {
            // Somebody else drives the run: whatever is under way here is theirs to settle.
            self.tasks.abort_all();
        }
        while self.tasks.join_next().await.is_some() {}
        result?;
        self.leave(&cx).await
    }

    async fn turn(&mut self, asked: &Cx, cx: &Cx) -> Result<()> {
        let actions = self.machine.step(Event::Begin, cx.clock().timestamp());
        self.take(cx, actions);
        loop {
            let is_idle = self.queue.is_empty() && !self.appending && !self.calls.any_under_way();
            let has_ended = self.machine.state().ended.is_some();
            if is_idle && (has_ended || (self.waiting && self.may_leave())) {
                return Ok(());
            }
            self.look_around(cx);
            let nap = self.nap(cx.clock().timestamp());
            tokio::select! {
                came = self.tasks.join_next(), if !self.tasks.is_empty() => match came {
                    Some(Ok(came)) => self.came(cx, came)?,
                    Some(Err(error)) if error.is_cancelled() => {}
                    _ => return Err(Error::new(ErrorKind::Internal, "a task of the run broke off")),
                },
                () = cx.clock().sleep(nap) => {
                    let actions = self.machine.step(Event::Tick, cx.clock().timestamp());
                    self.wake = None;
                    self.take(cx, actions);
                }
                () = over(asked), if !self.leaving => {
                    self.leaving = true;
                    let by = self.deployer.holder.operator.clone();
                    let reason = "the process that drives it was ended".to_owned();
                    self.queue.push(Record::Told { control: Control::Pause, by, reason });
                    self.write(cx);
                }
            }
        }
    }

    fn may_leave(&self) -> bool {
        self.leaving || self.deployer.leaves
    }

    fn nap(&self, now: Timestamp) -> Duration {
        let mut until = now.saturating_add(NAP);
        for at in [
            self.wake,
            (!self.listening).then_some(self.listen_at),
            (!self.renewing).then_some(self.renew_at),
        ] {
            until = until.min(at.unwrap_or(until));
        }
        until.since(now).max(Duration::from_millis(1))
    }

    /// Listens to people and keeps the lease, when it is time to.
    fn look_around(&mut self, cx: &Cx) {
        let now = cx.clock().timestamp();
        let (journal, run, cx) = (self.deployer.journal.clone(), self.run.clone(), cx.clone());
        if !self.listening && now >= self.listen_at {
            (self.listening, self.listen_at) = (true, now.saturating_add(self.deployer.listen));
            let (journal, run, cx, heard) = (journal.clone(), run.clone(), cx.clone(), self.heard);
            self.tasks.spawn(async move { Came::Heard(journal.read(&cx, &run, heard).await) });
        }
        if !self.renewing && now >= self.renew_at {
            (self.renewing, self.renew_at) = (true, now.saturating_add(self.deployer.lease / 3));
            let request = LeaseRequest::Renew { fence: self.fence, time: self.deployer.lease };
            self.tasks.spawn(async move { Came::Renewed(journal.lease(&cx, &run, request).await) });
        }
    }

    fn came(&mut self, cx: &Cx, came: Came) -> Result<()> {
        match came {
            Came::Event(event) => {
                self.calls.came_back();
                self.tell(cx, event);
            }
            Came::Appended(entries) => {
                self.appending = false;
                for entry in entries? {
                    self.head = (entry.seq, entry.hash.clone());
                    if let Some(told) = &self.deployer.told {
                        told(&entry);
                    }
                    self.tell(cx, Event::Recorded(entry.record));
                }
                self.write(cx);
            }
            Came::Heard(entries) => {
                self.listening = false;
                for entry in entries? {
                    self.heard = self.heard.max(entry.seq);
                    if entry.fence.is_none() && matches!(entry.record, Record::Told { .. }) {
                        if let Some(told) = &self.deployer.told {
                            told(&entry);
                        }
                        self.tell(cx, Event::Recorded(entry.record));
                    }
                }
            }
            Came::Renewed(lease) => {
                self.renewing = false;
                lease?;
            }
        }
        Ok(())
    }

    fn tell(&mut self, cx: &Cx, event: Event) {
        let actions = self.machine.step(event, cx.clock().timestamp());
        self.take(cx, actions);
    }

    fn take(&mut self, cx: &Cx, actions: Vec<Action>) {
        self.waiting = false;
        for action in actions {
            match action {
                Action::Record(record) => self.queue.push(self.calls.clean(record)),
                Action::Wake(at) => self.wake = Some(self.wake.map_or(at, |wake| wake.min(at))),
                Action::Wait => self.waiting = true,
                call => {
                    if let Some(call) = self.calls.start(cx, &self.machine, call) {
                        self.tasks.spawn(async move { Came::Event(call.await) });
                    }
                }
            }
        }
        self.write(cx);
    }

    /// One writer: what comes while it writes goes into the next batch.
    fn write(&mut self, cx: &Cx) {
        if self.appending || self.queue.is_empty() {
            return;
        }
        self.appending = true;
        let records = std::mem::take(&mut self.queue);
        let (journal, run, fence, cx) =
            (self.deployer.journal.clone(), self.run.clone(), self.fence, cx.clone());
        self.tasks.spawn(async move {
            Came::Appended(journal.append(&cx, &run, Author::Controller(fence), records).await)
        });
    }

    /// Leaves word on the hosts, gives locks and lease back.
    async fn leave(self, cx: &Cx) -> Result<RunReport> {
        let state = self.machine.state();
        let (ending, why, hosts) = match &state.ended {
            Some((ending, why, hosts)) => (Some(*ending), why.clone(), hosts.clone()),
            None => (None, waits_for(state), Vec::new()),
        };
        let new: Vec<bool> = self
            .plan
            .hosts
            .iter()
            .map(|planned| {
                let found = hosts.iter().find(|host| host.host == planned.name);
                found.is_some_and(|host| host.release.as_ref() == Some(&self.plan.name))
            })
            .collect();
        self.calls.farewell(cx, &self.plan.name, &new, &self.head).await;
        let parked = self.deployer.journal.lease(cx, &self.run, LeaseRequest::Park { fence: self.fence });
        parked.await?;
        Ok(RunReport { run: self.run, ending, why, hosts })
    }
}

/// What a run that was left waits for.
fn waits_for(state: &crate::machine::RunState) -> String {
    let questions: Vec<&str> = state.questions().into_iter().collect();
    match questions.is_empty() {
        true => "it waits for a person".to_owned(),
        false => format!("it waits for a person: {}", questions.join("; ")),
    }
}

/// Until nobody wants to wait any more.
async fn over(cx: &Cx) {
    match cx.deadline() {
        Some(deadline) => tokio::select! {
            () = cx.cancelled() => {}
            () = cx.clock().sleep_until(deadline) => {}
        },
        None => cx.cancelled().await,
    }
}
