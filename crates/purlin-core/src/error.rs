//! The one error type of the workspace: what failed, where, and what may be done about it.

mod detail;
mod kind;

pub use detail::IoDetail;
pub use kind::{ErrorKind, Outcome, RetryHint};

use crate::Endpoint;
use detail::Details;
use std::any::Any;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// The result of every public fallible call of the workspace.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure: its [kind](ErrorKind), the operation and the [`Endpoint`] it struck, its cause, and two answers
/// for whoever may try again: [`retry`](Error::retry) and [`outcome`](Error::outcome).
///
/// It is one word big and cheap to clone, so that one failed connect can be told to everybody who waited for it.
///
/// `{}` prints one line without causes; `{:#}` adds the causes, which is what a log line or a pager wants.
///
/// ```
/// use purlin_core::{Endpoint, Error, ErrorKind, Outcome};
///
/// let error = Error::new(ErrorKind::Refused, "nobody listens")
///     .with_operation("tcp.connect")
///     .with_endpoint(Endpoint::new("db1.lon", 3306)?);
/// assert_eq!(error.to_string(), "tcp.connect db1.lon:3306: nobody listens");
/// assert_eq!(error.outcome(), Outcome::NotSent);
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    retry: Option<RetryHint>,
    outcome: Option<Outcome>,
    operation: Option<Cow<'static, str>>,
    endpoint: Option<Endpoint>,
    message: Cow<'static, str>,
    note: Option<Cow<'static, str>>,
    details: Details,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// A failure of this kind. The message says what happened, in lower case and without the operation, the
    /// endpoint or the cause: those have fields of their own.
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Arc::new(Inner {
            kind,
            retry: None,
            outcome: None,
            operation: None,
            endpoint: None,
            message: message.into(),
            note: None,
            details: Details::default(),
            source: None,
        }))
    }

    /// A failure of the operating system, with the kind that fits its [`std::io::ErrorKind`] and an [`IoDetail`].
    ///
    /// The system uses the same words for a connection that never came to be and for one that broke, so what can be
    /// either has [`Outcome::Maybe`]. Whoever opens a connection knows better, and says [`Outcome::NotSent`].
    ///
    /// There is no `From<std::io::Error>`: a bare "permission denied" without the thing at fault helps nobody.
    pub fn io(operation: impl Into<Cow<'static, str>>, source: std::io::Error) -> Self {
        let kind = kind::of_io(source.kind());
        let message: Cow<'static, str> = match source.raw_os_error() {
            // The system's text already says it all; as a cause it would be printed twice.
            Some(_) => text_of_os_error(&source).into(),
            None => kind.description().into(),
        };
        let mut error =
            Self::new(kind, message).with_operation(operation).with_detail(IoDetail::from(&source));
        error.inner().outcome = kind::outcome_of_io(source.kind());
        if source.raw_os_error().is_some() { error } else { error.with_source(source) }
    }

    /// A limit or a lack of our own machine (no thread, no memory), which says nothing about the other side.
    pub(crate) fn of_this_machine(what: &str, source: &std::io::Error) -> Self {
        Self::new(ErrorKind::Internal, format!("{what}: {}", text_of_os_error(source)))
            .with_outcome(Outcome::NotSent)
            .with_detail(IoDetail::from(source))
    }

    /// What went wrong, in the words a pager would use.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether trying again is of use and safe; the default follows from kind and outcome (see [`RetryHint`]).
    /// Never [`RetryHint::Safe`] where the outcome is in doubt, whatever was set.
    pub fn retry(&self) -> RetryHint {
        match (self.0.retry, self.outcome()) {
            (Some(RetryHint::Safe), Outcome::Maybe) => RetryHint::IfIdempotent,
            (Some(hint), _) => hint,
            (None, outcome) => kind::usual_retry(self.kind(), outcome),
        }
    }

    /// Whether the request can have taken effect.
    pub fn outcome(&self) -> Outcome {
        self.0.outcome.unwrap_or_else(|| kind::usual_outcome(self.kind()))
    }

    /// The operation that failed, such as `tcp.connect`.
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// Where it failed.
    pub fn endpoint(&self) -> Option<&Endpoint> {
        self.0.endpoint.as_ref()
    }

    /// What happened, without operation, endpoint and cause.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What the way to this failure adds, such as "after 3 attempts".
    pub fn note(&self) -> Option<&str> {
        self.0.note.as_deref()
    }

    /// The detail of a primitive, such as a vendor's error code, by its type: this error's own, else that of the
    /// nearest `Error` among its [causes](StdError::source).
    pub fn detail<T: Any + Send + Sync>(&self) -> Option<&T> {
        let causes = std::iter::successors(self.source(), |&cause| cause.source());
        let errors = std::iter::once(self).chain(causes.filter_map(|cause| cause.downcast_ref()));
        errors.map(|error| &error.0.details).find_map(Details::get)
    }

    /// Names the operation, as `noun.verb` in lower case.
    #[must_use]
    pub fn with_operation(mut self, operation: impl Into<Cow<'static, str>>) -> Self {
        self.inner().operation = Some(operation.into());
        self
    }

    /// Names the endpoint.
    #[must_use]
    pub fn with_endpoint(mut self, endpoint: Endpoint) -> Self {
        self.inner().endpoint = Some(endpoint);
        self
    }

    /// Names the endpoint unless the error already names one: the place nearest to the fault knows best.
    #[must_use]
    pub fn or_endpoint(self, endpoint: &Endpoint) -> Self {
        if self.endpoint().is_some() { self } else { self.with_endpoint(endpoint.clone()) }
    }

    /// Overrides what follows from kind and outcome.
    #[must_use]
    pub fn with_retry(mut self, retry: RetryHint) -> Self {
        self.inner().retry = Some(retry);
        self
    }

    /// Overrides what the kind suggests.
    #[must_use]
    pub fn with_outcome(mut self, outcome: Outcome) -> Self {
        self.inner().outcome = Some(outcome);
        self
    }

    /// Adds what the way to this failure adds, such as "after 3 attempts"; an earlier note stays before it.
    #[must_use]
    pub fn with_note(mut self, note: impl Into<Cow<'static, str>>) -> Self {
        let note = note.into();
        let inner = self.inner();
        inner.note = Some(match inner.note.take() {
            Some(earlier) => format!("{earlier}; {note}").into(),
            None => note,
        });
        self
    }

    /// Attaches a typed detail; a second one of the same type replaces the first.
    #[must_use]
    pub fn with_detail<T: Any + Send + Sync>(mut self, detail: T) -> Self {
        self.inner().details.set(detail);
        self
    }

    /// Names the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.inner().source = Some(Arc::from(source.into()));
        self
    }

    fn inner(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.0)
    }
}

fn text_of_os_error(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        // "Connection refused" in lower case, but "EOF" as it is.
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().collect::<String>() + letters.as_str()
        }
        _ => text.to_owned(),
    }
}

impl From<std::convert::Infallible> for Error {
    /// So that what is an `impl TryInto<T>` can also be given a `T`.
    fn from(never: std::convert::Infallible) -> Self {
        match never {}
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.operation(), self.endpoint()) {
            (Some(operation), Some(endpoint)) => write!(f, "{operation} {endpoint}: ")?,
            (Some(operation), None) => write!(f, "{operation}: ")?,
            (None, Some(endpoint)) => write!(f, "{endpoint}: ")?,
            (None, None) => {}
        }
        f.write_str(self.message())?;
        if let Some(note) = self.note() {
            write!(f, " ({note})")?;
        }
        if f.alternate() {
            let mut cause = self.source();
            while let Some(error) = cause {
                write!(f, ": {error}")?;
                cause = error.source();
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.kind())
            .field("retry", &self.retry())
            .field("outcome", &self.outcome())
            .field("operation", &self.operation())
            .field("endpoint", &self.endpoint())
            .field("message", &self.message())
            .field("note", &self.note())
            .field("source", &self.0.source)
            .finish_non_exhaustive()
    }
}
