//! What machines read of a host.

use super::{Failure, State};
use crate::app::NAME;
use crate::output::code;
use purlin::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// A line of JSON about one host: the fields that all such lines have, and the command's own.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::commands) struct Line<F> {
    /// What this is.
    format: String,
    /// The version of this format.
    version: u32,
    /// The host.
    host: String,
    /// What became of it.
    state: State,
    #[serde(flatten)]
    found: Option<F>,
    /// How long it took, in milliseconds; null where nothing was begun.
    duration_ms: Option<f64>,
    /// Why it was not done; null where it was.
    error: Option<Fault>,
}

/// Why it was not done.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Fault {
    /// Its stable name.
    code: String,
    /// What went wrong, with the cause.
    message: String,
}

impl<F: Serialize> Line<F> {
    pub(in crate::commands) fn new(format: &str, host: &str, state: State) -> Self {
        Self {
            format: format!("{NAME}.{format}"),
            version: 1,
            host: host.to_owned(),
            state,
            found: None,
            duration_ms: None,
            error: None,
        }
    }

    pub(in crate::commands) fn found(mut self, found: F) -> Self {
        self.found = Some(found);
        self
    }

    pub(in crate::commands) fn took(mut self, time: Duration) -> Self {
        self.duration_ms = Some(milliseconds(time));
        self
    }

    pub(in crate::commands) fn failed(mut self, failure: &Failure) -> Self {
        let message = format!("{:#}", failure.error);
        self.error = Some(Fault { code: code(&failure.error), message });
        self
    }

    /// The line itself.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`].
    pub(in crate::commands) fn text(&self) -> Result<Vec<u8>> {
        let text = serde_json::to_vec(self).map_err(|error| {
            Error::new(ErrorKind::Internal, "the answer cannot be written as JSON").with_source(error)
        });
        text.map(|mut text| {
            text.push(b'\n');
            text
        })
    }
}

/// With three digits behind the point.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
