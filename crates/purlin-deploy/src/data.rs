//! What steps and gates keep in plans and in the journal.

use purlin_core::{Error, ErrorKind, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Makes a type that holds any value serde knows, as JSON has it.
macro_rules! data {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Value);

        impl $name {
            /// Of a value that can be written as JSON; nothing else is kept of it.
            ///
            /// # Errors
            /// [`ErrorKind::Invalid`] for what cannot, such as a map whose keys are no texts.
            pub fn of(value: &(impl Serialize + ?Sized)) -> Result<Self> {
                serde_json::to_value(value).map(Self).map_err(|error| unwritable(&error))
            }

            /// Reads it back.
            ///
            /// # Errors
            /// [`ErrorKind::Invalid`] where it was made of another type.
            pub fn read<T: DeserializeOwned>(&self) -> Result<T> {
                serde_json::from_value(self.0.clone()).map_err(|error| unreadable(&error))
            }

            /// Whether it holds nothing.
            pub fn is_empty(&self) -> bool {
                self.0.is_null()
            }
        }
    };
}
data! {
    /// How things stood before a step: what undoing it needs, such as the old content of a file. It is in the journal
    /// before the step has any effect, so undoing never depends on what the host still knows.
    Before
}

data! {
    /// What a step or a gate is, with all its settings and without secrets: two of the same definition do the same.
    Definition
}

data! {
    /// What a gate found before the deployment, to compare with.
    Baseline
}

pub(crate) fn unwritable(error: &serde_json::Error) -> Error {
    Error::new(ErrorKind::Invalid, format!("it cannot be written as JSON: {error}"))
}

pub(crate) fn unreadable(error: &serde_json::Error) -> Error {
    Error::new(ErrorKind::Invalid, format!("it is not what was written: {error}"))
}

/// The SHA-256 of what a value is in JSON, whose maps are sorted by key; in hexadecimal.
pub(crate) fn digest(value: &(impl Serialize + ?Sized)) -> Result<String> {
    let value = serde_json::to_value(value).map_err(|error| unwritable(&error))?;
    Ok(sha256(value.to_string().as_bytes()))
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
