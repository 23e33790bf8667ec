//! What takes connections for databases, asked without an account.

use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Result};
use std::fmt;

/// Something that takes connections for databases, such as Oracle's listener, and tells whether it does to somebody who
/// has no account there. An adapter brings it where its engine has such a thing.
///
/// ```
/// use async_trait::async_trait;
/// use purlin_core::{Cx, Endpoint, Error, ErrorKind, Result};
/// use purlin_db::{Listener, ListenerFault, ListenerStep};
///
/// /// A listener of which nothing is known but where it should be.
/// #[derive(Debug)]
/// struct Rumour(Endpoint);
///
/// #[async_trait]
/// impl Listener for Rumour {
///     fn endpoint(&self) -> &Endpoint {
///         &self.0
///     }
///
///     async fn listens(&self, _: &Cx) -> Result<String> {
///         let fault = ListenerFault::new(ListenerStep::Connect, "no_listener");
///         Err(Error::new(ErrorKind::Refused, "nobody listens there").with_detail(fault))
///     }
/// }
/// ```
#[async_trait]
pub trait Listener: Send + Sync + fmt::Debug {
    /// Where it is asked first.
    fn endpoint(&self) -> &Endpoint;

    /// Asks once; the line says what it is and where the answer came from. `cx` bounds it.
    ///
    /// # Errors
    /// That it takes no connections for the database now, and why, with a [`ListenerFault`] as detail; without one, what
    /// kept it from being asked.
    async fn listens(&self, cx: &Cx) -> Result<String>;
}

/// How far a question to a [`Listener`] came, and what was the matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListenerFault {
    /// How far it came.
    pub step: ListenerStep,
    /// The answer in one word, such as `no_such_service`.
    pub word: &'static str,
}

impl ListenerFault {
    /// This step, this word.
    pub const fn new(step: ListenerStep, word: &'static str) -> Self {
        Self { step, word }
    }
}

/// A step of a question to a [`Listener`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ListenerStep {
    /// From the name to its addresses.
    Resolve,
    /// To a TCP connection.
    Connect,
    /// To a TLS channel.
    Tls,
    /// To an answer.
    Reply,
    /// It has answered, and refuses.
    Refusal,
}
