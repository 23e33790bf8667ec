//! A TOML document whose values remember where they stand.

use crate::{Fields, Value};
use purlin_core::{Diagnostic, Diagnostics, Place};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// More faults of one file than this are counted, not told.
const MOST_FAULTS: usize = 1000;

/// The text of a file, what is wrong with it so far, and the way from an offset to a place.
#[derive(Debug)]
pub struct Document {
    name: String,
    folder: PathBuf,
    text: String,
    /// Where each line starts.
    lines: Vec<usize>,
    faults: RefCell<Vec<(usize, Diagnostic)>>,
    untold: RefCell<usize>,
}

impl Document {
    /// A text that was read from this file, as the user named it. Relative paths in it are relative to the folder that
    /// the name has: to the working directory where it has none, as for `-`.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let (name, text) = (name.into(), text.into());
        let folder = Path::new(&name).parent().map(Path::to_owned).unwrap_or_default();
        let breaks = text.match_indices('\n').map(|(offset, _)| offset + 1);
        let lines = std::iter::once(0).chain(breaks).collect();
        Self { name, folder, lines, text, faults: RefCell::default(), untold: RefCell::default() }
    }

    /// Sets what a relative path in it is relative to, where that is not the folder of its name.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Walks the document from its root. Faults go to `faults`, those of the syntax first in each line; none where
    /// nothing could be made of it.
    ///
    /// After an error of syntax the rest is walked all the same, so that everything is told at once; but what stands
    /// on a faulty line, or behind a table's broken header, says nothing.
    pub fn walk<T>(self, faults: &mut Diagnostics, walk: impl FnOnce(&mut Fields<'_>) -> T) -> Option<T> {
        let (root, errors) = DeTable::parse_recoverable(&self.text);
        let mut broken_lines = BTreeSet::new();
        let mut credible = usize::MAX;
        for error in &errors {
            let span = error.span().unwrap_or(0..0);
            let line = self.line(span.start);
            if self.line_text(line).trim_start().starts_with('[') {
                credible = credible.min(span.start);
            }
            // One mistake may make the parser stumble twice; the first stumble is where it stands.
            if broken_lines.insert(line) {
                self.report(&span, self.syntax_fault(error, &span));
            }
        }
        let syntax: Vec<_> = self.faults.take();
        let mut fields = Fields::new(&self, root.get_ref(), String::new(), 0);
        let walked = walk(&mut fields);
        fields.finish();
        let meaning = self.faults.take().into_iter();
        let meaning =
            meaning.filter(|(offset, _)| *offset < credible && !broken_lines.contains(&self.line(*offset)));
        faults.extend(syntax.into_iter().chain(meaning).map(|(_, fault)| fault));
        let untold = self.untold.take();
        if untold > 0 {
            let message = format!("{untold} more faults of this file are not shown");
            faults.push(Diagnostic::error("more-faults", message).place(Place::file(&self.name)));
        }
        errors.is_empty().then_some(walked)
    }

    /// Reads a document that is one value, as an environment variable holds it.
    pub fn value<T>(self, faults: &mut Diagnostics, read: impl FnOnce(&Value<'_>) -> Option<T>) -> Option<T> {
        let read = match DeValue::parse(&self.text) {
            Ok(value) => read(&Value::new(&self, &value, self.name.clone())),
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                self.report(&span, self.syntax_fault(&error, &span));
                None
            }
        };
        faults.extend(self.faults.take().into_iter().map(|(_, fault)| fault));
        read
    }

    /// Remembers a fault of what stands at this span.
    pub(crate) fn report(&self, span: &Range<usize>, fault: Diagnostic) {
        let mut faults = self.faults.borrow_mut();
        if faults.len() < MOST_FAULTS {
            faults.push((span.start, fault.place(self.place(span.start))));
        } else {
            *self.untold.borrow_mut() += 1;
        }
    }

    /// Where an offset is.
    pub(crate) fn place(&self, offset: usize) -> Place {
        let line = self.line(offset);
        let start = self.lines[line];
        let before = self.text.get(start..offset.min(self.text.len())).unwrap_or_default();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Place::file(&self.name).at(number(line + 1), number(before.chars().count() + 1))
    }

    /// A path of the file: a relative one is relative to its folder.
    pub(crate) fn joined(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    fn line_text(&self, line: usize) -> &str {
        let start = self.lines[line];
        self.text[start..].lines().next().unwrap_or_default()
    }

    fn syntax_fault(&self, error: &toml::de::Error, span: &Range<usize>) -> Diagnostic {
        let message = error.message();
        match self.text.get(span.clone()) {
            Some(key) if message == "duplicate key" => {
                let message = format!("the key {key:?} stands here a second time");
                Diagnostic::error("duplicate-key", message).help("keep one of them")
            }
            _ => Diagnostic::error("syntax", message),
        }
    }
}
