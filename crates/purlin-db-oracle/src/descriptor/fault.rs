//! What is wrong with a descriptor, and where.

use purlin_core::{Diagnostic, Diagnostics, Error, ErrorKind, LineIndex, Outcome, Place};
use std::borrow::Cow;

const OPERATION: &str = "oracle.names";
/// How a descriptor that stands in no file is named.
const ARGUMENT: &str = "connect string";

/// Where a text stands.
#[derive(Debug, Clone)]
pub(crate) struct Origin<'t> {
    file: String,
    lines: LineIndex<'t>,
    /// Where in it what is read begins.
    begin: usize,
}

impl<'t> Origin<'t> {
    pub(crate) fn argument(text: &'t str) -> Self {
        Self::file(ARGUMENT, text)
    }

    pub(crate) fn file(name: impl Into<String>, text: &'t str) -> Self {
        Self { file: name.into(), lines: LineIndex::new(text), begin: 0 }
    }

    /// The same for what begins there.
    pub(crate) fn from(self, begin: usize) -> Self {
        Self { begin, ..self }
    }

    pub(crate) fn place(&self, offset: usize) -> Place {
        self.lines.place(self.file.clone(), self.begin + offset)
    }
}

/// A fault at a byte offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    code: &'static str,
    message: String,
    help: Option<Cow<'static, str>>,
    weight: Weight,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    Warning,
    Invalid,
    Unsupported,
}

impl Fault {
    pub(crate) fn new(at: usize, code: &'static str, message: impl Into<String>) -> Self {
        Self { at, code, message: message.into(), help: None, weight: Weight::Invalid }
    }

    /// Well written, but nothing that purlin does.
    pub(crate) fn unsupported(at: usize, message: impl Into<String>) -> Self {
        Self { weight: Weight::Unsupported, ..Self::new(at, "unsupported", message) }
    }

    /// Without effect.
    pub(crate) fn warning(at: usize, code: &'static str, message: impl Into<String>) -> Self {
        Self { weight: Weight::Warning, ..Self::new(at, code, message) }
    }

    pub(crate) fn help(mut self, help: impl Into<Cow<'static, str>>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Whether the descriptor cannot be used.
    pub(crate) fn is_error(&self) -> bool {
        self.weight != Weight::Warning
    }

    pub(crate) fn diagnostic(&self, origin: &Origin<'_>) -> Diagnostic {
        let diagnostic = match self.weight {
            Weight::Warning => Diagnostic::warning(self.code, self.message.clone()),
            _ => Diagnostic::error(self.code, self.message.clone()),
        };
        let diagnostic = diagnostic.place(origin.place(self.at));
        match &self.help {
            Some(help) => diagnostic.help(help.clone()),
            None => diagnostic,
        }
    }
}

/// The warnings, or all faults as one error: unsupported where nothing else is wrong.
pub(crate) fn judge(faults: &[Fault], origin: &Origin<'_>) -> Result<Diagnostics, Error> {
    let found: Diagnostics = faults.iter().map(|fault| fault.diagnostic(origin)).collect();
    let has = |weight| faults.iter().any(|fault| fault.weight == weight);
    let only_unsupported = has(Weight::Unsupported) && !has(Weight::Invalid);
    found.into_result(OPERATION).map_err(|error| {
        let error = error.with_outcome(Outcome::NotSent);
        if !only_unsupported {
            return error;
        }
        let same = Error::new(ErrorKind::Unsupported, error.message().to_owned())
            .with_operation(OPERATION)
            .with_outcome(Outcome::NotSent);
        match error.detail::<Diagnostics>() {
            Some(all) => same.with_detail(all.clone()),
            None => same,
        }
    })
}

pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation(OPERATION).with_outcome(Outcome::NotSent)
}
