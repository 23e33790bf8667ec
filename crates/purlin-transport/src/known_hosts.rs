//! Which host has which key: OpenSSH's `known_hosts` files (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").

mod entry;
mod pattern;
#[cfg(test)]
mod tests;

pub use entry::{KnownHost, Marker};

pub(crate) use pattern::matches_list;

use purlin_core::{Diagnostic, Diagnostics, Place};
use std::sync::Arc;

/// The port that names without one stand for.
const PORT: u16 = 22;

/// What is known of hosts' keys, from any number of files.
///
/// ```
/// use purlin_transport::{HostKeyVerdict, KnownHosts};
///
/// let text = "*.lon,!test.lon ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJmv0Ydq0YpoJFzKbhfLFJPvT5kRzzNTOCLr5oUOnpVo\n";
/// let (known, faults) = KnownHosts::parse("known_hosts", text);
/// assert!(faults.is_empty());
/// assert_eq!(known.lines("web01.lon", 22).count(), 1);
/// assert_eq!(known.lines("test.lon", 22).count(), 0);
/// assert_eq!(known.check("web02.leeds", 22, b"key"), HostKeyVerdict::Unknown);
/// ```
#[derive(Debug, Clone, Default)]
pub struct KnownHosts {
    entries: Vec<KnownHost>,
}

/// What the files say of a key that a host shows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostKeyVerdict {
    /// It is the host's.
    Known,
    /// Nothing is known of the host.
    Unknown,
    /// Another key is the host's, says this line.
    Changed(Place),
    /// It is revoked, says this line.
    Revoked(Place),
}

impl KnownHosts {
    /// Nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the text of a file, whose name stands in what is said about it. A line that cannot be read is a fault, and
    /// passed over, as OpenSSH does.
    pub fn parse(file: &str, text: &str) -> (Self, Diagnostics) {
        let (mut known, mut faults) = (Self::new(), Diagnostics::new());
        let file: Arc<str> = file.into();
        for (number, line) in (1_u32..).zip(text.lines()) {
            match KnownHost::parse(&file, number, line) {
                Ok(Some(entry)) => known.entries.push(entry),
                Ok(None) => {}
                Err(message) => {
                    let place = Place::file(file.to_string()).line(number);
                    faults.push(Diagnostic::warning("known-hosts", message).place(place));
                }
            }
        }
        (known, faults)
    }

    /// With what another file says, behind what is there.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self
    }

    /// The lines that speak of a host, in order, whatever they say of it. A port other than 22 stands in brackets in
    /// them: `[web01.lon]:2222`.
    pub fn lines(&self, host: &str, port: u16) -> impl Iterator<Item = &KnownHost> {
        let name = written(host, port);
        self.entries.iter().filter(move |entry| entry.speaks_of(&name))
    }

    /// What they say of a key, given as the wire has it (RFC 4253, 6.6).
    ///
    /// A key of another kind than those that are known is a changed one too: whoever sits in between has no key of the
    /// known kind to show. A host on another port is also looked for without it, as OpenSSH does, when nothing is known of
    /// the port.
    pub fn check(&self, host: &str, port: u16, key: &[u8]) -> HostKeyVerdict {
        if let Some(revoked) = self.revoked(host, port, key) {
            return HostKeyVerdict::Revoked(revoked);
        }
        match self.check_at(host, port, key) {
            HostKeyVerdict::Unknown if port != PORT => match self.check_at(host, PORT, key) {
                // Another service on the same machine may have a key of its own.
                HostKeyVerdict::Changed(_) => HostKeyVerdict::Unknown,
                verdict => verdict,
            },
            verdict => verdict,
        }
    }

    fn check_at(&self, host: &str, port: u16, key: &[u8]) -> HostKeyVerdict {
        let mut other = None;
        for entry in self.lines(host, port).filter(|entry| entry.marker.is_none()) {
            if entry.key == key {
                return HostKeyVerdict::Known;
            }
            let same_kind = algorithm(&entry.key) == algorithm(key);
            if other.is_none() || same_kind {
                other = Some(entry.place());
            }
        }
        other.map_or(HostKeyVerdict::Unknown, HostKeyVerdict::Changed)
    }

    /// Where a key, a host's own or an authority's, is revoked for that host.
    pub fn revoked(&self, host: &str, port: u16, key: &[u8]) -> Option<Place> {
        let at = |port| {
            let mut lines = self.lines(host, port);
            lines
                .find(|entry| entry.marker == Some(Marker::Revoked) && entry.key == key)
                .map(KnownHost::place)
        };
        at(port).or_else(|| at(PORT))
    }

    /// The authorities whose certificates are good for that host.
    pub fn authorities(&self, host: &str, port: u16) -> impl Iterator<Item = &KnownHost> {
        let (own, plain) = (written(host, port), written(host, PORT));
        let marked = self.entries.iter().filter(|entry| entry.marker == Some(Marker::CertAuthority));
        marked.filter(move |entry| entry.speaks_of(&own) || entry.speaks_of(&plain))
    }

    /// The kinds of keys that are known of a host, such as `ssh-ed25519`, each once.
    pub fn algorithms(&self, host: &str, port: u16) -> Vec<&str> {
        let mut kinds = Vec::new();
        for port in [port, PORT] {
            for entry in self.lines(host, port).filter(|entry| entry.marker.is_none()) {
                if !kinds.contains(&entry.algorithm.as_str()) {
                    kinds.push(entry.algorithm.as_str());
                }
            }
            if !kinds.is_empty() {
                break;
            }
        }
        kinds
    }
}

/// A host as the files write it.
pub(crate) fn written(host: &str, port: u16) -> String {
    let host = host.to_ascii_lowercase();
    if port == PORT { host } else { format!("[{host}]:{port}") }
}

/// The name of a key's algorithm, with which its wire form begins.
pub(crate) fn algorithm(key: &[u8]) -> Option<&[u8]> {
    let (length, rest) = key.split_first_chunk::<4>()?;
    rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)
}
