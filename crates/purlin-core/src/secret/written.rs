//! The form of a [`SecretRef`] in configuration files. Whatever stands there instead may be the secret itself, so no
//! fault quotes a value.

use super::SecretRef;
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

const KEYS: &[&str] = &["env", "file", "command"];
const FORM: &str = "a secret is written as one of { env = \"NAME\" }, { file = \"PATH\" } or { command = [\"PROGRAM\", ..] }";

/// Anything, as far as it matters here.
enum Written {
    Text(String),
    Words(Vec<String>),
    /// The first two keys with their values.
    Table(Vec<(String, Written)>),
    Other,
}

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Written::Table(entries) = Written::deserialize(deserializer)? else {
            return Err(D::Error::custom(FORM));
        };
        if let Some((key, _)) = entries.iter().find(|(key, _)| !KEYS.contains(&key.as_str())) {
            return Err(D::Error::unknown_field(key, KEYS));
        }
        let mut entries = entries.into_iter();
        let (Some((key, value)), None) = (entries.next(), entries.next()) else {
            return Err(D::Error::custom(FORM));
        };
        match (key.as_str(), value) {
            ("env", Written::Text(name)) => Ok(Self::env(name)),
            ("file", Written::Text(path)) => Ok(Self::file(path)),
            ("command", Written::Words(argv)) if !argv.is_empty() => Ok(Self::command(argv)),
            ("env", _) => Err(D::Error::custom("a secret's env is the name of a variable, in quotes")),
            ("file", _) => Err(D::Error::custom("a secret's file is a path, in quotes")),
            _ => Err(D::Error::custom("a secret's command is a list of words, the program first")),
        }
    }
}

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Written;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret by reference")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Written, E> {
        Ok(Written::Text(text.to_owned()))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Written, E> {
        Ok(Written::Other)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Written, E> {
        Ok(Written::Other)
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<Written, E> {
        Ok(Written::Other)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Written, E> {
        Ok(Written::Other)
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<Written, E> {
        Ok(Written::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Written, E> {
        Ok(Written::Other)
    }

    fn visit_char<E: Error>(self, _: char) -> Result<Written, E> {
        Ok(Written::Other)
    }

    fn visit_bytes<E: Error>(self, _: &[u8]) -> Result<Written, E> {
        Ok(Written::Other)
    }

    fn visit_none<E: Error>(self) -> Result<Written, E> {
        Ok(Written::Other)
    }

    fn visit_unit<E: Error>(self) -> Result<Written, E> {
        Ok(Written::Other)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Written, D::Error> {
        Written::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Written, D::Error> {
        Written::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Written, A::Error> {
        let (mut words, mut others) = (Vec::new(), false);
        while let Some(value) = values.next_element()? {
            match value {
                Written::Text(word) => words.push(word),
                _ => others = true,
            }
        }
        Ok(if others { Written::Other } else { Written::Words(words) })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Written, A::Error> {
        let mut table = Vec::new();
        while let Some(key) = entries.next_key()? {
            if table.len() < 2 {
                table.push((key, entries.next_value()?));
            } else {
                entries.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Written::Table(table))
    }
}
