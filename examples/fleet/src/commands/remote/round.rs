//! Many hosts, a few at once.

use super::failure::{Failure, State};
use super::login::Shared;
use super::{Targets, Ways};
use crate::exit::Exit;
use crate::output::{Flow, Ui};
use crate::runtime::Runtime;
use purlin::transport::{Reach, Session};
use purlin::{Cx, Error, ErrorKind, Result};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinSet};

/// How long a reader may take for what comes after a signal.
const FAREWELL: Duration = Duration::from_secs(1);

/// One host's turn.
pub(in crate::commands) struct Visit {
    pub(in crate::commands) cx: Cx,
    pub(in crate::commands) session: Arc<dyn Session>,
    pub(in crate::commands) reach: Arc<Reach>,
}

/// What was found out on a host.
pub(in crate::commands) trait Verdict: Send + 'static {
    /// What became of the host.
    fn state(&self) -> State;
}

/// What became of a host.
pub(in crate::commands) struct Outcome<T> {
    pub(in crate::commands) host: String,
    pub(in crate::commands) result: Result<T, Failure>,
    pub(in crate::commands) took: Duration,
}

impl<T: Verdict> Outcome<T> {
    pub(in crate::commands) fn state(&self) -> State {
        match &self.result {
            Ok(found) => found.state(),
            Err(failure) => failure.state,
        }
    }
}

type Turn<T> = Pin<Box<dyn Future<Output = Outcome<T>> + Send>>;

/// The work on all hosts.
pub(in crate::commands) struct Round<T> {
    hosts: Vec<Reach>,
    forks: usize,
    limit: Duration,
    stop_after: Option<usize>,
    begin: Box<dyn Fn(Cx, Arc<Reach>) -> Turn<T>>,
}

/// What became of all hosts.
pub(in crate::commands) struct Reports<T> {
    /// In the order in which they ended.
    pub(in crate::commands) outcomes: Vec<Outcome<T>>,
    /// Those whose turn did not come.
    pub(in crate::commands) not_begun: Vec<String>,
    /// That a signal ended it.
    pub(in crate::commands) ended: Option<Error>,
}

impl<T: Verdict> Reports<T> {
    /// The gravest of all.
    pub(in crate::commands) fn exit(&self) -> Exit {
        let of_hosts = self.outcomes.iter().map(|outcome| outcome.state().exit());
        let of_others = (!self.not_begun.is_empty()).then_some(State::NotBegun.exit());
        let of_end = self.ended.as_ref().map(Exit::of);
        of_hosts.chain(of_others).chain(of_end).max().unwrap_or(Exit::Fine)
    }
}

impl<T: Verdict> Round<T> {
    /// This work on these hosts.
    pub(in crate::commands) fn new<F, W>(targets: &Targets, hosts: Vec<Reach>, ways: Ways, work: W) -> Self
    where
        F: Future<Output = Result<T>> + Send + 'static,
        W: Fn(Visit) -> F + Send + Sync + 'static,
    {
        let (ways, work): (Shared, _) = (Arc::new(ways), Arc::new(work));
        let begin = move |cx: Cx, reach: Arc<Reach>| -> Turn<T> {
            let (ways, work) = (ways.clone(), work.clone());
            Box::pin(async move {
                let begun = cx.now();
                let result = match ways.of(&reach).connect(&cx, &reach.host).await {
                    Err(error) => Err(Failure::on_the_way(error)),
                    Ok(session) => {
                        let visit = Visit { cx: cx.clone(), session, reach: reach.clone() };
                        work(visit).await.map_err(Failure::there)
                    }
                };
                Outcome { host: reach.host.name.clone(), result, took: cx.now().since(begun) }
            })
        };
        Self {
            hosts,
            forks: targets.forks(),
            limit: targets.limit(),
            stop_after: None,
            begin: Box::new(begin),
        }
    }

    /// Begins no other host once so many were not done.
    pub(in crate::commands) fn stop_after(mut self, failures: Option<usize>) -> Self {
        self.stop_after = failures;
        self
    }

    /// Does it, and for machines writes a line of each host as soon as that is known.
    ///
    /// # Errors
    /// Those of the runtime and of standard output; what happens on hosts is none.
    pub(in crate::commands) fn run(
        self,
        ui: &Ui,
        runtime: &Runtime,
        line: impl Fn(&Outcome<T>) -> Result<Vec<u8>>,
    ) -> Result<(Reports<T>, Option<Flow>)> {
        let mut reports = Reports { outcomes: Vec::new(), not_begun: Vec::new(), ended: None };
        let mut flow = ui.is_json().then(Flow::live);
        let ended = runtime.block_on(|cx| self.drive(cx, &mut reports, flow.as_mut(), line));
        match ended {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Cancelled => reports.ended = Some(error),
            Err(error) => return Err(error),
        }
        Ok((reports, flow))
    }

    async fn drive(
        self,
        cx: Cx,
        reports: &mut Reports<T>,
        mut flow: Option<&mut Flow>,
        line: impl Fn(&Outcome<T>) -> Result<Vec<u8>>,
    ) -> Result<()> {
        let mut waiting = self.hosts.into_iter();
        let mut under_way = JoinSet::new();
        let mut names: HashMap<Id, String> = HashMap::new();
        let mut bad = 0;
        loop {
            while under_way.len() < self.forks
                && self.stop_after.is_none_or(|most| bad < most)
                && !cx.is_cancelled()
            {
                let Some(reach) = waiting.next() else { break };
                let name = reach.host.name.clone();
                let turn = (self.begin)(cx.with_timeout(self.limit), Arc::new(reach));
                names.insert(under_way.spawn(turn).id(), name);
            }
            let Some(joined) = under_way.join_next_with_id().await else { break };
            let outcome = match joined {
                Ok((_, outcome)) => outcome,
                Err(error) => broken(names.remove(&error.id()).unwrap_or_default()),
            };
            bad += usize::from(outcome.state().exit() != Exit::Fine);
            if let Some(flow) = flow.as_deref_mut() {
                let text = line(&outcome)?;
                let cx = if cx.is_cancelled() { cx.detached().with_timeout(FAREWELL) } else { cx.clone() };
                flow.push(&cx, &text).await?;
            }
            reports.outcomes.push(outcome);
        }
        reports.not_begun = waiting.map(|reach| reach.host.name).collect();
        cx.check("hosts.visit")
    }
}

fn broken<T>(host: String) -> Outcome<T> {
    let error = Error::new(ErrorKind::Internal, "the work on this host has panicked");
    let failure = Failure { state: State::InDoubt, error: error.with_note(format!("host {host}")) };
    Outcome { host, result: Err(failure), took: Duration::ZERO }
}
