//! Reading `tnsnames.ora`, and the files that it includes.

use crate::descriptor::{Fault, Origin, nodes};
use purlin_core::{Diagnostic, Diagnostics, Error, Outcome, Result};
use std::collections::BTreeMap;
use std::io::Read as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Far more than any estate has.
const LARGEST: u64 = 16 * 1024 * 1024;
/// Files within files. Oracle reads three.
const DEEPEST: usize = 16;
/// Inclusions in all: files that each include the next one twice would be read tens of thousands of times.
const MOST: usize = 256;

/// A file as it was read.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) text: String,
}

/// What stands behind a name.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) source: Arc<Source>,
    pub(super) span: Range<usize>,
    /// Where the name stands.
    at: usize,
}

pub(super) fn load(path: &Path) -> Result<(BTreeMap<String, Entry>, Diagnostics)> {
    let mut loader = Loader::default();
    let text = read(path).map_err(|error| {
        let error = Error::io(super::OPERATION, error).with_outcome(Outcome::NotSent);
        error.with_note(path.display().to_string())
    })?;
    loader.open.push(identity(path));
    loader.file(path, text);
    Ok((loader.entries, loader.found))
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, "the file is larger than 16 MiB"));
    }
    // Old files have comments in other encodings, which must not cost the names.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Two paths of one file are one.
fn identity(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

#[derive(Debug, Default)]
struct Loader {
    entries: BTreeMap<String, Entry>,
    found: Diagnostics,
    /// The files that are being read, each included by the one before.
    open: Vec<PathBuf>,
    inclusions: usize,
}

impl Loader {
    fn file(&mut self, path: &Path, text: String) {
        let source = Arc::new(Source { name: path.display().to_string(), text });
        let origin = Origin::file(source.name.clone(), &source.text);
        let mut at = 0;
        loop {
            match assignment(&source.text, at) {
                Ok(None) => return,
                Ok(Some((names, value, end))) => {
                    at = end;
                    match names.as_slice() {
                        [(name, _)] if name == "IFILE" => {
                            self.include(path, &source.text[value.clone()], value.start, &origin)
                        }
                        _ => names.into_iter().for_each(|(name, at)| {
                            self.enter(
                                name,
                                Entry { source: source.clone(), span: value.clone(), at },
                                &origin,
                            );
                        }),
                    }
                }
                Err(fault) => {
                    self.found.push(fault.diagnostic(&origin));
                    let Some(next) = next_name(&source.text, fault.at.max(at)) else { return };
                    at = next;
                }
            }
        }
    }

    fn enter(&mut self, name: String, entry: Entry, origin: &Origin<'_>) {
        let place = origin.place(entry.at);
        let message = format!("{name} stands there twice, and this one counts");
        if let Some(before) = self.entries.insert(name, entry) {
            let earlier = Origin::file(before.source.name.clone(), &before.source.text).place(before.at);
            let warning = Diagnostic::warning("duplicate-name", message).place(place);
            self.found.push(warning.related("the earlier one", earlier));
        }
    }

    fn include(&mut self, from: &Path, value: &str, at: usize, origin: &Origin<'_>) {
        self.inclusions += 1;
        if self.inclusions > MOST + 1 {
            // It has been told.
            return;
        }
        let value = value.trim_matches(['"', '\'']);
        let path = from.parent().unwrap_or_else(|| Path::new("")).join(value);
        let identity = identity(&path);
        let fault = if self.open.contains(&identity) {
            let fault = Fault::new(at, "ifile-circle", format!("{} includes itself", path.display()));
            let chain: Vec<_> = self.open.iter().map(|open| file_name(open)).collect();
            fault.help(format!(
                "the files include each other: {}, {}",
                chain.join(", "),
                file_name(&identity)
            ))
        } else if self.inclusions > MOST {
            Fault::new(at, "ifile-depth", format!("more than {MOST} inclusions"))
        } else if self.open.len() >= DEEPEST {
            Fault::new(at, "ifile-depth", format!("more than {DEEPEST} files within each other"))
        } else {
            match read(&path) {
                Ok(text) => {
                    self.open.push(identity);
                    self.file(&path, text);
                    self.open.pop();
                    return;
                }
                Err(error) => {
                    let error = Error::io(super::OPERATION, error);
                    let message = format!("{} cannot be read: {}", path.display(), error.message());
                    Fault::new(at, "ifile-unreadable", message)
                }
            }
        };
        self.found.push(fault.diagnostic(origin));
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// The names in upper case with their places, where the value stands, and where what follows begins.
type Assignment = (Vec<(String, usize)>, Range<usize>, usize);

/// `NAME[, NAME…] = VALUE`; none at the end of the text.
fn assignment(text: &str, from: usize) -> Result<Option<Assignment>, Fault> {
    let mut at = nodes::skip(text, from);
    if at == text.len() {
        return Ok(None);
    }
    let mut names = Vec::new();
    loop {
        let ends =
            |letter: char| letter.is_whitespace() || matches!(letter, '=' | ',' | '(' | ')' | '#' | '"');
        let length = text[at..].find(ends).unwrap_or(text.len() - at);
        if length == 0 {
            return Err(unexpected(text, at, "a name"));
        }
        names.push((text[at..at + length].to_ascii_uppercase(), at));
        at = nodes::skip(text, at + length);
        match text[at..].chars().next() {
            Some(',') => at = nodes::skip(text, at + 1),
            Some('=') => break,
            _ => return Err(unexpected(text, at, "= after a name")),
        }
    }
    let begin = nodes::skip(text, at + 1);
    if text[begin..].starts_with('(') {
        let (_, end) = nodes::node(text, begin)?;
        return Ok(Some((names, begin..end, end)));
    }
    let line_end = text[begin..].find('\n').map_or(text.len(), |length| begin + length);
    let line = &text[begin..line_end];
    let value = line.split(" #").next().unwrap_or_default().trim_end();
    match value.is_empty() {
        true => Err(unexpected(text, begin, "a value")),
        false => Ok(Some((names, begin..begin + value.len(), line_end))),
    }
}

/// Where the next line begins that begins with a name.
fn next_name(text: &str, after: usize) -> Option<usize> {
    let mut at = after;
    while let Some(length) = text[at..].find('\n') {
        at += length + 1;
        let line = text[at..].lines().next().unwrap_or_default();
        if line.starts_with(|letter: char| letter.is_ascii_alphanumeric()) && line.contains('=') {
            return Some(at);
        }
    }
    None
}

fn unexpected(text: &str, at: usize, wanted: &str) -> Fault {
    let found = text[at..].chars().next();
    let found = found.map_or_else(|| "the end".to_owned(), |letter| format!("{letter:?}"));
    Fault::new(at, "syntax", format!("{found} where {wanted} belongs"))
}
