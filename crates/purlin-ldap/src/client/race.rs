//! Which of several servers answers first. A command is a new process and remembers no dead server, so a read waits
//! for nobody longer than the hedge.

use super::server::Server;
use crate::{LdapClass, LdapDetail};
use purlin_core::policy::breaker::{Admission, Breaker, Report};
use purlin_core::{Cx, Error, ErrorKind, Instant, Result};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// A server's turn. Dropped before it was asked, nothing is learnt of it.
pub(super) struct Turn {
    pub(super) server: Arc<Server>,
    admission: Option<Admission>,
    cx: Cx,
}

impl Turn {
    /// It is asked now.
    pub(super) fn begin(mut self, patience: Duration) -> Asked {
        let since = self.cx.now();
        Asked {
            server: self.server.clone(),
            admission: self.admission.take(),
            since,
            patience,
            cx: self.cx.clone(),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(admission) = self.admission.take() {
            self.server.report(admission, Report::Unknown, self.cx.now());
        }
    }
}

/// A server that was asked. Dropped without an answer, it is held against it where it had its time.
pub(super) struct Asked {
    server: Arc<Server>,
    /// None once it is reported.
    admission: Option<Admission>,
    since: Instant,
    patience: Duration,
    cx: Cx,
}

impl Asked {
    /// How it ended.
    pub(super) fn ended(&mut self, error: Option<&Error>) {
        let report = match error {
            Some(error) if is_answer(error) => Report::Well,
            Some(error) if Breaker::counts(error.kind()) => Report::Ill,
            Some(_) => Report::Unknown,
            None => Report::Well,
        };
        self.report(report);
    }

    fn report(&mut self, report: Report) {
        if let Some(admission) = self.admission.take() {
            self.server.report(admission, report, self.cx.now());
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let had_its_time = self.cx.now().since(self.since) >= self.patience;
        self.report(if had_its_time { Report::Ill } else { Report::Unknown });
    }
}

/// The servers in the order in which they are asked: those in favour first.
pub(super) fn order(servers: &[Arc<Server>], cx: &Cx) -> VecDeque<Turn> {
    let turn = |server: &Arc<Server>| {
        let admission = server.admit(cx.now());
        let refused = matches!(admission, Admission::Refused { .. });
        (Turn { server: server.clone(), admission: Some(admission), cx: cx.clone() }, refused)
    };
    let (refused, admitted): (Vec<_>, Vec<_>) = servers.iter().map(turn).partition(|(_, refused)| *refused);
    admitted.into_iter().chain(refused).map(|(turn, _)| turn).collect()
}

/// Whether the directory has answered, so that no other server would say anything else.
pub(super) fn is_answer(error: &Error) -> bool {
    match LdapDetail::class_of(error) {
        Some(LdapClass::Busy | LdapClass::Other | LdapClass::BindRefused) => false,
        Some(_) => true,
        None => false,
    }
}

/// Whether the fault is ours, and another server would not cure it.
fn is_our_own(error: &Error) -> bool {
    let own = matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Cancelled | ErrorKind::Internal);
    own && error.detail::<LdapDetail>().is_none() || error.operation() == Some("secret.resolve")
}

type Attempt<T> = (Asked, Pin<Box<dyn Future<Output = Result<T>> + Send>>);

/// The first good answer. The next server is asked when one has failed, or has not answered within the hedge.
pub(super) async fn first_answer<T, A, F>(
    cx: &Cx,
    servers: &[Arc<Server>],
    hedge: Duration,
    ask: A,
) -> Result<T>
where
    A: Fn(Arc<Server>, Cx) -> F,
    F: Future<Output = Result<T>> + Send + 'static,
{
    let mut race = Race { waiting: order(servers, cx), running: Vec::new(), pause: None, failed: Vec::new() };
    poll_fn(|context| race.poll(context, cx, hedge, &ask)).await
}

struct Race<'c, T> {
    waiting: VecDeque<Turn>,
    running: Vec<Attempt<T>>,
    pause: Option<Pin<Box<dyn Future<Output = ()> + Send + 'c>>>,
    failed: Vec<Error>,
}

impl<'c, T> Race<'c, T> {
    fn poll<A, F>(
        &mut self,
        context: &mut Context<'_>,
        cx: &'c Cx,
        hedge: Duration,
        ask: &A,
    ) -> Poll<Result<T>>
    where
        A: Fn(Arc<Server>, Cx) -> F,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        loop {
            let failed = self.failed.len();
            if let Some(ended) = self.poll_running(context) {
                return Poll::Ready(ended);
            }
            if self.waiting.is_empty() {
                return if self.running.is_empty() {
                    Poll::Ready(Err(self.all_failed()))
                } else {
                    Poll::Pending
                };
            }
            let over = self.pause.as_mut().is_none_or(|pause| pause.as_mut().poll(context).is_ready());
            if !over && self.failed.len() == failed && !self.running.is_empty() {
                return Poll::Pending;
            }
            if let Some(turn) = self.waiting.pop_front() {
                let asking = Box::pin(ask(turn.server.clone(), cx.clone()));
                self.running.push((turn.begin(hedge), asking));
                self.pause = Some(Box::pin(cx.clock().sleep(hedge)));
            }
        }
    }

    fn poll_running(&mut self, context: &mut Context<'_>) -> Option<Result<T>> {
        let mut at = 0;
        while let Some((asked, attempt)) = self.running.get_mut(at) {
            let Poll::Ready(ended) = attempt.as_mut().poll(context) else {
                at += 1;
                continue;
            };
            asked.ended(ended.as_ref().err());
            match ended {
                Ok(answer) => return Some(Ok(answer)),
                Err(error) if is_answer(&error) || is_our_own(&error) => return Some(Err(error)),
                Err(error) => {
                    drop(self.running.remove(at));
                    self.failed.push(error);
                }
            }
        }
        None
    }

    fn all_failed(&mut self) -> Error {
        all_failed(std::mem::take(&mut self.failed))
    }
}

/// The first error, which is that of the server in favour, and what the others said.
pub(super) fn all_failed(mut failed: Vec<Error>) -> Error {
    if failed.is_empty() {
        return Error::new(ErrorKind::Internal, "no server was asked");
    }
    let first = failed.remove(0);
    match failed.is_empty() {
        true => first,
        false => {
            let others: Vec<String> = failed.iter().map(Error::to_string).collect();
            first.with_note(format!("no other server answered either: {}", others.join("; ")))
        }
    }
}
