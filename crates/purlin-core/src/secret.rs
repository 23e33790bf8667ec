//! Secrets: never printed, zeroed when dropped, fetched when they are needed.

#[cfg(unix)]
mod command;
#[cfg(unix)]
mod complaint;
#[cfg(unix)]
mod group;
mod source;
mod written;

pub use source::{SecretRef, SecretSource, WrittenRef};

use std::fmt;
use zeroize::Zeroize;

/// A value that can be overwritten with zeros, so that it does not stay in memory.
pub trait Wipe {
    /// Overwrites the value; what is left is valid and holds nothing of it.
    fn wipe(&mut self);
}

impl Wipe for String {
    fn wipe(&mut self) {
        self.zeroize();
    }
}

impl Wipe for Vec<u8> {
    fn wipe(&mut self) {
        self.zeroize();
    }
}

/// A value that is never printed and is zeroed when dropped. There is no `Display` and no `Serialize`.
///
/// ```
/// use purlin_core::Secret;
///
/// let password = Secret::new("hunter2".to_owned());
/// assert_eq!(format!("{password:?}"), "***");
/// assert_eq!(password.expose(), "hunter2");
/// ```
#[derive(Clone, Default)]
pub struct Secret<T: Wipe>(T);

impl<T: Wipe> Secret<T> {
    /// Takes the value in. Copies that were made of it before are not zeroed.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself, for the one call that needs it.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Wipe> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

impl<T: Wipe> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl From<&str> for Secret<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl<T: Wipe> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}
