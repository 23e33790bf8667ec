//! TOML.

mod long_key;
mod size;

use super::number::integer;
use super::{MAX_DEPTH, MAX_VALUES, Named, too_deep, too_many};
use crate::{FileId, Located, Map, Origin, Value};
use purlin_core::{Diagnostic, Diagnostics, Place};
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml::value::{Datetime, Offset};

/// Reads a whole text. `name` is the file's name in faults, `file` its id in origins. All faults of syntax are told.
///
/// Tables come in the order in which they were first named. Dates and times become texts as Python prints them, which is
/// how Ansible shows them.
pub(crate) fn read(text: &str, name: &str, file: FileId) -> Result<Located, Diagnostics> {
    let named = Named { name, file };
    if let Some(line) = size::exceeded(text) {
        let fault =
            Diagnostic::error("too-many-values", "the tables and values of this file are too many for TOML")
                .place(named.place(named.origin(line, 1)))
                .help("split the file, or write it as YAML, which needs a tenth of the memory");
        return Err(std::iter::once(fault).collect());
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let mut long = long_key::starts(text);
        return Err(errors.iter().take(MOST).map(|error| syntax(error, text, named, &mut long)).collect());
    }
    let mut reader = Reader { lines: Lines::new(text), keys: Keys::default(), named, values: 0 };
    let origin = named.origin(1, 1);
    match reader.table(table.get_ref(), 0, origin) {
        Ok(map) => Ok(Located::new(map, origin)),
        Err(fault) => Err(std::iter::once(*fault).collect()),
    }
}

/// So many faults of one file are told.
const MOST: usize = 100;

fn syntax(
    error: &toml::de::Error,
    text: &str,
    named: Named<'_>,
    long_keys: &mut impl Iterator<Item = usize>,
) -> Diagnostic {
    let place = |offset| Place::file(named.name).offset(text, offset);
    let message = error.message().trim().replace('\n', "; ");
    let Some(span) = error.span() else {
        // Of all faults only this one comes without a place.
        let message = format!("a key of more than {} parts ({message})", long_key::MAX_PARTS);
        let fault = Diagnostic::error("too-deep", message).place(place(long_keys.next().unwrap_or(0)));
        return fault.help("nest less deeply");
    };
    let is_duplicate = message.starts_with("duplicate key");
    let fault = Diagnostic::error(if is_duplicate { "duplicate-key" } else { "toml-syntax" }, message)
        .place(place(span.start));
    if is_duplicate { fault.help("remove one of them") } else { fault }
}

type Fault = Box<Diagnostic>;

struct Reader<'a> {
    lines: Lines<'a>,
    keys: Keys,
    named: Named<'a>,
    values: usize,
}

impl Reader<'_> {
    fn origin(&mut self, offset: usize) -> Origin {
        let (line, column) = self.lines.place(offset);
        self.named.origin(line, column)
    }

    /// `depth` is at most [`MAX_DEPTH`], and so is the number of calls inside each other.
    fn value(&mut self, value: &Spanned<DeValue<'_>>, depth: usize) -> Result<Located, Fault> {
        let origin = self.origin(value.span().start);
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(too_many(self.named.place(origin)).into());
        }
        let value = match value.get_ref() {
            DeValue::String(text) => Value::from(&**text),
            DeValue::Integer(number) => {
                let digits = number.as_str();
                let unsigned = digits.strip_prefix(['-', '+']).unwrap_or(digits);
                integer(digits.starts_with('-'), unsigned, number.radix())
                    .ok_or_else(|| self.too_long(origin))?
            }
            DeValue::Float(number) => {
                Value::Float(number.as_str().parse().map_err(|_| self.too_long(origin))?)
            }
            DeValue::Boolean(truth) => Value::Bool(*truth),
            DeValue::Datetime(time) => Value::from(python_time(time)),
            DeValue::Array(items) => {
                self.enter(depth, origin)?;
                let items: Result<Vec<_>, _> = items.iter().map(|item| self.value(item, depth + 1)).collect();
                Value::from(items?)
            }
            DeValue::Table(table) => Value::from(self.table(table, depth, origin)?),
        };
        Ok(Located::new(value, origin))
    }

    fn table(&mut self, table: &DeTable<'_>, depth: usize, origin: Origin) -> Result<Map, Fault> {
        self.enter(depth, origin)?;
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        let entries = entries.into_iter().map(|(key, value)| {
            let key = self.keys.shared(key.get_ref());
            Ok((key, self.value(value, depth + 1)?))
        });
        Ok(Map::from_unique(entries.collect::<Result<_, Fault>>()?))
    }

    fn enter(&self, depth: usize, origin: Origin) -> Result<(), Fault> {
        if depth >= MAX_DEPTH { Err(too_deep(self.named.place(origin)).into()) } else { Ok(()) }
    }

    fn too_long(&self, origin: Origin) -> Fault {
        let fault = Diagnostic::error("toml-syntax", "a number of more than 4300 digits");
        fault.place(self.named.place(origin)).into()
    }
}

/// Keys that were met lately: tables that follow each other mostly have the same, and share them.
#[derive(Default)]
struct Keys(Vec<Option<Arc<str>>>);

impl Keys {
    const SLOTS: usize = 256;

    fn shared(&mut self, key: &str) -> Arc<str> {
        self.0.resize(Self::SLOTS, None);
        let fold = |sum: usize, byte: &u8| sum.wrapping_mul(31).wrapping_add(usize::from(*byte));
        let slot = key.as_bytes().iter().take(24).fold(key.len(), fold) % Self::SLOTS;
        match self.0.get(slot) {
            Some(Some(known)) if **known == *key => known.clone(),
            _ => {
                let new: Arc<str> = key.into();
                self.0[slot] = Some(new.clone());
                new
            }
        }
    }
}

/// Lines and columns of byte offsets, quick for offsets that rise.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// An offset and its column, from 0.
    last: (usize, usize),
    /// The line of that offset, from 1.
    line: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts, last: (0, 0), line: 1 }
    }

    /// Most offsets are on the line of the one before or on one of the next.
    fn line(&mut self, offset: usize) -> usize {
        let near = self.line..self.starts.len().min(self.line + 4);
        let starts = |line: usize| self.starts.get(line).is_none_or(|start| *start > offset);
        let is_below = self.starts.get(self.line - 1).is_some_and(|start| *start <= offset);
        let next = is_below.then(|| near.into_iter().find(|line| starts(*line))).flatten();
        self.line = next.unwrap_or_else(|| self.starts.partition_point(|start| *start <= offset)).max(1);
        self.line
    }

    fn place(&mut self, offset: usize) -> (usize, usize) {
        let line = self.line(offset);
        let start = line.checked_sub(1).and_then(|index| self.starts.get(index)).copied().unwrap_or(0);
        let (known, before) = self.last;
        let (from, before) = if (start..=offset).contains(&known) { (known, before) } else { (start, 0) };
        let passed = self.text.get(from..offset).unwrap_or_default();
        let column = before + if passed.is_ascii() { passed.len() } else { passed.chars().count() };
        self.last = (offset, column);
        (line, column + 1)
    }
}

fn python_time(time: &Datetime) -> String {
    let mut text = String::new();
    if let Some(date) = time.date {
        text.push_str(&format!("{:04}-{:02}-{:02}", date.year, date.month, date.day));
    }
    if let Some(clock) = time.time {
        if time.date.is_some() {
            text.push('T');
        }
        text.push_str(&format!("{:02}:{:02}:{:02}", clock.hour, clock.minute, clock.second.unwrap_or(0)));
        let micros = clock.nanosecond.unwrap_or(0) / 1000;
        if micros > 0 {
            text.push_str(&format!(".{micros:06}"));
        }
    }
    match time.offset {
        None => {}
        Some(Offset::Z) => text.push_str("+00:00"),
        Some(Offset::Custom { minutes }) => {
            let sign = if minutes < 0 { '-' } else { '+' };
            let minutes = minutes.unsigned_abs();
            text.push_str(&format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
        }
    }
    text
}

#[cfg(test)]
mod tests;
