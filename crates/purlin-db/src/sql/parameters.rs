//! The values of a statement's placeholders.

use crate::Value;

/// The values of a statement's placeholders: in order, or by name (portable SQL only); never both.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters {
    pub(super) positional: Vec<Value>,
    pub(super) named: Vec<(String, Value)>,
}

impl Parameters {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more, in order.
    pub fn push(&mut self, value: impl Into<Value>) {
        self.positional.push(value.into());
    }

    /// One by name, without the colon.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.named.push((name.into(), value.into()));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.positional.len() + self.named.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
