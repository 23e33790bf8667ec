//! Whether a value is the one that is wanted.

use super::lex::{Compare, MALFORMED};
use super::parse::Literal;
use crate::Value;
use crate::expression::{Fault, quoted};
use regex::{Regex, RegexBuilder};
use std::cmp::Ordering;

/// What a value is compared with.
pub(super) struct Wanted {
    compare: Compare,
    text: String,
    number: Option<Number>,
    is_null: bool,
    regex: Option<Regex>,
}

/// A value that is not compared: a word for it.
pub(super) struct Incomparable(pub(super) &'static str);

#[derive(Debug, Clone, Copy)]
enum Number {
    Int(i128),
    Float(f64),
}

impl Wanted {
    pub(super) fn new(compare: Compare, value: &Literal) -> Result<Self, Fault> {
        if compare != Compare::Like && !value.quoted && value.text.contains(['*', '?']) {
            let message = format!("values have no wildcards, as in {}", quoted(&value.text));
            let help = "write `~` and a regular expression, or the value in quotes where the letter is meant";
            return Err(Fault::new(value.offset, MALFORMED, message).help(help));
        }
        let regex = match compare {
            Compare::Like => Some(regex(value)?),
            _ => None,
        };
        let is_null = !value.quoted && value.text == "null";
        Ok(Self { compare, text: value.text.clone(), number: Number::read(&value.text), is_null, regex })
    }

    /// Whether it compares by order.
    pub(super) fn orders(&self) -> bool {
        matches!(self.compare, Compare::Less | Compare::AtMost | Compare::More | Compare::AtLeast)
    }

    /// Whether a value that is there has no order with the wanted one.
    pub(super) fn is_unordered(&self, value: &Value) -> bool {
        match value {
            Value::Null | Value::Map(_) | Value::Secret(_) => false,
            Value::List(items) => {
                !items.is_empty() && items.iter().all(|item| self.is_unordered(&item.value))
            }
            value => self.order(value).is_none(),
        }
    }

    /// A list is what any of its members is; only for `!=` all must differ.
    pub(super) fn is(&self, value: &Value) -> Result<bool, Incomparable> {
        match (self.compare, value) {
            (_, Value::Secret(_)) => Err(Incomparable("a secret")),
            (_, Value::Map(_)) => Err(Incomparable("a map")),
            (Compare::Unequal, Value::List(items)) => {
                items.iter().try_fold(true, |all, item| Ok(self.is(&item.value)? && all))
            }
            (_, Value::List(items)) => {
                items.iter().try_fold(false, |any, item| Ok(self.is(&item.value)? || any))
            }
            (Compare::Equal, value) => Ok(self.equals(value)),
            (Compare::Unequal, value) => Ok(!self.equals(value)),
            (Compare::Like, value) => Ok(self
                .regex
                .as_ref()
                .is_some_and(|regex| text(value).is_some_and(|text| regex.is_match(&text)))),
            (Compare::Less, value) => Ok(self.order(value) == Some(Ordering::Less)),
            (Compare::More, value) => Ok(self.order(value) == Some(Ordering::Greater)),
            (Compare::AtMost, value) => Ok(self.order(value).is_some_and(Ordering::is_le)),
            (Compare::AtLeast, value) => Ok(self.order(value).is_some_and(Ordering::is_ge)),
        }
    }

    fn equals(&self, value: &Value) -> bool {
        match value {
            Value::Null => self.is_null,
            Value::Bool(truth) => self.text.eq_ignore_ascii_case(if *truth { "true" } else { "false" }),
            Value::Text(text) | Value::Unsafe(text) => **text == *self.text,
            value => match (Number::of(value), self.number) {
                (Some(number), Some(wanted)) => number.order(wanted) == Some(Ordering::Equal),
                _ => false,
            },
        }
    }

    /// Numbers, and text that reads as one, with a number; other text with text. Nothing else has an order.
    fn order(&self, value: &Value) -> Option<Ordering> {
        match (self.number, value) {
            (Some(wanted), Value::Text(text) | Value::Unsafe(text)) => Number::read(text)?.order(wanted),
            (Some(wanted), value) => Number::of(value)?.order(wanted),
            (None, Value::Text(text) | Value::Unsafe(text)) => Some((**text).cmp(&*self.text)),
            (None, _) => None,
        }
    }
}

/// Whether a value is a word that somebody may have mistyped: no number, no boolean, not in quotes.
pub(super) fn is_word(value: &Literal) -> bool {
    let lower = value.text.to_ascii_lowercase();
    !value.quoted
        && Number::read(&value.text).is_none()
        && !["true", "false", "null"].contains(&lower.as_str())
}

impl Number {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Int(number) => Some(Self::Int((*number).into())),
            Value::BigInt(digits) => Self::read(digits),
            Value::Float(number) => Some(Self::Float(*number)),
            _ => None,
        }
    }

    fn read(text: &str) -> Option<Self> {
        // Rust reads `inf` and `nan` as numbers too, and they are names here.
        let plausible =
            |letter: char| letter.is_ascii_digit() || matches!(letter, '+' | '-' | '.' | 'e' | 'E');
        if !text.chars().all(plausible) {
            return None;
        }
        let int = text.parse().ok().map(Self::Int);
        int.or_else(|| text.parse().ok().map(Self::Float))
    }

    #[expect(clippy::cast_precision_loss, reason = "beside a fraction a whole number need not be exact")]
    fn order(self, other: Self) -> Option<Ordering> {
        let float = |number| match number {
            Self::Int(number) => number as f64,
            Self::Float(number) => number,
        };
        match (self, other) {
            (Self::Int(one), Self::Int(two)) => Some(one.cmp(&two)),
            (one, two) => float(one).partial_cmp(&float(two)),
        }
    }
}

/// A simple value as text.
pub(super) fn text(value: &Value) -> Option<std::borrow::Cow<'_, str>> {
    match value {
        Value::Text(text) | Value::Unsafe(text) | Value::BigInt(text) => Some((**text).into()),
        Value::Int(number) => Some(number.to_string().into()),
        Value::Float(number) => Some(number.to_string().into()),
        Value::Bool(truth) => Some(truth.to_string().into()),
        _ => None,
    }
}

fn regex(value: &Literal) -> Result<Regex, Fault> {
    RegexBuilder::new(&value.text).size_limit(8 << 20).build().map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        Fault::new(
            value.offset,
            MALFORMED,
            format!("{} is no regular expression: {reason}", quoted(&value.text)),
        )
    })
}
