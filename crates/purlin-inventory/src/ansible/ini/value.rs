//! The values of an INI file: Python literals where they are some, else text.

use crate::{Origin, Value, document::literal};
use std::collections::HashMap;
use std::sync::Arc;

/// How many values the lists and maps of a file may hold.
const MAX_VALUES: usize = 1_000_000;
/// How many different short texts are kept to share them.
const MAX_KEPT: usize = 8192;
/// How long a text may be to be kept.
const MAX_LENGTH: usize = 48;

/// Reads values, sharing texts that come again.
pub(super) struct Values<'t> {
    texts: HashMap<&'t str, Arc<str>>,
    /// How many values in lists and maps there may still be.
    left: usize,
}

impl<'t> Values<'t> {
    pub(super) fn new() -> Self {
        Self { texts: HashMap::new(), left: MAX_VALUES }
    }

    /// Whether there were more values than a file may have; what was read last is then none.
    pub(super) fn are_too_many(&self) -> bool {
        self.left == 0
    }

    pub(super) fn read(&mut self, text: &'t str, origin: Origin) -> Value {
        if !is_plain(text)
            && let Some(value) = literal::read(text, origin, &mut self.left)
        {
            return value;
        }
        if let Some(known) = self.texts.get(text) {
            return Value::Text(known.clone());
        }
        let shared: Arc<str> = text.into();
        if text.len() <= MAX_LENGTH && self.texts.len() < MAX_KEPT {
            self.texts.insert(text, shared.clone());
        }
        Value::Text(shared)
    }

    /// As [`read`](Self::read), of a text that does not stand in the file as it is.
    pub(super) fn read_owned(&mut self, text: &str, origin: Origin) -> Value {
        literal::read(text, origin, &mut self.left).unwrap_or_else(|| Value::Text(text.into()))
    }
}

/// Whether a text is so clearly no literal that it need not be read as one.
fn is_plain(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '/')
        && !text.contains(['\'', '"', '('])
        && !matches!(text.trim_end(), "True" | "False" | "None")
        && !text.contains('#')
}
