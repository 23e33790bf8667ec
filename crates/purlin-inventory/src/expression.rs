//! Faults in expressions that people type: selectors and node sets.

use purlin_core::{Diagnostic, Diagnostics, Error, ErrorKind, Place};

/// A fault at a byte offset of an expression. It prints as `selector:1:7: message`, line and column from 1; the
/// diagnostic with its help is the error's detail.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) offset: usize,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Fault {
    pub(crate) fn new(offset: usize, code: &'static str, message: impl Into<String>) -> Self {
        Self { offset, code, message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// A warning about this expression.
    pub(crate) fn into_warning(self, what: &'static str, text: &str) -> Diagnostic {
        let place = Place::file(what).offset(text, self.offset);
        let diagnostic = Diagnostic::warning(self.code, self.message).place(place);
        match self.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }

    /// The error about this expression, which messages call `what`.
    pub(crate) fn into_error(self, what: &'static str, text: &str, operation: &'static str) -> Error {
        let place = Place::file(what).offset(text, self.offset);
        let mut diagnostic = Diagnostic::error(self.code, self.message).place(place);
        if let Some(help) = self.help {
            diagnostic = diagnostic.help(help);
        }
        let message = diagnostic.message.clone();
        match Diagnostics::from_iter([diagnostic]).into_result(operation) {
            Err(error) => error,
            Ok(_) => Error::new(ErrorKind::Invalid, message).with_operation(operation),
        }
    }
}

/// A text of any length, as it may stand in a message.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
