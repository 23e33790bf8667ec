//! From TLS settings to sqlx's.

use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Pem, Result, SecretSource, TlsSettings};
use purlin_tls::TlsClient;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// What sqlx cannot do is refused, never left out.
pub(crate) fn check(settings: &TlsSettings, endpoints: &[Endpoint]) -> Result<()> {
    if !settings.ca_only.is_empty() {
        return Err(unsupported("the PostgreSQL driver always trusts its bundled roots too; use `ca`"));
    }
    if !settings.alpn.is_empty() {
        return Err(unsupported("the PostgreSQL driver offers no application protocols (ALPN)"));
    }
    if let Some(name) = &settings.server_name {
        let reached = |it: &Endpoint| it.host().is_some_and(|host| host.eq_ignore_ascii_case(name));
        if !endpoints.iter().all(reached) {
            return Err(unsupported(
                "the PostgreSQL driver verifies the name that the server is reached by, and no other",
            ));
        }
    }
    Ok(())
}

/// Overwrites all that sqlx has taken from the environment.
pub(crate) async fn apply(
    cx: &Cx,
    options: PgConnectOptions,
    settings: &TlsSettings,
) -> Result<PgConnectOptions> {
    purlin_tls::ensure_provider();
    if !settings.ca.is_empty() || settings.client_certificate.is_some() || settings.client_key.is_some() {
        // Tells a file that cannot be used by name and line, which sqlx does not.
        TlsClient::load(cx, settings).await?;
    }
    let mode = match (settings.danger_accept_any_certificate, settings.danger_accept_any_name) {
        (true, _) => PgSslMode::Require,
        (false, true) => PgSslMode::VerifyCa,
        (false, false) => PgSslMode::VerifyFull,
    };
    let mut roots = Vec::new();
    for pem in &settings.ca {
        roots.extend(read(pem).await?);
        roots.push(b'\n');
    }
    let options = options.ssl_mode(mode).ssl_root_cert_from_pem(roots);
    match (&settings.client_certificate, &settings.client_key) {
        (Some(certificate), Some(key)) => {
            let key = key.resolve(cx).await?;
            Ok(options
                .ssl_client_cert_from_pem(read(certificate).await?)
                .ssl_client_key_from_pem(key.expose()))
        }
        _ => Ok(options),
    }
}

async fn read(pem: &Pem) -> Result<Vec<u8>> {
    match pem {
        Pem::Bytes(bytes) => Ok(bytes.to_vec()),
        // TlsClient::load has just read it, off this thread and within the call's time.
        Pem::File(path) => std::fs::read(path)
            .map_err(|error| Error::io("tls.settings", error).with_note(path.display().to_string())),
        _ => Err(unsupported("certificates of this form")),
    }
}

fn unsupported(message: &'static str) -> Error {
    Error::new(ErrorKind::Unsupported, message).with_operation("tls.settings").with_outcome(Outcome::NotSent)
}
