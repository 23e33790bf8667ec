//! Certificates for servers and clients.

use super::{DAY, TestCa, failed, limit, write};
use purlin_core::{Clock, Result};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SanType};
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// A certificate to be issued by a [`TestCa`]: for a server, valid from yesterday for 30 days, without names, unless
/// said otherwise.
#[derive(Debug, Clone)]
#[must_use]
pub struct LeafSettings {
    ca: TestCa,
    names: Vec<String>,
    addresses: Vec<IpAddr>,
    usage: ExtendedKeyUsagePurpose,
    validity: Validity,
}

#[derive(Debug, Clone, Copy)]
enum Validity {
    Past,
    Future,
    For(Duration),
}

impl LeafSettings {
    pub(super) fn new(ca: &TestCa) -> Self {
        Self {
            ca: ca.clone(),
            names: Vec::new(),
            addresses: Vec::new(),
            usage: ExtendedKeyUsagePurpose::ServerAuth,
            validity: Validity::For(30 * DAY),
        }
    }

    /// Adds a DNS name, with or without a wildcard; the first one is also the common name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.names.push(name.into());
        self
    }

    /// Adds an address.
    pub fn address(mut self, address: impl Into<IpAddr>) -> Self {
        self.addresses.push(address.into());
        self
    }

    /// Valid until yesterday, from ten days before.
    pub fn expired(mut self) -> Self {
        self.validity = Validity::Past;
        self
    }

    /// Valid from tomorrow, for ten days.
    pub fn not_yet_valid(mut self) -> Self {
        self.validity = Validity::Future;
        self
    }

    /// Valid from yesterday until this time from now, in whole seconds.
    pub fn valid_for(mut self, time: Duration) -> Self {
        self.validity = Validity::For(time);
        self
    }

    /// For a client that shows who it is, not for a server.
    pub fn client(mut self) -> Self {
        self.usage = ExtendedKeyUsagePurpose::ClientAuth;
        self
    }

    /// Makes a key and the certificate for it.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`](purlin_core::ErrorKind::Internal) when a name is no DNS name or the key cannot be
    /// made; the system's when a file cannot be written.
    pub fn issue(&self) -> Result<Leaf> {
        let authority = &self.ca.0;
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = self.params()?.signed_by(&key, &authority.issuer).map_err(failed)?;
        let pem = certificate.pem() + &authority.chain;
        let key_pem = key.serialize_pem();
        let folder = authority.folder.clone();
        Ok(Leaf {
            path: write(&folder, "leaf", "pem", &pem)?,
            key_path: write(&folder, "leaf", "key", &key_pem)?,
            der: certificate.der().to_vec(),
            pem,
            key_pem,
            _folder: folder,
        })
    }

    fn params(&self) -> Result<CertificateParams> {
        let mut params = CertificateParams::new(self.names.clone()).map_err(failed)?;
        let addresses = self.addresses.iter().copied().map(SanType::IpAddress);
        params.subject_alt_names.extend(addresses);
        let common_name = self.names.first().map_or("purlin test leaf", String::as_str);
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![self.usage.clone()];
        params.use_authority_key_identifier_extension = true;
        let now = Clock::system().timestamp();
        let (from, until) = match self.validity {
            Validity::Past => (now.saturating_sub(11 * DAY), now.saturating_sub(DAY)),
            Validity::Future => (now.saturating_add(DAY), now.saturating_add(11 * DAY)),
            Validity::For(time) => (now.saturating_sub(DAY), now.saturating_add(time)),
        };
        limit(&mut params, from, until);
        Ok(params)
    }
}

/// A certificate and its key, as text and as files that only their owner can read (0600).
#[derive(Clone)]
pub struct Leaf {
    pem: String,
    key_pem: String,
    der: Vec<u8>,
    path: PathBuf,
    key_path: PathBuf,
    _folder: Arc<TempDir>,
}

impl Leaf {
    /// The certificate and those of the authorities that signed it, without the root, as PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The key as PEM (PKCS #8).
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }

    /// The certificate alone as DER.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The file with what [`pem`](Self::pem) gives.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file with the key as PEM.
    pub fn key_path(&self) -> &Path {
        &self.key_path
    }
}

impl fmt::Debug for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Leaf({})", self.path.display())
    }
}
