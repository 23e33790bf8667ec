//! Spans with OpenTelemetry's names; nothing is put together where nobody listens.

use crate::{DbDetail, Executed};
use purlin_core::{Endpoint, Error};
use tracing::Span;
use tracing::field::Empty;

macro_rules! call {
    ($name:literal, $system:expr, $endpoint:expr) => {
        tracing::debug_span!(
            $name,
            db.system.name = $system,
            server.address = address($endpoint),
            server.port = $endpoint.port(),
            db.response.status_code = Empty,
            db.response.returned_rows = Empty,
            db.response.affected_rows = Empty,
            error.r#type = Empty,
        )
    };
}

/// The span of a call; the operation is `db.` and a verb.
pub(crate) fn of(operation: &'static str, system: &'static str, endpoint: &Endpoint) -> Span {
    match operation {
        "db.query" => call!("purlin.db.query", system, endpoint),
        "db.execute" => call!("purlin.db.execute", system, endpoint),
        "db.begin" => call!("purlin.db.begin", system, endpoint),
        "db.commit" => call!("purlin.db.commit", system, endpoint),
        "db.rollback" => call!("purlin.db.rollback", system, endpoint),
        "db.ping" => call!("purlin.db.ping", system, endpoint),
        "db.recover" => call!("purlin.db.recover", system, endpoint),
        "db.connect" => call!("purlin.db.connect", system, endpoint),
        _ => call!("purlin.db.call", system, endpoint),
    }
}

fn address(endpoint: &Endpoint) -> Option<&str> {
    endpoint.host().or_else(|| endpoint.path()?.to_str())
}

/// Says how it failed.
pub(crate) fn failed(span: &Span, error: &Error) {
    if span.is_disabled() {
        return;
    }
    let Some(detail) = error.detail::<DbDetail>() else {
        span.record("error.type", error.kind().as_str());
        return;
    };
    span.record("error.type", detail.class.as_str());
    match (&detail.sqlstate, detail.code) {
        (Some(state), _) => span.record("db.response.status_code", state.as_str()),
        (None, Some(code)) => span.record("db.response.status_code", code),
        (None, None) => span,
    };
}

/// Says how much came of it.
pub(crate) fn ended(span: &Span, rows: u64, done: Executed) {
    if !span.is_disabled() {
        span.record("db.response.returned_rows", rows);
        span.record("db.response.affected_rows", done.affected);
    }
}
