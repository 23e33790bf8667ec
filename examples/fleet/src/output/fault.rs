//! Errors and diagnostics on standard error: lines for people, or a JSON object a line.

use super::page::printable;
use super::palette::{ERROR, HELP, Palette, WARNING};
use purlin::core::{Diagnostic, Place, Related, Severity, Timestamp};
use purlin::db::{DbDetail, ErrorClass};
use purlin::ldap::{LdapClass, LdapDetail};
use purlin::tls::TlsDetail;
use purlin::transport::TransportDetail;
use purlin::{Endpoint, Error, ErrorKind};
use serde::Serialize;

/// The text of one diagnostic: `file:line:column: error[code]: message`, then its help.
pub(super) fn diagnostic_text(diagnostic: &Diagnostic, palette: Palette) -> String {
    let style = match diagnostic.severity {
        Severity::Error => ERROR,
        Severity::Warning => WARNING,
        _ => HELP,
    };
    let place = diagnostic.place.as_ref().map(|place| printable(&format!("{place}: ")).into_owned());
    let head = palette.paint(style, &format!("{}[{}]:", diagnostic.severity, diagnostic.code));
    let mut text = format!("{}{head} {}\n", place.unwrap_or_default(), printable(&diagnostic.message));
    for related in &diagnostic.related {
        text += &format!("  {}: {}\n", related.place, printable(&related.message));
    }
    if let Some(help) = &diagnostic.help {
        text += &format!("  {} {}\n", palette.paint(HELP, "help:"), printable(help));
    }
    text
}

/// The text of an error: `error[code]: operation endpoint: message`, its causes behind it.
pub(super) fn error_text(error: &Error, palette: Palette) -> String {
    let head = palette.paint(ERROR, &format!("error[{}]:", code(error)));
    format!("{head} {}\n", printable(&format!("{error:#}")))
}

/// One object a line, like a log line.
#[derive(Serialize)]
struct Line<'a, T> {
    time: Timestamp,
    level: Severity,
    #[serde(flatten)]
    what: &'a T,
}

#[derive(Serialize)]
struct Failure<'a> {
    kind: &'a str,
    code: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<&'a Endpoint>,
}

/// A diagnostic, whose severity is the level of its line.
#[derive(Serialize)]
struct Fault<'a> {
    /// What kind of failure it is; a warning is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    code: &'a str,
    message: &'a str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    place: Option<&'a Place>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    related: &'a [Related],
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
}

pub(super) fn diagnostic_line(kind: ErrorKind, diagnostic: &Diagnostic) -> String {
    let what = Fault {
        kind: (diagnostic.severity == Severity::Error).then_some(kind.as_str()),
        code: &diagnostic.code,
        message: &diagnostic.message,
        place: diagnostic.place.as_ref(),
        related: &diagnostic.related,
        help: diagnostic.help.as_deref(),
    };
    line(diagnostic.severity, &what)
}

pub(super) fn error_line(error: &Error) -> String {
    let what = Failure {
        kind: error.kind().as_str(),
        code: code(error),
        message: format!("{error:#}"),
        operation: error.operation(),
        endpoint: error.endpoint(),
    };
    line(Severity::Error, &what)
}

fn line<T: Serialize>(level: Severity, what: &T) -> String {
    let line = Line { time: super::now(), level, what };
    serde_json::to_string(&line).unwrap_or_default() + "\n"
}

/// Whether the error says more than its kind.
pub(super) fn has_own_code(error: &Error) -> bool {
    error.detail::<TlsDetail>().is_some()
}

/// The most exact name of what went wrong.
pub(crate) fn code(error: &Error) -> String {
    // A call that was cut off is told as that, whatever the server has said in the end.
    let cut = matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Cancelled);
    if let Some(class) = TransportDetail::class_of(error).filter(|_| !cut) {
        return class.as_str().replace('_', "-");
    }
    match (error.detail::<TlsDetail>(), DbDetail::class_of(error)) {
        (Some(detail), _) => detail.fault.code().to_owned(),
        (None, Some(class)) if class != ErrorClass::Other && !cut => class.as_str().replace('_', "-"),
        _ => match LdapDetail::class_of(error) {
            Some(class) if class != LdapClass::Other && !cut => class.as_str().replace('_', "-"),
            _ => error.kind().as_str().replace('_', "-"),
        },
    }
}
