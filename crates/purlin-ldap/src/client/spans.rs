//! Spans: what is asked, never with which values.

use crate::{LdapDetail, Search};
use purlin_core::Error;
use std::future::Future;
use tracing::field::Empty;
use tracing::{Instrument, Span};

pub(super) fn search(search: &Search) -> Span {
    tracing::debug_span!(
        "purlin.ldap.search",
        ldap.base = search.base.as_str(),
        ldap.scope = %search.scope,
        ldap.response.code = Empty,
        error.r#type = Empty,
    )
}

pub(super) fn authenticate() -> Span {
    tracing::debug_span!("purlin.ldap.authenticate", ldap.response.code = Empty, error.r#type = Empty)
}

pub(super) fn connect(host: Option<&str>, port: Option<u16>) -> Span {
    tracing::debug_span!(
        "purlin.ldap.connect",
        server.address = host,
        server.port = port,
        error.r#type = Empty
    )
}

pub(super) async fn within<T>(span: &Span, future: impl Future<Output = T>) -> T {
    future.instrument(span.clone()).await
}

pub(super) fn failed(span: &Span, error: &Error) {
    if span.is_disabled() {
        return;
    }
    span.record("error.type", error.kind().as_str());
    if let Some(code) = error.detail::<LdapDetail>().and_then(|detail| detail.code) {
        span.record("ldap.response.code", code);
    }
}
