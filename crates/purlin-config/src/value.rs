//! One value of a document, read as what it should be; a fault is reported where it stands.

use crate::{Document, Fields};
use purlin_core::{Diagnostic, Endpoint, Place, SecretRef, suggest, units};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeString, DeValue};

const SECRET_FORMS: &str =
    "one of { env = \"NAME\" }, { file = \"PATH\" }, { command = [\"PROGRAM\", \"ARGUMENT\"] }";

/// Why a text is not what it should be, and what to write instead.
#[derive(Debug)]
#[non_exhaustive]
pub struct Misread {
    /// What is wrong, without the key.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Misread {
    /// A fault without advice.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    /// Sets what to write instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Value<'d> {
    document: &'d Document,
    value: &'d DeValue<'d>,
    span: Range<usize>,
    /// What it is called in messages: its key, behind those of its tables.
    path: String,
}

impl<'d> Value<'d> {
    pub(crate) fn new(document: &'d Document, value: &'d Spanned<DeValue<'d>>, path: String) -> Self {
        Self { document, value: value.get_ref(), span: value.span(), path }
    }

    /// Where it stands.
    pub fn place(&self) -> Place {
        self.document.place(self.span.start)
    }

    /// A text that this reads.
    pub fn parsed<T>(&self, parse: impl FnOnce(&str) -> Result<T, Misread>) -> Option<T> {
        match parse(self.text()?) {
            Ok(value) => Some(value),
            Err(fault) => self.report("bad-value", format!("{}: {}", self.path, fault.message), fault.help),
        }
    }

    /// A whole number.
    pub fn integer(&self) -> Option<i64> {
        let read = match self.value {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => return self.wrong_type("a whole number, without quotes"),
        };
        read.or_else(|| self.report("bad-value", format!("{}: the number is too big", self.path), None))
    }

    /// A whole number in this range.
    pub fn number(&self, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        let number = self.integer()?;
        if range.contains(&number) {
            return Some(number);
        }
        let message = format!("{}: {number} is not from {} to {}", self.path, range.start(), range.end());
        self.report("bad-value", message, None)
    }

    /// Reports a fault of this value that its reader found, such as one that only shows beside other values.
    pub fn reject(&self, fault: Misread) {
        let _: Option<()> = self.report("bad-value", format!("{}: {}", self.path, fault.message), fault.help);
    }

    /// A text.
    pub fn text(&self) -> Option<&'d str> {
        match self.value {
            DeValue::String(text) => Some(text.as_ref()),
            _ => self.wrong_type("a text in quotes"),
        }
    }

    /// Whether it is a text; nothing is reported, for keys that may be more than one thing.
    pub fn is_text(&self) -> bool {
        matches!(self.value, DeValue::String(_))
    }

    /// Whether it is a whole number.
    pub fn is_integer(&self) -> bool {
        matches!(self.value, DeValue::Integer(_))
    }

    /// Whether it is true or false.
    pub fn is_boolean(&self) -> bool {
        matches!(self.value, DeValue::Boolean(_))
    }

    /// Whether it is a table.
    pub fn is_table(&self) -> bool {
        matches!(self.value, DeValue::Table(_))
    }

    /// A text with something in it.
    pub fn name(&self) -> Option<String> {
        self.parsed(|text| {
            if text.is_empty() { Err(Misread::new("the text is empty")) } else { Ok(text.to_owned()) }
        })
    }

    /// True or false.
    pub fn boolean(&self) -> Option<bool> {
        match self.value {
            DeValue::Boolean(value) => Some(*value),
            _ => self.wrong_type("true or false, without quotes"),
        }
    }

    /// A path; a relative one is relative to the file's folder.
    pub fn path(&self) -> Option<PathBuf> {
        Some(self.document.joined(&self.name()?))
    }

    /// A list of paths.
    pub fn paths(&self) -> Option<Vec<PathBuf>> {
        self.list("a list of files, such as [\"a.pem\"]", Self::path)
    }

    /// A list, each element read by the same; None where one of them is at fault.
    pub fn list<T>(&self, expected: &str, read: impl Fn(&Self) -> Option<T>) -> Option<Vec<T>> {
        let DeValue::Array(elements) = self.value else {
            return self.wrong_type(expected);
        };
        let element =
            |(index, element)| Value::new(self.document, element, format!("{}[{index}]", self.path));
        // All are read before one that is at fault ends it: every fault is told.
        let read: Vec<_> = elements.iter().enumerate().map(|one| read(&element(one))).collect();
        read.into_iter().collect()
    }

    /// A reference to a secret; a relative path in it is relative to the file's folder.
    pub fn secret(&self) -> Option<SecretRef> {
        let DeValue::Table(table) = self.value else {
            return self.wrong_type(SECRET_FORMS);
        };
        let forms = self.table(|fields| {
            let env = fields.value("env").map(|value| value.name().map(SecretRef::env));
            let file = fields.value("file").map(|value| value.path().map(SecretRef::file));
            let command = fields.value("command").map(|value| value.command().map(SecretRef::command));
            [env, file, command]
        })?;
        let mut forms = forms.into_iter().flatten();
        match (forms.next(), forms.next()) {
            (Some(form), None) => form,
            // Its keys are unknown, and that is told already.
            (None, _) if !table.is_empty() => None,
            _ => {
                let message = format!("{}: a secret comes from one source", self.path);
                self.report("bad-value", message, Some(format!("write {SECRET_FORMS}")))
            }
        }
    }

    /// A program and its arguments.
    pub fn command(&self) -> Option<Vec<String>> {
        const WORDS: &str = "a list of words, the program first";
        let argv = self.list(WORDS, |word| word.text().map(str::to_owned))?;
        match argv.first() {
            Some(program) if !program.is_empty() => Some(argv),
            _ => {
                let message = format!("{}: there is no program", self.path);
                self.report("bad-value", message, Some(format!("write {WORDS}")))
            }
        }
    }

    /// Walks a table.
    pub(crate) fn table<T>(&self, walk: impl FnOnce(&mut Fields<'d>) -> T) -> Option<T> {
        let DeValue::Table(table) = self.value else {
            return self.wrong_type(&format!("a table: [{}]", self.path));
        };
        let mut fields = Fields::new(self.document, table, self.path.clone(), self.span.start);
        let walked = walk(&mut fields);
        fields.finish();
        Some(walked)
    }

    /// Walks each table of a list of tables: `[[key]]`.
    pub(crate) fn tables<T>(&self, mut walk: impl FnMut(&mut Fields<'d>) -> T) -> Option<Vec<T>> {
        let DeValue::Array(elements) = self.value else {
            return self.wrong_type(&format!("tables, each under [[{}]]", self.path));
        };
        let element = |element| Value::new(self.document, element, self.path.clone());
        Some(elements.iter().filter_map(|one| element(one).table(&mut walk)).collect())
    }

    /// The entries of a table whose keys the user chooses.
    pub(crate) fn entries(&self, help: &str) -> Vec<(&'d str, Value<'d>)> {
        let DeValue::Table(table) = self.value else {
            return self.wrong_type(help).unwrap_or_default();
        };
        let entry = |(name, value): (&'d Spanned<DeString<'d>>, _)| {
            if name.get_ref().is_empty() {
                let fault = Diagnostic::error("bad-value", format!("{}: the name is empty", self.path));
                self.document.report(&name.span(), fault);
            }
            let name = name.get_ref().as_ref();
            (name, Value::new(self.document, value, format!("{}.{name}", self.path)))
        };
        table.iter().map(entry).collect()
    }

    fn wrong_type<T>(&self, expected: &str) -> Option<T> {
        let message = format!("{} is {}", self.path, self.what());
        self.report("wrong-type", message, Some(format!("write {expected}")))
    }

    fn report<T>(&self, code: &'static str, message: String, help: Option<String>) -> Option<T> {
        let mut fault = Diagnostic::error(code, message);
        fault.help = help;
        self.document.report(&self.span, fault);
        None
    }

    fn what(&self) -> &'static str {
        match self.value {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        }
    }
}

/// A duration above zero, such as a time limit.
pub fn duration(text: &str) -> Result<Duration, Misread> {
    match units::duration::parse(text) {
        Ok(Duration::ZERO) => Err(Misread::new(format!("{text:?} leaves no time at all"))),
        Ok(duration) => Ok(duration),
        Err(error) => Err(Misread::new(error.message())),
    }
}

/// A name that a certificate can be for.
pub fn server_name(text: &str) -> Result<String, Misread> {
    match Endpoint::new(text, 1) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(Misread::new(error.message()).help("write a host name or an address")),
    }
}

/// One of a few words, each with what it means.
///
/// # Errors
/// A [`Misread`] with what was probably meant, or all of them.
pub fn choice<T: Clone>(text: &str, words: &[(&str, T)]) -> Result<T, Misread> {
    if let Some((_, meant)) = words.iter().find(|(word, _)| *word == text) {
        return Ok(meant.clone());
    }
    let help = match suggest(text, words.iter().map(|(word, _)| *word)) {
        Some(word) => format!("did you mean {word:?}?"),
        None => {
            format!("write one of {}", words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", "))
        }
    };
    Err(Misread::new(format!("unknown value {text:?}")).help(help))
}
