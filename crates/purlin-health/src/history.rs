//! The last results of a check, packed.

mod pack;
mod ring;
#[cfg(test)]
mod tests;

use crate::{Cause, CheckOutcome, Phase, State, Status};
use purlin_core::{Error, ErrorKind, Result, Timestamp};
use ring::Ring;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::time::Duration;

/// How one kept run ended: [`CheckOutcome`] without what it said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "two bits hold these four, as an outcome has four ends")]
pub enum End {
    /// The target answered.
    Answered,
    /// The target failed.
    Failed,
    /// The prober could not do its work.
    Prober,
    /// It was not run.
    Skipped,
}

/// One kept run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Past {
    /// When it ended, to the second.
    pub at: Timestamp,
    /// How it ended.
    pub end: End,
    /// What it said in one word.
    pub status: Status,
    /// What was believed after it.
    pub state: State,
    /// How long it took, to three digits; at most nine minutes.
    pub took: Duration,
    /// Where it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// Why it failed, in one word, such as `refused`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'static str>,
}

impl Past {
    /// What is kept of a run: its end, the status that the rules made of it, and what is believed now.
    pub fn new(at: Timestamp, outcome: &CheckOutcome, status: Status, state: State, took: Duration) -> Self {
        let (end, phase, cause) = match outcome {
            CheckOutcome::Answered(_) => (End::Answered, None, None),
            CheckOutcome::Failed(failure) => {
                (End::Failed, Some(failure.phase), Some(pack::word(&failure.cause)))
            }
            CheckOutcome::Prober(_) => (End::Prober, None, None),
            CheckOutcome::Skipped(_) => (End::Skipped, None, None),
        };
        Self { at, end, status, state, took, phase, cause }
    }
}

/// The last 64 runs of a check, packed: six bytes each in memory, eight in the [form to keep](Self::to_bytes).
///
/// Moments are kept as distances to the next run: runs that are more than 48 days apart seem nearer, and those before a
/// clock that was set back seem earlier than they were.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct History(Ring);

impl History {
    /// How many runs are kept.
    pub const LENGTH: usize = 64;

    /// Nothing yet.
    pub const fn new() -> Self {
        Self(Ring::new())
    }

    /// Keeps one more run; the oldest is forgotten once there are 64.
    pub fn push(&mut self, past: &Past) {
        self.0.push(pack::run(past));
    }

    /// How many runs there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The runs, the newest first.
    pub fn iter(&self) -> impl Iterator<Item = Past> + '_ {
        self.0.iter().map(pack::past)
    }

    /// In the form to keep, the oldest first.
    fn packed(&self) -> impl Iterator<Item = u64> {
        let mut runs: Vec<u64> = self.iter().map(|past| pack::pack(&past)).collect();
        runs.reverse();
        runs.into_iter()
    }

    /// The form to keep: 8 bytes a run, little end first, the oldest run first.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.packed().flat_map(u64::to_le_bytes).collect()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) made.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where the length is not that of up to 64 runs. Any content of the right length is a
    /// history; what this version does not know in it is left out.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (runs, rest) = bytes.as_chunks::<8>();
        if !rest.is_empty() || runs.len() > Self::LENGTH {
            let message = format!("{} bytes are no history: it has 8 each for up to 64 runs", bytes.len());
            return Err(Error::new(ErrorKind::Invalid, message).with_operation("health.history"));
        }
        let mut history = Self::new();
        runs.iter().for_each(|run| history.push(&pack::unpack(u64::from_le_bytes(*run))));
        Ok(history)
    }
}

impl Default for History {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// As hexadecimal digits of its bytes.
impl Serialize for History {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        use fmt::Write;
        let mut text = String::with_capacity(16 * self.len());
        for run in self.packed() {
            // Formatting into a String cannot fail.
            let _ = write!(text, "{:016x}", run.swap_bytes());
        }
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for History {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        use serde::de::Error;
        let text = String::deserialize(deserializer)?;
        let digits: Option<Vec<u8>> =
            text.chars().map(|digit| u8::try_from(digit.to_digit(16)?).ok()).collect();
        let (pairs, rest) = digits.as_deref().unwrap_or(&[0]).as_chunks::<2>();
        if !rest.is_empty() {
            return Err(D::Error::custom("a history is written in hexadecimal digits, two a byte"));
        }
        let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
        Self::from_bytes(&bytes).map_err(|error| D::Error::custom(error.message().to_owned()))
    }
}

impl Cause {
    /// The cause in one word, without its detail: `refused`, `timeout`, `tls`.
    pub const fn word(&self) -> &'static str {
        pack::word(self)
    }
}
