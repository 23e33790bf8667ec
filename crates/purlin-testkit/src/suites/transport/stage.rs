//! What the cases share.

use super::TransportSubject;
use purlin_core::{Cx, Error, Result};
use purlin_transport::{Capability, Command, Host, Output, Probe, Session, SessionExt, Transport};
use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;
use std::time::Duration;

/// Less than the watchdog's time, so that a call's own deadline names what hung.
const LIMIT: Duration = Duration::from_secs(45);

/// For calls that are to run into their deadline.
pub(super) const SHORT: Duration = Duration::from_millis(300);

/// What is wrong.
#[derive(Debug)]
pub(super) struct Complaint(pub(super) String);

pub(super) type Case = std::result::Result<(), Complaint>;

impl From<Error> for Complaint {
    fn from(error: Error) -> Self {
        Self(format!("{error:#}"))
    }
}

impl From<String> for Complaint {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Complaint {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A complaint unless it is so.
pub(super) fn ensure(is_so: bool, complaint: impl Into<Complaint>) -> Case {
    if is_so { Ok(()) } else { Err(complaint.into()) }
}

/// A complaint unless the two are the same.
pub(super) fn equal<T: PartialEq + Debug + ?Sized>(what: &str, got: &T, wanted: &T) -> Case {
    let shown = |value: &T| format!("{value:?}").chars().take(300).collect::<String>();
    ensure(got == wanted, format!("{what} is {} instead of {}", shown(got), shown(wanted)))
}

/// The error, where there must be one.
pub(super) fn failed<T>(what: &str, result: Result<T>) -> std::result::Result<Error, Complaint> {
    match result {
        Err(error) => Ok(error),
        Ok(_) => Err(format!("{what} went well").into()),
    }
}

pub(super) struct Stage<'s> {
    pub(super) subject: &'s dyn TransportSubject,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) session: Arc<dyn Session>,
    names: AtomicU32,
}

impl<'s> Stage<'s> {
    pub(super) async fn new(subject: &'s dyn TransportSubject) -> std::result::Result<Self, Complaint> {
        let transport = subject.transport();
        let session = transport.connect(&Self::cx(), &subject.host()).await?;
        Ok(Self { subject, transport, session, names: AtomicU32::new(0) })
    }

    pub(super) fn abilities(&self) -> Vec<&'static str> {
        let capabilities = self.session.capabilities();
        Capability::ALL.iter().filter(|one| capabilities.has(**one)).map(|one| one.as_str()).collect()
    }

    /// A call with more time than it needs.
    pub(super) fn cx() -> Cx {
        Cx::background().with_timeout(LIMIT)
    }

    pub(super) fn host(&self) -> Host {
        self.subject.host()
    }

    /// A path in the suite's folder that nothing has yet.
    pub(super) fn path(&self, name: &str) -> String {
        let number = self.names.fetch_add(1, Ordering::Relaxed);
        format!("{}/{number}{name}", self.subject.folder())
    }

    pub(super) async fn run(&self, command: &Command) -> Result<Output> {
        self.session.run(&Self::cx(), command).await
    }

    /// The session does what it is told.
    pub(super) async fn works(&self) -> Case {
        let output = self.run(&command(super::script::BOTH)).await?;
        equal("the output", &output.stdout.text().into_owned(), &"out".to_owned())
    }
}

pub(super) fn command(argv: &[&str]) -> Command {
    let (program, arguments) = argv.split_first().unwrap_or((&"", &[]));
    Command::new(*program).args(arguments.iter().copied())
}

pub(super) fn probe(words: &'static [&'static str]) -> Probe {
    let (text, arguments) = words.split_first().unwrap_or((&"", &[]));
    Probe::new(*text).args(arguments.iter().copied())
}

/// Runs them side by side, and gives their outputs in order.
pub(super) async fn all<F: Future + Unpin>(mut futures: Vec<F>) -> Vec<F::Output> {
    let mut outputs: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, output) in futures.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let Poll::Ready(value) = Pin::new(future).poll(context)
            {
                *output = Some(value);
            }
        }
        if outputs.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outputs.into_iter().flatten().collect()
}
