//! Faults of syntax in the words of people who write inventories.

use super::super::{Named, too_deep};
use granit_parser::{ErrorKind, ScanError};
use purlin_core::Diagnostic;

/// The fault of a text that the parser refuses.
pub(super) fn syntax(error: &ScanError, text: &str, named: Named<'_>) -> Diagnostic {
    let marker = error.marker();
    let place = named.place(named.origin(marker.line(), marker.col() + 1));
    let kind = error.kind();
    if *kind == ErrorKind::RecursionLimitExceeded {
        return too_deep(place);
    }
    let line = text.lines().nth(marker.line().saturating_sub(1)).unwrap_or_default();
    let code = if is_tab(kind) { "yaml-tab" } else { "yaml-syntax" };
    let fault = Diagnostic::error(code, kind.to_string()).place(place);
    match help(kind, line, marker.col()) {
        Some(help) => fault.help(help),
        None => fault,
    }
}

pub(super) fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar
    )
}

/// Whether a template stands in the line without quotes before it.
pub(super) fn is_bare_template(line: &str) -> bool {
    let Some((before, _)) = line.split_once("{{") else { return false };
    let before = before.trim_end();
    before.ends_with([':', '-', '[', ',', '{']) || before.is_empty()
}

pub(super) const QUOTE_TEMPLATE: &str =
    "a value that begins with a template must be quoted: key: \"{{ name }}\"";

fn help(kind: &ErrorKind, line: &str, column: usize) -> Option<&'static str> {
    if is_bare_template(line) {
        return Some(QUOTE_TEMPLATE);
    }
    let at = line.chars().nth(column);
    Some(match kind {
        _ if is_tab(kind) => "YAML is indented with spaces only",
        ErrorKind::MappingValueNotAllowed if line.matches(": ").count() > 1 => {
            "a text with a colon and a space in it must be quoted: key: \"one: two\""
        }
        ErrorKind::MappingValueNotAllowed => {
            "keys of one map begin in the same column, and the line above may lack its colon or a space behind it"
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            "quote the whole text: key: '\"one\" two'"
        }
        ErrorKind::UnexpectedCharacter { .. } if matches!(at, Some('@' | '`' | '%')) => {
            "a text that begins with @, ` or % must be quoted"
        }
        ErrorKind::MissingAnchorOrAliasName => {
            "a text that begins with * or & must be quoted: '*.example.com'"
        }
        ErrorKind::UnknownQuotedScalarEscape => {
            "in double quotes a backslash begins an escape: write \\\\, or use single quotes"
        }
        ErrorKind::UnclosedQuotedScalar => "the quote opens here, or the one before it is not closed",
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping => "a bracket is not closed, or a comma is missing",
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation => {
            "keys of one map begin in the same column"
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
            "a colon and a space are missing after the key"
        }
        _ => return None,
    })
}
