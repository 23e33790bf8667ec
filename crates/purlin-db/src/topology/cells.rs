//! Columns of status rows, whatever type a driver gives them.

use crate::{OwnedRow, Row, Value};
use std::time::Duration;

/// A row of which columns are read by name; what is not there or does not fit is none.
#[derive(Clone, Copy)]
pub(super) struct Cells<'r>(pub(super) &'r OwnedRow);

impl Cells<'_> {
    /// The first of these columns that there is: servers rename them between versions.
    fn value(&self, names: &[&str]) -> Option<&Value> {
        let index = names.iter().find_map(|name| self.0.columns().position(name))?;
        self.0.values().get(index)
    }

    pub(super) fn text(&self, names: &[&str]) -> Option<String> {
        match self.value(names)? {
            Value::Text(text) | Value::Json(text) | Value::BigDecimal(text) | Value::Other { text, .. } => {
                Some(text.clone())
            }
            Value::Bytes(bytes) => String::from_utf8(bytes.clone()).ok(),
            Value::I64(number) => Some(number.to_string()),
            Value::U64(number) => Some(number.to_string()),
            Value::F64(number) => Some(number.to_string()),
            Value::Decimal(number) => Some(number.to_string()),
            Value::Bool(truth) => Some(truth.to_string()),
            _ => None,
        }
    }

    pub(super) fn number(&self, names: &[&str]) -> Option<u64> {
        self.text(names)?.trim().parse().ok()
    }

    pub(super) fn seconds(&self, names: &[&str]) -> Option<Duration> {
        let seconds: f64 = self.text(names)?.trim().parse().ok()?;
        Duration::try_from_secs_f64(seconds.max(0.0)).ok()
    }

    /// `ON`, `Yes`, 1 and their like.
    pub(super) fn truth(&self, names: &[&str]) -> Option<bool> {
        match self.text(names)?.trim().to_ascii_lowercase().as_str() {
            "on" | "yes" | "1" | "true" | "t" => Some(true),
            "off" | "no" | "0" | "false" | "f" => Some(false),
            _ => None,
        }
    }
}
