//! Values of variables.

mod de;
mod json;
mod map;

pub use map::Map;

use crate::{Origin, secret::SecretValue};
use std::sync::Arc;

/// The value of a variable. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number that an `i64` cannot hold, in decimal digits with a sign where it is negative.
    BigInt(Arc<str>),
    /// A number with a fraction.
    Float(f64),
    /// Text.
    Text(Arc<str>),
    /// Text that no template may be made of: Ansible's `!unsafe`, and what scripts and expressions return.
    Unsafe(Arc<str>),
    /// A list; each item knows where it was said.
    List(Arc<[Located]>),
    /// A map with text keys, in the order in which they were written.
    Map(Arc<Map>),
    /// A secret, by reference or encrypted: never printed, compared or resolved here.
    Secret(Arc<SecretValue>),
}

/// A value and where it was said.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Located {
    /// The value.
    pub value: Value,
    /// Where it was said.
    pub origin: Origin,
}

impl Located {
    /// A value said there.
    pub fn new(value: impl Into<Value>, origin: Origin) -> Self {
        Self { value: value.into(), origin }
    }

    /// Moves all origins, inner ones included, into a table where the batch's files begin at `offset`.
    pub(crate) fn move_files(&mut self, offset: u32) {
        self.origin = self.origin.moved(offset);
        match &mut self.value {
            Value::List(items) => {
                let mut moved = items.to_vec();
                moved.iter_mut().for_each(|item| item.move_files(offset));
                *items = moved.into();
            }
            Value::Map(map) => Arc::make_mut(map).values_mut().for_each(|item| item.move_files(offset)),
            _ => {}
        }
    }
}

impl Value {
    /// What it is, in a word for people: `text`, `number`, `list`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Int(_) | Self::BigInt(_) | Self::Float(_) => "number",
            Self::Text(_) | Self::Unsafe(_) => "text",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Secret(_) => "secret",
        }
    }

    /// Its text, when it is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Unsafe(text) => Some(text),
            _ => None,
        }
    }

    /// Its number, when it is a whole one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// Its truth, when it is a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// Its items, when it is a list.
    pub fn as_list(&self) -> Option<&[Located]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// Its entries, when it is a map.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<Vec<Located>> for Value {
    fn from(items: Vec<Located>) -> Self {
        Self::List(items.into())
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(Arc::new(map))
    }
}
