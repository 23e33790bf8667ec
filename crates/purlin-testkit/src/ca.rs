//! A throw-away certificate authority.

mod leaf;

pub use leaf::{Leaf, LeafSettings};

use purlin_core::{Clock, Error, ErrorKind, Result, Timestamp};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use std::fmt;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// How long ago certificates begin, so that a clock that runs behind accepts them.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A certificate authority that lives as long as the test: ECDSA keys on P-256, valid from yesterday for 30 days.
///
/// Its certificates and keys are there as PEM text and as files in a private folder, which is removed when the
/// last certificate of the authority is dropped. An unrelated authority is just another `TestCa`.
///
/// ```
/// use purlin_testkit::TestCa;
///
/// # fn main() -> purlin_core::Result<()> {
/// let ca = TestCa::new()?;
/// let server = ca.leaf().name("localhost").address([127, 0, 0, 1]).issue()?;
/// let expired = ca.leaf().name("localhost").expired().issue()?;
/// let client = ca.intermediate()?.leaf().name("app").client().issue()?;
///
/// assert!(server.key_path().exists());
/// assert_ne!(server.pem(), expired.pem());
/// assert_eq!(client.pem().matches("BEGIN CERTIFICATE").count(), 2);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TestCa(Arc<Authority>);

struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    name: String,
    path: PathBuf,
    /// The certificates from this one up to the root, without the root.
    chain: String,
    folder: Arc<TempDir>,
}

impl TestCa {
    /// A new authority with a name and a key of its own.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] when a key cannot be made; the system's when a file cannot be written.
    pub fn new() -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("purlin-ca-")
            .tempdir()
            .map_err(|error| Error::io("ca.new", error))?;
        let (params, name) = authority_params("purlin test CA");
        let key = KeyPair::generate().map_err(failed)?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(failed)?;
        Self::with(issuer, name, String::new(), Arc::new(folder))
    }

    /// An authority whose certificate this one has signed. Its leaves bring their chain along.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn intermediate(&self) -> Result<Self> {
        let (params, name) = authority_params("purlin test intermediate CA");
        let key = KeyPair::generate().map_err(failed)?;
        let issuer = CertifiedIssuer::signed_by(params, key, &self.0.issuer).map_err(failed)?;
        let chain = issuer.pem() + &self.0.chain;
        Self::with(issuer, name, chain, self.0.folder.clone())
    }

    fn with(
        issuer: CertifiedIssuer<'static, KeyPair>,
        name: String,
        chain: String,
        folder: Arc<TempDir>,
    ) -> Result<Self> {
        let path = write(&folder, "ca", "pem", &issuer.pem())?;
        Ok(Self(Arc::new(Authority { issuer, name, path, chain, folder })))
    }

    /// A certificate for a server, to be described and issued.
    pub fn leaf(&self) -> LeafSettings {
        LeafSettings::new(self)
    }

    /// The common name, of its own for each authority.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Its certificate as PEM.
    pub fn pem(&self) -> String {
        self.0.issuer.pem()
    }

    /// Its certificate as DER.
    pub fn der(&self) -> &[u8] {
        self.0.issuer.der()
    }

    /// The file with its certificate as PEM.
    pub fn path(&self) -> &Path {
        &self.0.path
    }
}

impl fmt::Debug for TestCa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TestCa({})", self.name())
    }
}

/// A common name of its own keeps two authorities apart for those who look an issuer up by its name.
fn authority_params(kind: &str) -> (CertificateParams, String) {
    let name = format!("{kind} {:08x}", fastrand::u32(..));
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, &name);
    let now = Clock::system().timestamp();
    limit(&mut params, now.saturating_sub(DAY), now.saturating_add(30 * DAY));
    (params, name)
}

/// From `from` until `until`, in whole seconds, as certificates have it. rcgen's type of time has no name here.
fn limit(params: &mut CertificateParams, from: Timestamp, until: Timestamp) {
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + from.since(Timestamp::UNIX_EPOCH);
    params.not_after = epoch + until.since(Timestamp::UNIX_EPOCH);
}

/// A file that only its owner can read, with a name of its own.
fn write(folder: &TempDir, stem: &str, extension: &str, text: &str) -> Result<PathBuf> {
    let path = folder.path().join(format!("{stem}-{:016x}.{extension}", fastrand::u64(..)));
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Error::io("file.write", error).with_note(path.display().to_string()))?;
    Ok(path)
}

fn failed(error: rcgen::Error) -> Error {
    Error::new(ErrorKind::Internal, "the certificate cannot be made")
        .with_operation("ca.issue")
        .with_source(error)
}
