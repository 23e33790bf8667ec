//! How many rows are shown.

/// The most rows of an answer that are shown; none for no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Most(pub(super) Option<u64>);

/// Reads it.
///
/// # Errors
/// What is to be written.
pub(super) fn most(text: &str) -> Result<Most, String> {
    match (text, text.parse::<u64>()) {
        ("all", _) => Ok(Most(None)),
        (_, Ok(number)) if number > 0 => Ok(Most(Some(number))),
        _ => Err("write a number above 0, or all".to_owned()),
    }
}
