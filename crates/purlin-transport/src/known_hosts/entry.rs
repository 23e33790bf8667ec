//! One line of a file.

use super::pattern::matches_list;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use purlin_core::Place;
use sha1::Sha1;
use std::sync::Arc;

/// What stands before the hosts of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Marker {
    /// `@cert-authority`: the key signs certificates of hosts.
    CertAuthority,
    /// `@revoked`: the key is not to be believed any more.
    Revoked,
}

/// One line that says what the key of some hosts is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownHost {
    /// What the line says beyond that; none: it is their own key.
    pub marker: Option<Marker>,
    /// The kind of key, such as `ssh-ed25519`.
    pub algorithm: String,
    /// The key, as the wire has it.
    pub key: Vec<u8>,
    hosts: Hosts,
    file: Arc<str>,
    line: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Hosts {
    Patterns(String),
    /// One name, as HMAC-SHA1 of it by a salt.
    Hashed {
        salt: Vec<u8>,
        hash: Vec<u8>,
    },
}

impl KnownHost {
    /// Reads a line; none for a comment or an empty one.
    pub(super) fn parse(file: &Arc<str>, line: u32, text: &str) -> Result<Option<Self>, String> {
        let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
        let mut first = match words.next() {
            None => return Ok(None),
            Some(word) if word.starts_with('#') => return Ok(None),
            Some(word) => word,
        };
        let marker = match first {
            "@cert-authority" => Some(Marker::CertAuthority),
            "@revoked" => Some(Marker::Revoked),
            other if other.starts_with('@') => return Err(format!("{other} is no marker that is known")),
            _ => None,
        };
        if marker.is_some() {
            first = words.next().ok_or("the hosts are missing")?;
        }
        let hosts = Hosts::parse(first)?;
        let algorithm = words.next().ok_or("the kind of key is missing")?;
        let key = words.next().ok_or("the key is missing")?;
        let key = STANDARD.decode(key).map_err(|_| "the key is not base64")?;
        if super::algorithm(&key) != Some(algorithm.as_bytes()) {
            return Err(format!("the key is not of the kind {algorithm}"));
        }
        let algorithm = algorithm.to_owned();
        Ok(Some(Self { marker, algorithm, key, hosts, file: file.clone(), line }))
    }

    /// Whether it speaks of a host, written as the files do.
    pub(super) fn speaks_of(&self, name: &str) -> bool {
        match &self.hosts {
            Hosts::Patterns(list) => matches_list(list, name),
            Hosts::Hashed { salt, hash } => hashed(salt, name).is_some_and(|of_name| of_name == *hash),
        }
    }

    /// The number of the line, from 1.
    pub fn line(&self) -> u32 {
        self.line
    }

    /// Where it stands.
    pub fn place(&self) -> Place {
        Place::file(self.file.to_string()).line(self.line)
    }
}

impl Hosts {
    fn parse(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix('|') else {
            return Ok(Self::Patterns(text.to_owned()));
        };
        let fault = || format!("{text:?} is no hashed name: |1|SALT|HASH");
        let (salt, hash) = rest.strip_prefix("1|").and_then(|rest| rest.split_once('|')).ok_or_else(fault)?;
        let decoded = |text: &str| STANDARD.decode(text).map_err(|_| fault());
        Ok(Self::Hashed { salt: decoded(salt)?, hash: decoded(hash)? })
    }
}

/// The hash of a name by a salt. None: no salt is refused by HMAC, but its type says that one might be.
fn hashed(salt: &[u8], name: &str) -> Option<Vec<u8>> {
    let mut state = Hmac::<Sha1>::new_from_slice(salt).ok()?;
    state.update(name.as_bytes());
    Some(state.finalize().into_bytes().to_vec())
}
