//! What plugins say and how they say it: text, a bar, performance data.

use crate::judge::one_line;
use crate::{Measurement, Range, Unit};
use std::fmt;

/// How many measurements of one run are kept.
const MOST: usize = 1000;

/// The output of a plugin, taken apart (Monitoring Plugins Development Guidelines, "Plugin Output for Nagios").
///
/// ```
/// use purlin_health::{PluginOutput, Unit};
///
/// let output = PluginOutput::parse("DISK OK - free 3 GB | '/ used'=12MB;20;30;0;40\nmore\n");
/// assert_eq!(output.line, "DISK OK - free 3 GB");
/// let used = &output.measurements[0];
/// assert_eq!((&*used.name, used.value, used.max), ("/ used", 12.0, Some(40.0)));
/// assert_eq!(used.unit, Unit::Other("MB".into()));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct PluginOutput {
    /// The first line, without performance data: bounded and without control characters.
    pub line: String,
    /// The performance data of all lines, in order: a thousand at most.
    pub measurements: Vec<Measurement>,
    /// What looked like performance data and is none; it is not counted as a fault of the target.
    pub unread: Vec<String>,
}

impl PluginOutput {
    /// Takes any text apart. The first line may end with performance data after a bar; of the lines below, those after
    /// the first bar are performance data.
    pub fn parse(text: &str) -> Self {
        let mut output = Self::default();
        let mut lines = text.lines();
        let (line, data) = cut(lines.next().unwrap_or_default());
        output.line = one_line(line);
        output.read(data);
        let mut is_data = false;
        for line in lines {
            if is_data {
                output.read(line);
            } else if let (_, Some(data)) = line.split_once('|').map_or((line, None), |(a, b)| (a, Some(b))) {
                is_data = true;
                output.read(data);
            }
        }
        output
    }

    fn read(&mut self, data: &str) {
        let mut rest = data.trim_start();
        while !rest.is_empty() && self.measurements.len() < MOST && self.unread.len() < MOST {
            let (word, after) = word(rest);
            match measurement(word) {
                Some(found) => self.measurements.push(found),
                // A value that the plugin does not know is written U.
                None if word.split(';').next().is_some_and(|value| value.ends_with("=U")) => {}
                None => self.unread.push(one_line(word)),
            }
            rest = after.trim_start();
        }
    }
}

fn cut(line: &str) -> (&str, &str) {
    line.split_once('|').unwrap_or((line, ""))
}

/// One `label=value…` and the rest; a quoted label may hold spaces.
fn word(text: &str) -> (&str, &str) {
    let mut is_quoted = false;
    let end = text.find(|c: char| {
        is_quoted ^= c == '\'';
        c.is_whitespace() && !is_quoted
    });
    let end = match end {
        Some(end) => end,
        // A quote that is never closed ends with its word, so that the words behind it are not lost.
        None if is_quoted => text.find(char::is_whitespace).unwrap_or(text.len()),
        None => text.len(),
    };
    text.split_at(end)
}

fn measurement(word: &str) -> Option<Measurement> {
    let (label, data) = match word.strip_prefix('\'') {
        Some(rest) => {
            let end = closing_quote(rest)?;
            (rest[..end].replace("''", "'"), rest[end + 1..].strip_prefix('=')?)
        }
        None => {
            let (label, data) = word.split_once('=')?;
            (label.to_owned(), data)
        }
    };
    if label.is_empty() {
        return None;
    }
    let mut fields = data.split(';');
    let (value, unit) = value(fields.next()?)?;
    let mut measurement = Measurement::new(label, value, unit);
    measurement.warning = range(fields.next())?;
    measurement.critical = range(fields.next())?;
    measurement.min = number(fields.next())?;
    measurement.max = number(fields.next())?;
    Some(measurement)
}

/// Where the label ends: at a quote that is not doubled.
fn closing_quote(text: &str) -> Option<usize> {
    let mut quotes = text.match_indices('\'').map(|(at, _)| at).peekable();
    while let Some(at) = quotes.next() {
        if quotes.next_if_eq(&(at + 1)).is_none() {
            return Some(at);
        }
    }
    None
}

fn value(text: &str) -> Option<(f64, Unit)> {
    let end =
        text.find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+' | 'e' | 'E')).unwrap_or(text.len());
    // A unit may begin with the letter of an exponent, as in 5EB.
    let number = text[..end].trim_end_matches(['e', 'E']);
    let unit = match &text[number.len()..] {
        "" => Unit::None,
        "s" => Unit::Seconds,
        "B" => Unit::Bytes,
        "%" => Unit::Percent,
        "c" => Unit::Counter,
        other if other.chars().count() <= 16 => Unit::Other(other.to_owned()),
        _ => return None,
    };
    number.parse().ok().filter(|value: &f64| value.is_finite()).map(|value| (value, unit))
}

/// A field that may be missing or empty; the outer none is a fault.
#[expect(clippy::option_option, reason = "missing and wrong are not the same")]
fn range(field: Option<&str>) -> Option<Option<Range>> {
    field
        .filter(|field| !field.is_empty())
        .map(|field| field.parse().ok())
        .map_or(Some(None), |range| range.map(Some))
}

#[expect(clippy::option_option, reason = "missing and wrong are not the same")]
fn number(field: Option<&str>) -> Option<Option<f64>> {
    match field.filter(|field| !field.is_empty()) {
        Some(field) => field.parse().ok().filter(|value: &f64| value.is_finite()).map(Some),
        None => Some(None),
    }
}

impl fmt::Display for Unit {
    /// As in performance data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "",
            Self::Seconds => "s",
            Self::Bytes => "B",
            Self::Percent => "%",
            Self::Counter => "c",
            Self::Other(unit) => unit,
        })
    }
}

impl fmt::Display for Measurement {
    /// As performance data: `'label'=value[unit];[warn];[crit];[min];[max]`, without empty fields at the end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = one_line(&self.name).replace('\'', "''");
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '%');
        match label.chars().all(plain) {
            true => write!(f, "{label}=")?,
            false => write!(f, "'{}'=", label.replace('|', "/"))?,
        }
        match self.value.is_finite() {
            true => write!(f, "{}{}", self.value, self.unit)?,
            false => f.write_str("U")?,
        }
        let fields = [
            self.warning.map(|range| range.to_string()),
            self.critical.map(|range| range.to_string()),
            self.min.map(|min| min.to_string()),
            self.max.map(|max| max.to_string()),
        ];
        let count = fields.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        fields[..count].iter().try_for_each(|field| write!(f, ";{}", field.as_deref().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(data: &str) -> Option<Measurement> {
        PluginOutput::parse(&format!("x | {data}")).measurements.into_iter().next()
    }

    /// As real plugins print them.
    #[test]
    fn what_plugins_print_is_read() {
        for (data, name, value, unit) in [
            ("time=0.000123s;;;0.000000;10.000000", "time", 0.000_123, Unit::Seconds),
            ("/=2643MB;5948;5958;0;5968", "/", 2643.0, Unit::Other("MB".into())),
            ("rta=0.055ms;200;500;0; pl=0%;40;80;;", "rta", 0.055, Unit::Other("ms".into())),
            ("load1=0.120;5.000;10.000;0;", "load1", 0.12, Unit::None),
            ("'a''b c'=1c", "a'b c", 1.0, Unit::Counter),
            ("big=5EB", "big", 5.0, Unit::Other("EB".into())),
            ("exp=1e3", "exp", 1000.0, Unit::None),
            ("users=3;@10:20;~:30", "users", 3.0, Unit::None),
        ] {
            let found = one(data).map(|found| (found.name.into_owned(), found.value, found.unit));
            assert_eq!(found, Some((name.to_owned(), value, unit)), "{data}");
        }
    }

    #[test]
    fn lines_below_the_first_have_their_own_data() {
        let output = PluginOutput::parse("OK - fine | a=1\nlong text\nmore | b=2\nc=3 d=4\n");
        let names: Vec<_> = output.measurements.iter().map(|found| &*found.name).collect();
        assert_eq!((output.line.as_str(), names), ("OK - fine", vec!["a", "b", "c", "d"]));
    }

    #[test]
    fn what_is_no_data_is_kept_apart() {
        let output = PluginOutput::parse("x | a=1 rubbish b=U c=;; 'open=5 d=2;30:10 e=NaN f=7");
        let names: Vec<_> = output.measurements.iter().map(|found| &*found.name).collect();
        assert_eq!(names, ["a", "f"]);
        assert_eq!(output.unread, ["rubbish", "c=;;", "'open=5", "d=2;30:10", "e=NaN"]);
        assert_eq!(PluginOutput::parse(""), PluginOutput::default());
    }

    fn measurement() -> impl Strategy<Value = Measurement> {
        let unit = prop_oneof![
            Just(Unit::None),
            Just(Unit::Seconds),
            Just(Unit::Counter),
            Just(Unit::Other("KB".into()))
        ];
        let range = proptest::option::of((-1e6..1e6f64, 0.0..1e6f64, any::<bool>()));
        let limits = proptest::option::of(-1e9..1e9f64);
        ("[a-zA-Z0-9_ '=;ü/]{1,20}", -1e12..1e12f64, unit, range.clone(), range, limits.clone(), limits)
            .prop_filter_map(
                "a label of spaces only is none",
                |(name, value, unit, warning, critical, min, max)| {
                    let name = name.trim().to_owned();
                    let made = |(low, more, inside): (f64, f64, bool)| {
                        let range = Range::between(low, low + more).ok()?;
                        Some(if inside { range.alarm_inside() } else { range })
                    };
                    let mut measurement = Measurement::new(name.clone(), value, unit);
                    (measurement.warning, measurement.critical) =
                        (warning.and_then(made), critical.and_then(made));
                    (measurement.min, measurement.max) = (min, max);
                    (!name.is_empty()).then_some(measurement)
                },
            )
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(found in measurement()) {
            prop_assert_eq!(one(&found.to_string()), Some(found));
        }

        #[test]
        fn any_text_is_taken_apart(text in ".{0,300}") {
            let output = PluginOutput::parse(&text);
            prop_assert!(!output.line.contains(char::is_control));
        }
    }
}
