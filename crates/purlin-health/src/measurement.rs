//! What a check measured.

use crate::{Range, Status};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The unit of a [`Measurement`]. Durations are seconds, sizes bytes; whoever shows them picks the prefix.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Unit {
    /// A bare number.
    None,
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Percent, 0 to 100.
    Percent,
    /// A number that only grows, such as packets since the start.
    Counter,
    /// Another one, as a plugin wrote it.
    Other(String),
}

/// One number that a check measured, with the thresholds that go with it.
///
/// ```
/// use purlin_health::{Measurement, Status, Unit};
///
/// let time = Measurement::new("time", 0.8, Unit::Seconds).warning("0.5".parse()?).critical("2".parse()?);
/// assert_eq!(time.status(), Status::Warning);
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Measurement {
    /// Its name: a label of Nagios' performance data.
    pub name: Cow<'static, str>,
    /// The value, in the [`Unit`].
    pub value: f64,
    /// What is counted.
    pub unit: Unit,
    /// Where a warning begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub warning: Option<Range>,
    /// Where it is critical.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub critical: Option<Range>,
    /// The least value that is possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The greatest value that is possible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

impl Measurement {
    /// A measurement without thresholds.
    pub fn new(name: impl Into<Cow<'static, str>>, value: f64, unit: Unit) -> Self {
        Self { name: name.into(), value, unit, warning: None, critical: None, min: None, max: None }
    }

    /// Sets where a warning begins.
    #[must_use]
    pub fn warning(mut self, range: Range) -> Self {
        self.warning = Some(range);
        self
    }

    /// Sets where it is critical.
    #[must_use]
    pub fn critical(mut self, range: Range) -> Self {
        self.critical = Some(range);
        self
    }

    /// Sets what is possible at all; plots need it.
    #[must_use]
    pub fn limits(mut self, min: f64, max: f64) -> Self {
        (self.min, self.max) = (Some(min), Some(max));
        self
    }

    /// What its thresholds say: critical before warning, and without any [`Status::Ok`].
    pub fn status(&self) -> Status {
        let alarms = |range: Option<Range>| range.is_some_and(|range| range.alarms(self.value));
        if alarms(self.critical) {
            Status::Critical
        } else if alarms(self.warning) {
            Status::Warning
        } else {
            Status::Ok
        }
    }
}
