//! The walk through a table: what is asked for is known, and what is left over is told.

use crate::{Document, Value};
use purlin_core::{Diagnostic, Place, suggest};
use toml::de::DeTable;

/// The keys of one table. Each [`value`](Self::value) that is asked for becomes a known key; the keys that nobody
/// asked for are faults.
#[derive(Debug)]
pub struct Fields<'d> {
    document: &'d Document,
    table: &'d DeTable<'d>,
    /// What the table is called in messages; empty for the root.
    path: String,
    /// The byte where the table stands.
    start: usize,
    asked: Vec<&'static str>,
}

impl<'d> Fields<'d> {
    pub(crate) fn new(document: &'d Document, table: &'d DeTable<'d>, path: String, start: usize) -> Self {
        Self { document, table, path, start, asked: Vec::new() }
    }

    /// The value of a key, if it is there.
    pub fn value(&mut self, key: &'static str) -> Option<Value<'d>> {
        self.asked.push(key);
        let (_, value) = self.table.iter().find(|(name, _)| name.get_ref() == key)?;
        Some(Value::new(self.document, value, self.path_of(key)))
    }

    /// Where the table stands: at its first key, where it has one.
    pub fn place(&self) -> Place {
        let first = self.table.iter().map(|(name, _)| name.span().start).min();
        self.document.place(first.unwrap_or(self.start))
    }

    /// Walks the table of a key, if it is there and one.
    pub fn table<T>(&mut self, key: &'static str, walk: impl FnOnce(&mut Fields<'d>) -> T) -> Option<T> {
        self.value(key)?.table(walk)
    }

    /// Walks the tables of a key whose names the user chooses, with their names; such a table is `[key.NAME]`. The help
    /// is for whoever writes the key as something else.
    pub fn named_tables<T>(
        &mut self,
        key: &'static str,
        help: &str,
        mut walk: impl FnMut(&str, &mut Fields<'d>) -> T,
    ) -> Vec<(String, T)> {
        let entries = self.value(key).map(|value| value.entries(help)).unwrap_or_default();
        let walked = entries.into_iter().filter_map(|(name, value)| {
            let walked = value.table(|fields| walk(name, fields))?;
            Some((name.to_owned(), walked))
        });
        walked.collect()
    }

    /// Walks each table of a list of tables, `[[key]]`, in order; none where the key is not there.
    pub fn tables<T>(&mut self, key: &'static str, walk: impl FnMut(&mut Fields<'d>) -> T) -> Vec<T> {
        self.value(key).and_then(|value| value.tables(walk)).unwrap_or_default()
    }

    /// Reads the values of a table whose names the user chooses, such as variables, with their names. The help is for
    /// whoever writes the key as something else.
    pub fn named_values<T>(
        &mut self,
        key: &'static str,
        help: &str,
        mut read: impl FnMut(&Value<'d>) -> Option<T>,
    ) -> Vec<(String, T)> {
        let entries = self.value(key).map(|value| value.entries(help)).unwrap_or_default();
        entries.into_iter().filter_map(|(name, value)| Some((name.to_owned(), read(&value)?))).collect()
    }

    /// The value of a key that has to be there: that it is missing is told.
    pub fn wanted(&mut self, key: &'static str) -> Option<Value<'d>> {
        let found = self.value(key);
        if found.is_none() {
            self.reject("missing-key", format!("{:?} is missing", self.path_of(key)), None);
        }
        found
    }

    /// Reports a fault of the whole table, where it stands.
    pub fn reject(&self, code: &'static str, message: impl Into<String>, help: Option<&str>) {
        let mut fault = Diagnostic::error(code, message.into());
        fault.help = help.map(str::to_owned);
        self.document.report(&(self.start..self.start), fault);
    }

    /// Reports the keys that nobody asked for.
    pub(crate) fn finish(self) {
        for (name, _) in self.table.iter() {
            let name_text = name.get_ref().as_ref();
            if self.asked.contains(&name_text) {
                continue;
            }
            let table = match self.path.as_str() {
                "" => String::new(),
                path => format!(" in [{path}]"),
            };
            let fault = Diagnostic::error("unknown-key", format!("unknown key {name_text:?}{table}"));
            let help = match suggest(name_text, self.asked.iter().copied()) {
                Some(key) => format!("did you mean {key:?}?"),
                None => format!("known keys: {}", self.asked.join(", ")),
            };
            self.document.report(&name.span(), fault.help(help));
        }
    }

    fn path_of(&self, key: &str) -> String {
        match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        }
    }
}
