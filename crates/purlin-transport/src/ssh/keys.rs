//! The host's key: believed or refused.

use super::HostKeyTrust;
use super::way::Way;
use crate::known_hosts::{KnownHosts, written};
use crate::{FaultClass, HostKeyVerdict};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use purlin_core::{Clock, Cx, Error, ErrorKind, Place, Result};
use russh::Preferred;
use russh::keys::ssh_key::certificate::CertType;
use russh::keys::ssh_key::{Certificate, HashAlg, PublicKey};
use russh::keys::{Algorithm, PublicKeyOrCertificate};
use std::borrow::Cow;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What is known of one host, and what to do where that is nothing.
pub(super) struct HostKeys {
    known: KnownHosts,
    host: String,
    port: u16,
    trust: HostKeyTrust,
    /// Where a new key is written down.
    file: Option<PathBuf>,
    clock: Clock,
}

impl HostKeys {
    /// Reads the files.
    pub(super) async fn load(cx: &Cx, way: &Way, trust: HostKeyTrust) -> Result<Self> {
        let files = way.known_hosts.clone();
        let read = move |_: &Cx| {
            files.iter().try_fold(KnownHosts::new(), |known, file| Ok(known.and(of_file(file)?)))
        };
        let known = cx.run_blocking("known_hosts.read", read).await?;
        let host = way.endpoint.host().unwrap_or_default().to_owned();
        let port = way.endpoint.port().unwrap_or(22);
        let (file, clock) = (way.known_hosts.first().cloned(), cx.clock().clone());
        Ok(Self { known, host, port, trust, file, clock })
    }

    /// The kinds of keys that are known come first, so that the host shows one that can be compared; certificates are
    /// asked for only where an authority is known.
    pub(super) fn preferred(&self) -> Preferred {
        let known = self.known.algorithms(&self.host, self.port);
        let mut preferred = Preferred::DEFAULT;
        // SHA-1 is no hash to believe a host by, and RSA is behind a feature.
        let usable = |key: &&Algorithm| match key {
            Algorithm::Rsa { hash } => cfg!(feature = "ssh-rsa") && hash.is_some(),
            _ => true,
        };
        let mut keys: Vec<Algorithm> = preferred.key.iter().filter(usable).cloned().collect();
        keys.sort_by_key(|key| !known.contains(&plain(key)));
        if self.known.authorities(&self.host, self.port).next().is_some() {
            preferred.host_key_certificates = Cow::Owned(keys.clone());
        }
        preferred.key = Cow::Owned(keys);
        preferred
    }

    /// Believes it, or says why not.
    pub(super) fn check(&self, shown: &PublicKeyOrCertificate) -> Result<()> {
        let key = shown.public_key();
        let blob =
            key.to_bytes().map_err(|_| Error::new(ErrorKind::Protocol, "the host's key has no wire form"))?;
        if let Some(place) = self.known.revoked(&self.host, self.port, &blob) {
            return Err(revoked(&place));
        }
        let why_not = match shown.certificate() {
            Some(certificate) => match self.certified(certificate)? {
                None => return Ok(()),
                Some(why) => format!("; its certificate is of no use: {why}"),
            },
            None => String::new(),
        };
        match self.known.check(&self.host, self.port, &blob) {
            HostKeyVerdict::Known => Ok(()),
            HostKeyVerdict::Revoked(place) => Err(revoked(&place)),
            HostKeyVerdict::Changed(place) => {
                let message = format!(
                    "the host's key is not the one in {place}: it shows {} {}{why_not}; somebody may listen in, or the \
                     host was set up anew",
                    plain(&key.algorithm()),
                    fingerprint(&key),
                );
                Err(FaultClass::HostKeyChanged.error(message))
            }
            HostKeyVerdict::Unknown if self.trust == HostKeyTrust::AcceptNew && why_not.is_empty() => {
                self.write_down(&key, &blob)
            }
            HostKeyVerdict::Unknown => {
                let (kind, print) = (key.algorithm(), fingerprint(&key));
                let message =
                    format!("nothing is known of the host's key, {} {print}{why_not}", plain(&kind));
                Err(FaultClass::HostKeyUnknown.error(message))
            }
        }
    }

    /// None: it is good. Else why it is not, where the key itself may still be known.
    fn certified(&self, certificate: &Certificate) -> Result<Option<String>> {
        let authority = PublicKey::from(certificate.signature_key().clone());
        let blob = authority.to_bytes().unwrap_or_default();
        if let Some(place) = self.known.revoked(&self.host, self.port, &blob) {
            return Err(revoked(&place));
        }
        if !self.known.authorities(&self.host, self.port).any(|entry| entry.key == blob) {
            return Ok(Some("no known authority has signed it".to_owned()));
        }
        if certificate.cert_type() != CertType::Host {
            return Ok(Some("it is not that of a host".to_owned()));
        }
        // OpenSSH refuses a host's certificate that names nobody.
        let named =
            |principal: &String| crate::known_hosts::matches_list(principal, &self.host.to_ascii_lowercase());
        if !certificate.valid_principals().iter().any(named) {
            return Ok(Some(format!("it is for {}", certificate.valid_principals().join(", "))));
        }
        let now = u64::try_from(self.clock.timestamp().unix_seconds()).unwrap_or_default();
        let print = certificate.signature_key().fingerprint(HashAlg::Sha256);
        let valid = certificate.validate_at(now, std::iter::once(&print));
        Ok(valid.err().map(|_| "it is not valid now, or its signature is wrong".to_owned()))
    }

    fn write_down(&self, key: &PublicKey, blob: &[u8]) -> Result<()> {
        let Some(file) = &self.file else {
            return Err(FaultClass::HostKeyUnknown
                .error("nothing is known of the host's key, and no file to add it to"));
        };
        let name = written(&self.host, self.port);
        let line = format!("{name} {} {}\n", plain(&key.algorithm()), STANDARD.encode(blob));
        let append = || {
            let mut open = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
            // In one write, so that others who add at the same time do not mix with it.
            open.write_all(line.as_bytes())
        };
        append().map_err(|error| Error::io("known_hosts.write", error).with_note(file.display().to_string()))
    }
}

fn of_file(path: &Path) -> Result<KnownHosts> {
    match std::fs::read(path) {
        Ok(bytes) => {
            let (known, faults) =
                KnownHosts::parse(&path.display().to_string(), &String::from_utf8_lossy(&bytes));
            for fault in faults.iter() {
                tracing::debug!(%fault, "a line of known hosts is passed over");
            }
            Ok(known)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(KnownHosts::new()),
        Err(error) => Err(Error::io("known_hosts.read", error).with_note(path.display().to_string())),
    }
}

fn revoked(place: &Place) -> Error {
    FaultClass::HostKeyRevoked.error(format!("the host's key, or its authority's, is revoked by {place}"))
}

fn fingerprint(key: &PublicKey) -> String {
    key.fingerprint(HashAlg::Sha256).to_string()
}

/// The name of a kind of key, without the hash of its signatures.
fn plain(algorithm: &Algorithm) -> &str {
    match algorithm {
        Algorithm::Rsa { .. } => "ssh-rsa",
        other => other.as_str(),
    }
}
