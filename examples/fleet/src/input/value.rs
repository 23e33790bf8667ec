//! One value of a document, read as what it should be; a fault is reported where it stands.

use super::{Document, Fields};
use clap::ValueEnum;
use purlin::core::{Diagnostic, Place, SecretRef, suggest, units};
use purlin::db::Target;
use purlin::{Endpoint, Error};
use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;
use toml::Spanned;
use toml::de::{DeString, DeValue};

const SECRET_FORMS: &str =
    "one of { env = \"NAME\" }, { file = \"PATH\" }, { command = [\"PROGRAM\", \"ARGUMENT\"] }";

/// Why a text is not what it should be, and what to write instead.
#[derive(Debug)]
pub(crate) struct Misread {
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Misread {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    fn help(mut self, help: String) -> Self {
        self.help = Some(help);
        self
    }
}

/// A value with its place.
#[derive(Debug, Clone)]
pub(crate) struct Value<'d> {
    document: &'d Document,
    value: &'d DeValue<'d>,
    span: Range<usize>,
    /// What it is called in messages: its key, behind those of its tables.
    path: String,
}

impl<'d> Value<'d> {
    pub(super) fn new(document: &'d Document, value: &'d Spanned<DeValue<'d>>, path: String) -> Self {
        Self { document, value: value.get_ref(), span: value.span(), path }
    }

    /// Where it stands.
    pub(crate) fn place(&self) -> Place {
        self.document.place(self.span.start)
    }

    /// A text that this reads.
    pub(crate) fn parsed<T>(&self, parse: impl FnOnce(&str) -> Result<T, Misread>) -> Option<T> {
        match parse(self.text()?) {
            Ok(value) => Some(value),
            Err(fault) => self.report("bad-value", format!("{}: {}", self.path, fault.message), fault.help),
        }
    }

    pub(crate) fn text(&self) -> Option<&'d str> {
        match self.value {
            DeValue::String(text) => Some(text.as_ref()),
            _ => self.wrong_type("a text in quotes"),
        }
    }

    /// A text with something in it.
    pub(crate) fn name(&self) -> Option<String> {
        self.parsed(|text| {
            if text.is_empty() { Err(Misread::new("the text is empty")) } else { Ok(text.to_owned()) }
        })
    }

    pub(crate) fn boolean(&self) -> Option<bool> {
        match self.value {
            DeValue::Boolean(value) => Some(*value),
            _ => self.wrong_type("true or false, without quotes"),
        }
    }

    /// A path; a relative one is relative to the file's folder.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        Some(self.document.folder().join(self.name()?))
    }

    /// The URL of a database; the path of a file is relative to the file that names it.
    pub(crate) fn database(&self) -> Option<Target> {
        let mut target = self.parsed(|text| text.parse::<Target>().map_err(|error| unusable(&error)))?;
        let file =
            target.path.as_ref().filter(|path| target.hosts.is_empty() && path.as_os_str() != ":memory:");
        if let Some(path) = file.filter(|path| path.is_relative()) {
            target.path = Some(self.document.folder().join(path));
        }
        Some(target)
    }

    /// A profile of a directory: one that is built in, or the path of a file.
    pub(crate) fn profile(&self) -> Option<String> {
        let name = self.name()?;
        let is_path = name.contains('/') || name.contains('.');
        Some(if is_path { self.path()?.display().to_string() } else { name })
    }

    /// A list of paths.
    pub(crate) fn paths(&self) -> Option<Vec<PathBuf>> {
        self.list("a list of files, such as [\"a.pem\"]", Self::path)
    }

    /// A list of sources of an inventory. A relative path is relative to the file's folder; hosts with a comma and
    /// commands stay as they are.
    pub(crate) fn sources(&self) -> Option<Vec<String>> {
        self.list("a list of sources, such as [\"estate.toml\"]", |element| {
            let source = element.name()?;
            let is_path = !source.contains(',') && !source.starts_with("exec:");
            Some(if is_path { element.path()?.display().to_string() } else { source })
        })
    }

    /// A list, each element read by the same; None where one of them is at fault.
    pub(crate) fn list<T>(&self, expected: &str, read: impl Fn(&Self) -> Option<T>) -> Option<Vec<T>> {
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
    pub(crate) fn secret(&self) -> Option<SecretRef> {
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

    fn command(&self) -> Option<Vec<String>> {
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
    pub(super) fn table<T>(&self, walk: impl FnOnce(&mut Fields<'d>) -> T) -> Option<T> {
        let DeValue::Table(table) = self.value else {
            return self.wrong_type(&format!("a table: [{}]", self.path));
        };
        let mut fields = Fields::new(self.document, table, self.path.clone(), self.span.start);
        let walked = walk(&mut fields);
        fields.finish();
        Some(walked)
    }

    /// The entries of a table whose keys the user chooses.
    pub(super) fn entries(&self, help: &str) -> Vec<(&'d str, Value<'d>)> {
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
pub(crate) fn duration(text: &str) -> Result<Duration, Misread> {
    match units::duration::parse(text) {
        Ok(Duration::ZERO) => Err(Misread::new(format!("{text:?} leaves no time at all"))),
        Ok(duration) => Ok(duration),
        Err(error) => Err(Misread::new(error.message())),
    }
}

/// What is wrong with a URL; of a password in it nothing is repeated.
fn unusable(error: &Error) -> Misread {
    let help =
        "write ENGINE://USER@HOST/DATABASE or sqlite:PATH; a password as password = { env = \"NAME\" }";
    Misread::new(error.message().to_owned()).help(help.to_owned())
}

/// A name that a certificate can be for.
pub(crate) fn server_name(text: &str) -> Result<String, Misread> {
    match Endpoint::new(text, 1) {
        Ok(_) => Ok(text.to_owned()),
        Err(error) => Err(Misread::new(error.message()).help("write a host name or an address".to_owned())),
    }
}

/// One of a few words.
pub(crate) fn choice<T: ValueEnum>(text: &str) -> Result<T, Misread> {
    T::from_str(text, false).map_err(|_| {
        let names: Vec<_> = T::value_variants().iter().filter_map(ValueEnum::to_possible_value).collect();
        let names: Vec<_> = names.iter().map(|name| name.get_name()).collect();
        let help = match suggest(text, names.iter().copied()) {
            Some(name) => format!("did you mean {name:?}?"),
            None => format!("write one of {}", names.join(", ")),
        };
        Misread::new(format!("unknown value {text:?}")).help(help)
    })
}
