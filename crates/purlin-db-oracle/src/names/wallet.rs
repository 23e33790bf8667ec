//! A wallet's part in TLS.

use crate::descriptor::Security;
use purlin_core::{Error, ErrorKind, Outcome, Result, SecretRef, TlsSettings};
use std::io::Read as _;
use std::path::Path;

/// What of a wallet can be read without Oracle's own code.
const FILE: &str = "ewallet.pem";
const LARGEST: u64 = 1024 * 1024;

impl Security {
    /// TLS settings with what the wallet's `ewallet.pem` holds: its certificates are trusted as well, and its own
    /// certificate is shown unless the settings have one. It blocks, for as long as the files' system takes.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for a wallet without an `ewallet.pem`, such as one of `cwallet.sso` alone; those of the
    /// system where it cannot be read. A key that is encrypted with a password is refused when the settings are
    /// loaded.
    pub fn tls(&self, settings: &TlsSettings) -> Result<TlsSettings> {
        let Some(folder) = &self.wallet else { return Ok(settings.clone()) };
        let path = folder.join(FILE);
        let has_key = has_key(&path).map_err(|error| unreadable(folder, &path, error))?;
        let settings = settings.clone().ca(path.clone());
        match settings.client_certificate.is_none() && has_key {
            true => Ok(settings.client_certificate(path.clone(), SecretRef::file(path))),
            false => Ok(settings),
        }
    }
}

fn has_key(path: &Path) -> std::io::Result<bool> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LARGEST).read_to_end(&mut bytes)?;
    let is_key = |window: &[u8]| window == b"PRIVATE KEY-----";
    Ok(bytes.windows(16).any(is_key))
}

fn unreadable(folder: &Path, path: &Path, error: std::io::Error) -> Error {
    let is_missing = error.kind() == std::io::ErrorKind::NotFound && folder.is_dir();
    let error = match is_missing {
        true => Error::new(ErrorKind::Unsupported, format!("the wallet {} has no {FILE}", folder.display()))
            .with_operation("oracle.wallet")
            .with_note("`orapki wallet pkcs12_to_pem` or `openssl pkcs12` makes one"),
        false => Error::io("oracle.wallet", error).with_note(path.display().to_string()),
    };
    error.with_outcome(Outcome::NotSent)
}
