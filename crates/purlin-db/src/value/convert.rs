//! From a column to a Rust type, and from a Rust type to a parameter.

use super::{Value, ValueRef};

/// Why a value does not fit the type that was asked for: the message says so without the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    message: String,
}

impl Mismatch {
    /// With a message such as `text does not fit a whole number`.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// What does not fit.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// A type that a column can be read as.
///
/// Nothing is lost on the way: a number that does not fit is a [`Mismatch`], and so is NULL unless the type is an
/// [`Option`].
pub trait FromValue: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// When the value does not fit.
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch>;
}

impl FromValue for Value {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        Ok(value.to_value())
    }
}

impl FromValue for i64 {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::I64(number) => Ok(number),
            other => Err(Mismatch::new(format!("{} does not fit a 64-bit signed integer", other.kind()))),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::I64(number)
    }
}
