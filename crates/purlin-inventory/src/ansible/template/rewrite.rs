//! Expressions are put into words that the engine computes as Python does.
//!
//! The engine orders values of any types, where Python refuses, and stops at an attribute of what is not defined, where
//! Ansible goes on until somebody uses it. Both are wired into its operators. So comparisons, attributes, items and `%`
//! become filters of ours (`a.b < c` is `((a)|__attribute("b"))|__compare("<", c)`), and nothing else is changed.

mod expression;
mod tags;
mod tokens;

use expression::Writer;

/// The longest text that an expression may become.
const MAX_LENGTH: usize = 256 * 1024;

/// The filters that only this module writes.
pub(super) const COMPARE: &str = "__compare";
pub(super) const ATTRIBUTE: &str = "__attribute";
pub(super) const ITEM: &str = "__item";
pub(super) const SLICE: &str = "__slice";
pub(super) const REMAINDER: &str = "__remainder";
pub(super) const ITERATE: &str = "__iterate";

/// An expression, rewritten; none where it is no expression.
pub(super) fn expression(text: &str) -> Option<String> {
    let (tokens, end) = tokens::read(text, None)?;
    if end != text.len() {
        return None;
    }
    let mut writer = Writer::new(&tokens);
    writer.whole()?;
    writer.finish()
}

/// A template with its expressions rewritten; none where it is no template.
pub(super) fn template(text: &str) -> Option<String> {
    tags::rewrite(text).filter(|text| text.len() <= MAX_LENGTH)
}
