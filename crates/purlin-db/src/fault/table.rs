//! Vendors' codes and what they mean.

use super::{ErrorClass, Vendor};

/// Codes of one meaning: a row of a dialect's [`ErrorTable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorRow {
    /// Whose codes: a number means another thing at another vendor's. 1205 is a lock timeout in MySQL and a deadlock
    /// in SQL Server.
    pub vendors: &'static [Vendor],
    /// What they mean.
    pub class: ErrorClass,
    /// The numbers.
    pub codes: &'static [i64],
    /// Only with this SQLSTATE, where one number has two meanings.
    pub sqlstate: Option<&'static str>,
    /// The server undoes the whole transaction with this error, not the statement alone.
    pub undoes_transaction: bool,
}

impl ErrorRow {
    /// These codes of these vendors.
    pub const fn new(vendors: &'static [Vendor], class: ErrorClass, codes: &'static [i64]) -> Self {
        Self { vendors, class, codes, sqlstate: None, undoes_transaction: false }
    }

    /// Only with this SQLSTATE.
    pub const fn with_sqlstate(self, sqlstate: &'static str) -> Self {
        Self { sqlstate: Some(sqlstate), ..self }
    }

    /// Errors with which the server undoes the whole transaction.
    pub const fn undoing_transaction(self) -> Self {
        Self { undoes_transaction: true, ..self }
    }

    fn has(&self, vendor: Vendor, code: i64, sqlstate: Option<&str>) -> bool {
        self.vendors.contains(&vendor)
            && self.codes.contains(&code)
            && self.sqlstate.is_none_or(|only| sqlstate == Some(only))
    }

    fn meaning(&self) -> Meaning {
        Meaning { class: self.class, undoes_transaction: self.undoes_transaction }
    }
}

/// What an error code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meaning {
    pub(crate) class: ErrorClass,
    pub(crate) undoes_transaction: bool,
}

impl Meaning {
    fn of(class: ErrorClass) -> Self {
        Self { class, undoes_transaction: false }
    }
}

/// What error codes mean, by number and by SQLSTATE; the number counts before the state, and a state of two
/// characters stands for its whole class. Text is never looked at.
///
/// A [`Dialect`](crate::Dialect) brings the vendor's table; a [`Target`](crate::Target) can add rows of its own, which
/// count first:
///
/// ```
/// use purlin_db::{Dialect, ErrorClass, ErrorTable, Vendor};
///
/// // A trigger of ours refuses duplicates by RAISE_APPLICATION_ERROR(-20001, …).
/// let ours = ErrorTable::new().code(Vendor::Oracle, 20001, ErrorClass::Unique);
/// let error = Dialect::ORACLE.error(Vendor::Oracle, Some(20001), None, "taken", None, &ours);
/// assert_eq!(error.kind(), purlin_core::ErrorKind::Conflict);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ErrorTable {
    rows: &'static [ErrorRow],
    states: &'static [(&'static str, ErrorClass)],
    /// The low byte of a number that has no row stands for it: SQLite's extended codes.
    low_byte: bool,
    added: Vec<(Vendor, i64, ErrorClass)>,
    added_states: Vec<(String, ErrorClass)>,
}

impl ErrorTable {
    /// No rows.
    pub const fn new() -> Self {
        Self::fixed(&[], &[])
    }

    /// An engine's own table, for a constant: rows of numbers, and SQLSTATEs of five characters or of two.
    pub const fn fixed(rows: &'static [ErrorRow], states: &'static [(&'static str, ErrorClass)]) -> Self {
        Self { rows, states, low_byte: false, added: Vec::new(), added_states: Vec::new() }
    }

    /// The table of an engine whose codes nobody knows.
    pub const fn none() -> &'static Self {
        static NONE: ErrorTable = ErrorTable::new();
        &NONE
    }

    pub(crate) const fn with_low_byte(mut self) -> Self {
        self.low_byte = true;
        self
    }

    /// With a number's meaning; the last one said counts.
    pub fn code(mut self, vendor: Vendor, code: i64, class: ErrorClass) -> Self {
        self.added.push((vendor, code, class));
        self
    }

    /// With the meaning of a SQLSTATE, or of its first two characters; the last one said counts.
    pub fn state(mut self, sqlstate: impl Into<String>, class: ErrorClass) -> Self {
        self.added_states.push((sqlstate.into(), class));
        self
    }

    /// Looks one up.
    pub fn class(&self, vendor: Vendor, code: Option<i64>, sqlstate: Option<&str>) -> Option<ErrorClass> {
        self.find(vendor, code, sqlstate).map(|meaning| meaning.class)
    }

    pub(crate) fn find(&self, vendor: Vendor, code: Option<i64>, sqlstate: Option<&str>) -> Option<Meaning> {
        self.by_code(vendor, code, sqlstate).or_else(|| self.by_state(sqlstate?)).or_else(|| {
            let code = code.filter(|_| self.low_byte)? & 0xff;
            self.by_code(vendor, Some(code), sqlstate)
        })
    }

    fn by_code(&self, vendor: Vendor, code: Option<i64>, sqlstate: Option<&str>) -> Option<Meaning> {
        let code = code?;
        let mut added = self.added.iter().rev();
        if let Some((.., class)) = added.find(|row| row.0 == vendor && row.1 == code) {
            return Some(Meaning::of(*class));
        }
        let found = |row: &&ErrorRow| row.has(vendor, code, sqlstate);
        self.rows.iter().find(found).map(ErrorRow::meaning)
    }

    fn by_state(&self, sqlstate: &str) -> Option<Meaning> {
        let group = sqlstate.get(..2);
        [Some(sqlstate), group].into_iter().flatten().find_map(|wanted| {
            let added = self.added_states.iter().rev().find(|(state, _)| state == wanted).map(|row| row.1);
            let class =
                added.or_else(|| self.states.iter().find(|(state, _)| *state == wanted).map(|row| row.1));
            class.map(Meaning::of)
        })
    }

    #[cfg(test)]
    pub(crate) fn rows(&self) -> (&'static [ErrorRow], &'static [(&'static str, ErrorClass)]) {
        (self.rows, self.states)
    }
}
