//! What the server refuses, by SQL Server's numbers.

use super::kind::Kind;
use crate::tds::tokens;
use rusqlite::ffi;

/// How errors of our own functions begin, which SQLite hands through as text.
pub(super) const MARK: &str = "tds:";
/// The checks that are added to a table for what its types hold.
pub(super) const RANGE: &str = "tds_range";
pub(super) const LENGTH: &str = "tds_length";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) number: i32,
    state: u8,
    class: u8,
    text: String,
}

impl Refusal {
    pub(super) fn new(number: i32, class: u8, text: impl Into<String>) -> Self {
        Self { number, state: 1, class, text: text.into() }
    }

    pub(super) fn with_state(self, state: u8) -> Self {
        Self { state, ..self }
    }

    pub(super) fn syntax(near: &str) -> Self {
        Self::new(102, 15, format!("Incorrect syntax near '{near}'."))
    }

    pub(super) fn divided_by_zero() -> Self {
        Self::new(8134, 16, "Divide by zero error encountered.")
    }

    pub(super) fn conversion(value: &str, kind: &Kind) -> Self {
        let value: String = value.chars().take(40).collect();
        match kind {
            Kind::Whole(_) | Kind::Decimal(..) | Kind::Money(_)
                if value.bytes().all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte)) =>
            {
                Self::overflow()
            }
            Kind::Guid => Self::new(8169, 16, "Conversion failed when converting to uniqueidentifier."),
            Kind::Whole(_) | Kind::Bit => Self::new(
                245,
                16,
                format!("Conversion failed when converting the value '{value}' to data type int."),
            ),
            Kind::Decimal(..) | Kind::Float(_) | Kind::Money(_) => {
                Self::new(8114, 16, "Error converting data type nvarchar to numeric.")
            }
            _ => Self::new(
                241,
                16,
                "Conversion failed when converting date and/or time from character string.",
            ),
        }
    }

    fn overflow() -> Self {
        Self::new(8115, 16, "Arithmetic overflow error converting expression to data type int.")
    }

    /// As an error of one of our functions.
    pub(super) fn thrown(&self) -> rusqlite::Error {
        rusqlite::Error::UserFunctionError(
            format!("{MARK}{}:{}:{}", self.number, self.class, self.text).into(),
        )
    }

    pub(super) fn tokens(&self) -> Vec<u8> {
        tokens::error(self.number, self.state, self.class, &self.text)
    }

    /// Most errors end their statement; these the batch.
    pub(super) fn ends_batch(&self) -> bool {
        matches!(
            self.number,
            102 | 137 | 156 | 195 | 207 | 208 | 241 | 245 | 1205 | 3960 | 8114 | 8169 | 50_001..
        )
    }

    /// It has undone the transaction.
    pub(super) fn undoes(&self) -> bool {
        self.number == 3960
    }

    /// What SQLite says, in SQL Server's words; none where it was stopped or has to wait.
    pub(super) fn of(error: &rusqlite::Error, verb: &str) -> Self {
        let (code, text) = match error {
            rusqlite::Error::SqliteFailure(code, text) => {
                (code.extended_code, text.clone().unwrap_or_default())
            }
            rusqlite::Error::SqlInputError { error, msg, .. } => (error.extended_code, msg.clone()),
            other => (0, other.to_string()),
        };
        let named = |start: &str| text.strip_prefix(start).map(str::to_owned);
        if let Some(thrown) = text.split_once(MARK).and_then(|(_, rest)| read(rest)) {
            return thrown;
        }
        match code {
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => {
                let place = named("UNIQUE constraint failed: ").unwrap_or_default();
                let table = place.split('.').next().unwrap_or_default();
                let text = format!(
                    "Violation of PRIMARY KEY constraint 'PK_{table}'. Cannot insert duplicate key in object \
                     'dbo.{table}'."
                );
                Self::new(2627, 14, text)
            }
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Self::conflict(verb, "FOREIGN KEY", "FK_1"),
            ffi::SQLITE_CONSTRAINT_CHECK => match named("CHECK constraint failed: ").as_deref() {
                Some(RANGE) => Self::overflow(),
                Some(LENGTH) => Self::new(2628, 16, "String or binary data would be truncated."),
                name => Self::conflict(verb, "CHECK", name.unwrap_or_default()),
            },
            ffi::SQLITE_CONSTRAINT_NOTNULL => {
                let place = named("NOT NULL constraint failed: ").unwrap_or_default();
                let (table, column) = place.split_once('.').unwrap_or(("", &place));
                let text = format!(
                    "Cannot insert the value NULL into column '{column}', table 'map.dbo.{table}'; column does not \
                     allow nulls. {verb} fails."
                );
                Self::new(515, 16, text)
            }
            ffi::SQLITE_MISMATCH => Self::conversion("", &Kind::Whole(4)),
            _ => Self::of_text(&text),
        }
    }

    fn conflict(verb: &str, kind: &str, name: &str) -> Self {
        let text = format!(
            "The {verb} statement conflicted with the {kind} constraint \"{name}\". The conflict occurred in database \
             \"map\"."
        );
        Self::new(547, 16, text)
    }

    fn of_text(text: &str) -> Self {
        let quoted = |from: &str| from.split(' ').next().unwrap_or_default().to_owned();
        if let Some(name) = text.split_once("no such table: ").map(|(_, name)| quoted(name)) {
            return Self::new(208, 16, format!("Invalid object name '{name}'."));
        }
        if let Some(name) = text.split_once("no such column: ").map(|(_, name)| quoted(name)) {
            return Self::new(207, 16, format!("Invalid column name '{name}'."));
        }
        if let Some(name) = text.split_once("no such function: ").map(|(_, name)| quoted(name)) {
            return Self::new(195, 15, format!("'{name}' is not a recognized built-in function name."));
        }
        if text.contains("already exists") {
            return Self::new(2714, 16, "There is already an object with that name in the database.");
        }
        if text.contains("syntax error") || text.contains("incomplete input") {
            return Self::syntax(text.split('"').nth(1).unwrap_or_default());
        }
        Self::new(50_000, 16, text)
    }
}

fn read(thrown: &str) -> Option<Refusal> {
    let mut parts = thrown.splitn(3, ':');
    let number = parts.next()?.parse().ok()?;
    let class = parts.next()?.parse().ok()?;
    Some(Refusal::new(number, class, parts.next()?))
}
