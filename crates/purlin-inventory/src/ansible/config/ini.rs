//! The format of `ansible.cfg`: sections, keys, values that go on in lines further in, comments.

use crate::ansible::shown;
use purlin_core::{Diagnostic, Diagnostics, Place};
use std::collections::HashMap;

/// A value and where its key is.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) value: String,
    pub(super) place: Place,
}

/// The values of a file, by section and key in small letters.
#[derive(Debug, Default)]
pub(super) struct Ini(HashMap<(String, String), Entry>);

impl Ini {
    /// The value of a key, in small letters, of a section.
    pub(super) fn get(&self, section: &str, key: &str) -> Option<&Entry> {
        self.0.get(&(section.to_owned(), key.to_owned()))
    }

    /// Reads a whole text; `name` is the file's name in faults.
    pub(super) fn parse(text: &str, name: &str) -> (Self, Diagnostics) {
        let mut parser = Parser {
            name,
            ini: Self::default(),
            faults: Diagnostics::new(),
            section: None,
            seen: HashMap::new(),
            open: None,
            indent: 0,
        };
        for (line, number) in text.lines().zip(1..) {
            parser.line(line, number);
        }
        for entry in parser.ini.0.values_mut() {
            entry.value.truncate(entry.value.trim_end().len());
        }
        (parser.ini, parser.faults)
    }
}

struct Parser<'a> {
    name: &'a str,
    ini: Ini,
    faults: Diagnostics,
    section: Option<String>,
    /// Sections and where they began.
    seen: HashMap<String, u32>,
    /// The key that a line further in goes on with.
    open: Option<(String, String)>,
    indent: usize,
}

impl Parser<'_> {
    fn line(&mut self, line: &str, number: u32) {
        let content = line.trim_start();
        if content.starts_with(['#', ';']) {
            return;
        }
        let content = without_comment(content).trim_end();
        let indent = line.len() - line.trim_start().len();
        let open = self.open.as_ref().and_then(|key| self.ini.0.get_mut(key));
        if content.is_empty() {
            if let Some(entry) = open {
                entry.value.push('\n');
            }
            return;
        }
        if let Some(entry) = open.filter(|_| indent > self.indent) {
            entry.value.push('\n');
            entry.value.push_str(content);
            return;
        }
        self.indent = indent;
        self.open = None;
        let header = content.strip_prefix('[').and_then(|rest| rest.rsplit_once(']'));
        match header {
            Some((name, _)) if !name.is_empty() => self.header(name, number),
            _ => self.entry(content, number),
        }
    }

    fn header(&mut self, name: &str, number: u32) {
        if let Some(first) = self.seen.insert(name.to_owned(), number) {
            let place = Place::file(self.name).line(first);
            let message = format!("section [{}] is there already", shown(name));
            self.fault("duplicate-section", message, number, |fault| {
                fault.related("the first is here", place)
            });
        }
        self.section = Some(name.to_owned());
    }

    fn entry(&mut self, content: &str, number: u32) {
        let Some(section) = self.section.clone() else {
            let help = |fault: Diagnostic| fault.help("begin with a line [defaults]");
            return self.fault(
                "no-section",
                "a setting stands before the first section".into(),
                number,
                help,
            );
        };
        let Some((key, value)) = content.split_once(['=', ':']).filter(|(key, _)| !key.trim().is_empty())
        else {
            let message = format!("'{}' is no setting", shown(content));
            let help = |fault: Diagnostic| fault.help("a setting is written as key = value");
            return self.fault("bad-line", message, number, help);
        };
        let key = (section, key.trim().to_lowercase());
        if let Some(first) = self.ini.0.get(&key) {
            let (message, place) = (format!("{} is set already", shown(&key.1)), first.place.clone());
            return self
                .fault("duplicate-key", message, number, |fault| fault.related("it was set here", place));
        }
        let place = Place::file(self.name).line(number);
        self.open = Some(key.clone());
        self.ini.0.insert(key, Entry { value: value.trim().to_owned(), place });
    }

    fn fault(
        &mut self,
        code: &'static str,
        message: String,
        line: u32,
        more: impl FnOnce(Diagnostic) -> Diagnostic,
    ) {
        let place = Place::file(self.name).line(line);
        self.faults.push(more(Diagnostic::error(code, message).place(place)));
    }
}

/// A line up to a semicolon that follows a blank.
fn without_comment(line: &str) -> &str {
    let mut blank = false;
    for (index, letter) in line.char_indices() {
        if letter == ';' && blank {
            return line.get(..index).unwrap_or(line);
        }
        blank = letter.is_whitespace();
    }
    line
}

#[cfg(test)]
mod checks {
    use super::Ini;

    proptest::proptest! {
        #[test]
        fn no_text_panics(text in "([\\[\\]=:;#a-c \t\n\ré]|\\[a\\]\n|k = v\n){0,60}") {
            let (ini, faults) = Ini::parse(&text, "ansible.cfg");
            let _ = (ini.get("a", "k"), faults.to_string());
        }

        #[test]
        fn what_is_written_is_read(value in "[a-z]([a-z,= ]{0,20}[a-z])?", key in "[a-z_]{1,10}") {
            let (ini, faults) = Ini::parse(&format!("# c\n[s]\n{key} = {value} ; c\n"), "f");
            assert!(faults.is_empty());
            assert_eq!(ini.get("s", &key).map(|entry| entry.value.as_str()), Some(value.as_str()));
        }
    }
}
