//! TLS in the raw driver's words.

use mysql_async::{ClientIdentity, SslOpts};
use purlin_core::{Cx, Pem, Result, SecretSource, TlsSettings};
use purlin_tls::TlsClient;

/// The same trust as everywhere in purlin: the raw driver's bundled authorities are switched off.
pub(super) async fn options(cx: &Cx, settings: &TlsSettings) -> Result<SslOpts> {
    // Says what is wrong with the settings in the usual words, and sees to the crypto provider.
    TlsClient::load(cx, settings).await?;
    let (authorities, _) = purlin_tls::authorities(cx, settings).await?;
    let any = settings.danger_accept_any_certificate;
    let options = SslOpts::default()
        // Without any authority the raw driver refuses to begin, even where none is asked.
        .with_disable_built_in_roots(!any)
        .with_root_certs(authorities.into_iter().map(Into::into).collect())
        .with_danger_accept_invalid_certs(any)
        .with_danger_tls_hostname_override(settings.server_name.clone());
    let identity = match (&settings.client_certificate, &settings.client_key) {
        (Some(certificate), Some(key)) => {
            let key = key.resolve(cx).await?;
            let chain = match certificate {
                Pem::File(path) => path.clone().into(),
                Pem::Bytes(bytes) => bytes.to_vec().into(),
                _ => Vec::new().into(),
            };
            Some(ClientIdentity::new(chain, key.expose().clone().into_bytes().into()))
        }
        _ => None,
    };
    Ok(options.with_client_identity(identity))
}
