//! Names and texts inside a statement, where no parameter can stand.

use super::{Backslash, Dialect, Quote};
use crate::Vendor;
use purlin_core::{Error, ErrorKind, Result};

/// How long a name may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NameLimit {
    /// That many characters: MySQL (64).
    Characters(usize),
    /// That many bytes of UTF-8: PostgreSQL (63; it cuts longer ones in silence), Oracle (128 since 12.2).
    Bytes(usize),
    /// That many units of UTF-16: SQL Server (128).
    Utf16(usize),
    /// As long as a statement: SQLite.
    None,
}

/// How an engine writes names, and which it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct NameRules {
    /// What stands around a name.
    pub quote: Quote,
    /// How long one may be.
    pub limit: NameLimit,
    /// Whether a name can hold its own closing quote, written twice; not in Oracle.
    pub holds_quote: bool,
    /// Whether a name can hold characters beyond U+FFFF; not in MySQL.
    pub holds_supplementary: bool,
}

impl NameRules {
    /// `"name"`, of any length.
    pub const STANDARD: Self =
        Self { quote: Quote::Double, limit: NameLimit::None, holds_quote: true, holds_supplementary: true };
}

impl NameLimit {
    pub(super) fn exceeded_by(self, name: &str) -> Option<String> {
        let (length, limit, unit) = match self {
            Self::Characters(limit) => (name.chars().count(), limit, "characters"),
            Self::Bytes(limit) => (name.len(), limit, "bytes"),
            Self::Utf16(limit) => (name.encode_utf16().count(), limit, "UTF-16 units"),
            Self::None => return None,
        };
        (length > limit).then(|| format!("has {length} {unit}, {limit} is the limit"))
    }
}

impl Dialect {
    /// A name as a statement holds it, quoted always, so that keywords, spaces and capitals stay what they are.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for an empty name, one that is too long (some engines cut it in silence), and one with a
    /// NUL or another character that the engine does not take.
    pub fn quote_name(&self, name: &str) -> Result<String> {
        let (open, close) = match self.names.quote {
            Quote::Double => ('"', '"'),
            Quote::Backtick => ('`', '`'),
            Quote::Bracket => ('[', ']'),
        };
        let why = if name.is_empty() {
            Some("is empty".to_owned())
        } else if name.contains('\0') {
            Some("holds a NUL character".to_owned())
        } else if !self.names.holds_quote && name.contains(close) {
            Some(format!("holds {close}"))
        } else if !self.names.holds_supplementary && name.chars().any(|c| c > '\u{ffff}') {
            Some("holds a character beyond U+FFFF".to_owned())
        } else {
            self.names.limit.exceeded_by(name)
        };
        if let Some(why) = why {
            return Err(self.refuse(format!("the name {:?} {why}", shortened(name))));
        }
        let mut quoted = String::with_capacity(name.len() + 2);
        quoted.push(open);
        for c in name.chars() {
            quoted.push(c);
            if c == close {
                quoted.push(c);
            }
        }
        quoted.push(close);
        Ok(quoted)
    }

    /// A text as a literal, for statements that take no parameters, such as `SET` and DDL. Elsewhere, bind it.
    ///
    /// It means the same whatever the session's mode: where a backslash could be read in two ways, MySQL gets the
    /// bytes in hexadecimal and PostgreSQL an `E'…'`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a NUL, except in MySQL.
    pub fn quote_text(&self, text: &str) -> Result<String> {
        let always = self.lexis.backslash == Backslash::Always;
        if always && text.contains(['\\', '\0']) {
            let digits: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            return Ok(format!("_utf8mb4 X'{digits}'"));
        }
        if text.contains('\0') {
            return Err(self.refuse("a text with a NUL character".to_owned()));
        }
        let doubled = text.replace('\'', "''");
        if self.lexis.backslash == Backslash::EStrings && text.contains('\\') {
            return Ok(format!("E'{}'", doubled.replace('\\', "\\\\")));
        }
        let prefix = if self.vendor == Vendor::SqlServer { "N" } else { "" };
        Ok(format!("{prefix}'{doubled}'"))
    }

    fn refuse(&self, what: String) -> Error {
        Error::new(ErrorKind::Invalid, format!("{} takes no such thing: {what}", self.name))
            .with_operation("db.quote")
    }
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}
