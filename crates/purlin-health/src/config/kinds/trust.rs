//! How checks speak TLS.

use purlin_config::{Fields, server_name};
use purlin_core::TlsSettings;

/// Whom to trust, and for which name.
pub(super) fn settings(fields: &mut Fields<'_>) -> TlsSettings {
    let mut tls = TlsSettings::new();
    for file in fields.value("ca").and_then(|files| files.paths()).unwrap_or_default() {
        tls = tls.ca(file);
    }
    for file in fields.value("ca_only").and_then(|files| files.paths()).unwrap_or_default() {
        tls = tls.ca_only(file);
    }
    let name = fields.value("server_name").and_then(|name| name.parsed(server_name));
    match name {
        Some(name) => tls.server_name(name),
        None => tls,
    }
}
