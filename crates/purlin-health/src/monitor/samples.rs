//! What OpenMetrics has of each check.
//!
//! The format wants all samples of a family in a row, so each check is in it four times. It is looked at once, and what
//! its lines have in common is written once.

use super::record::View;
use crate::State;

/// The values of a check.
struct Row {
    /// Where its labels end.
    end: usize,
    is_up: bool,
    status: u8,
    is_flapping: bool,
    age_millis: Option<u64>,
}

/// All checks of a monitor.
pub(super) struct Samples {
    /// The labels of all checks, one after the other.
    labels: String,
    rows: Vec<Row>,
}

/// Writes the value of a check; false where it has none.
type Write = fn(&mut String, &Row) -> bool;

/// The families that have a sample for each check: name, help, value.
const FAMILIES: [(&str, &str, Write); 4] = [
    ("purlin_check_up", "Whether the check is sure to be up: 1, or 0", |text, row| {
        digit(text, row.is_up.into())
    }),
    (
        "purlin_check_status",
        "What the last result said: 0 ok, 1 warning, 2 critical, 3 unknown",
        |text, row| digit(text, row.status),
    ),
    ("purlin_check_flapping", "Whether the check goes up and down all the time: 1, or 0", |text, row| {
        digit(text, row.is_flapping.into())
    }),
    ("purlin_check_age_seconds", "How old the last result is; absent where there is none", |text, row| {
        row.age_millis.is_some_and(|millis| seconds(text, millis))
    }),
];

/// A line has this much beside its family's name and its labels, at most but for the oldest results.
const REST: usize = 12;

impl Samples {
    pub(super) fn with_capacity(checks: usize) -> Self {
        Self { labels: String::with_capacity(checks * 40), rows: Vec::with_capacity(checks) }
    }

    pub(super) fn add(&mut self, view: &View<'_>) {
        let text = &mut self.labels;
        text.push_str("{check=\"");
        escape(text, view.record.id.as_str());
        if let Some(subject) = view.record.extras.as_ref().and_then(|extras| extras.subject.as_ref()) {
            text.push_str("\",kind=\"");
            escape(text, subject.kind.as_str());
            text.push_str("\",subject=\"");
            escape(text, subject.id.as_str());
        }
        text.push_str("\"} ");
        self.rows.push(Row {
            end: self.labels.len(),
            is_up: view.state == State::Up && !view.is_stale,
            status: view.status.exit_code(),
            is_flapping: view.is_flapping,
            age_millis: view.age.map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
        });
    }

    /// The samples of all families, with room for as much again as the monitor says of itself.
    pub(super) fn text(&self) -> String {
        let names: usize = FAMILIES.iter().map(|(name, ..)| name.len() + REST).sum();
        let room = FAMILIES.len() * self.labels.len() + self.rows.len() * names;
        let mut text = String::with_capacity(room + 8192);
        for (name, help, write) in FAMILIES {
            head(&mut text, name, "gauge", help);
            let mut begin = 0;
            for row in &self.rows {
                let before = text.len();
                text.push_str(name);
                text.push_str(&self.labels[begin..row.end]);
                begin = row.end;
                match write(&mut text, row) {
                    true => text.push('\n'),
                    false => text.truncate(before),
                }
            }
        }
        text
    }
}

/// What stands above the samples of a family.
pub(super) fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    for part in ["# TYPE ", name, " ", kind, "\n# HELP ", name, " ", help, "\n"] {
        text.push_str(part);
    }
}

fn digit(text: &mut String, value: u8) -> bool {
    text.push(char::from(b'0' + value));
    true
}

/// Seconds with three digits behind the point.
fn seconds(text: &mut String, millis: u64) -> bool {
    // The longest number has twenty digits.
    let mut digits = [b'0'; 20];
    let (mut rest, mut first) = (millis, digits.len());
    while rest > 0 || first > digits.len() - 4 {
        first -= 1;
        // The remainder is below ten.
        digits[first] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
    }
    let (whole, behind) = digits[first..].split_at(digits.len() - first - 3);
    for (part, end) in [(whole, "."), (behind, "")] {
        text.push_str(str::from_utf8(part).unwrap_or_default());
        text.push_str(end);
    }
    true
}

/// As the format wants it: backslash, quote and line feed.
fn escape(text: &mut String, value: &str) {
    let mut rest = value;
    while let Some(at) = rest.bytes().position(|byte| matches!(byte, b'\\' | b'"' | b'\n')) {
        text.push_str(&rest[..at]);
        text.push_str(match rest.as_bytes()[at] {
            b'\\' => "\\\\",
            b'"' => "\\\"",
            _ => "\\n",
        });
        rest = &rest[at + 1..];
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_three_digits_behind_the_point() {
        for (millis, expected) in [
            (0, "0.000"),
            (7, "0.007"),
            (1_000, "1.000"),
            (61_234, "61.234"),
            (u64::MAX, "18446744073709551.615"),
        ] {
            let mut text = String::new();
            assert!(seconds(&mut text, millis));
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn only_what_the_format_wants_is_escaped() {
        let mut text = String::new();
        escape(&mut text, "a\\b\"c\nd ü\te");
        assert_eq!(text, "a\\\\b\\\"c\\nd ü\te");
    }
}
