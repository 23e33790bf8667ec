//! The text of statements, and where it stands.

use crate::input::{STANDARD_INPUT, Source};
use purlin::core::{Diagnostic, Diagnostics, Place};
use purlin::db::{Dialect, dialect::ScriptPart};
use purlin::{Error, ErrorKind, Result};
use std::path::Path;

/// SQL, from an argument or from standard input.
#[derive(Debug)]
pub(super) struct Text {
    /// What messages call the place where it stands.
    name: &'static str,
    pub(super) text: String,
}

impl Text {
    /// The argument itself; `-` is standard input, unless the password comes from there.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for what cannot be read.
    pub(super) fn read(argument: &str, input_is_taken: bool) -> Result<Self> {
        if argument != "-" {
            return Ok(Self { name: "SQL", text: argument.to_owned() });
        }
        if input_is_taken {
            let fault = Diagnostic::error("usage", "standard input cannot be the password and the SQL");
            return Err(refused(
                fault.help("give the password by --password-env NAME, or the SQL as an argument"),
            ));
        }
        let mut faults = Diagnostics::new();
        match Source::named(Path::new("-"), &mut faults) {
            Some(source) => Ok(Self { name: STANDARD_INPUT, text: source.text }),
            None => Err(faults
                .into_result("sql.read")
                .err()
                .unwrap_or_else(|| Error::new(ErrorKind::Invalid, "no SQL"))),
        }
    }

    /// Its statements.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where there is none.
    pub(super) fn statements(&self, dialect: &Dialect) -> Result<Vec<ScriptPart<'_>>> {
        let parts = dialect.split(&self.text);
        if parts.is_empty() {
            let fault = Diagnostic::error("no-statement", "there is no statement in it");
            return Err(refused(fault.place(Place::file(self.name))));
        }
        Ok(parts)
    }

    /// Where a statement begins.
    pub(super) fn place(&self, part: &ScriptPart<'_>) -> Place {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Place::file(self.name).at(number(part.line), number(part.column))
    }
}

/// Bad input, as its diagnostic tells it.
pub(super) fn refused(fault: Diagnostic) -> Error {
    let message = fault.message.clone();
    Error::new(ErrorKind::Invalid, message).with_detail(Diagnostics::from_iter([fault]))
}
