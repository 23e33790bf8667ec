//! What steps give to later steps.

use crate::data::{unreadable, unwritable};
use purlin_core::{Error, ErrorKind, Result};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

/// The name of an output and its type, as a constant that the step which gives it and those which need it share.
///
/// ```
/// use purlin_deploy::{OutputKey, Outputs};
///
/// const RELEASE: OutputKey<String> = OutputKey::new("release");
/// let outputs = Outputs::new().with(&RELEASE, &"2026-11-22".to_owned())?;
/// assert_eq!(outputs.get(&RELEASE)?, "2026-11-22");
/// # Ok::<(), purlin_core::Error>(())
/// ```
pub struct OutputKey<T> {
    name: &'static str,
    of: PhantomData<fn() -> T>,
}

impl<T> OutputKey<T> {
    /// An output of that name.
    pub const fn new(name: &'static str) -> Self {
        Self { name, of: PhantomData }
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<T> fmt::Debug for OutputKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutputKey({:?})", self.name)
    }
}

/// What a step gives: values by name, kept in the journal. No secrets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Outputs(BTreeMap<String, Value>);

impl Outputs {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a value that cannot be written as JSON.
    pub fn with<T: Serialize>(mut self, key: &OutputKey<T>, value: &T) -> Result<Self> {
        let value = serde_json::to_value(value).map_err(|error| unwritable(&error))?;
        self.0.insert(key.name.to_owned(), value);
        Ok(self)
    }

    /// The value of that name.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where no step gave it; [`ErrorKind::Invalid`] where it is of another type.
    pub fn get<T: DeserializeOwned>(&self, key: &OutputKey<T>) -> Result<T> {
        let value = self
            .0
            .get(key.name)
            .ok_or_else(|| Error::new(ErrorKind::NotFound, format!("no step has given {:?}", key.name)))?;
        serde_json::from_value(value.clone()).map_err(|error| unreadable(&error))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        self.0.extend(other.0.iter().map(|(name, value)| (name.clone(), value.clone())));
    }

    pub(crate) fn values(&self) -> &BTreeMap<String, Value> {
        &self.0
    }
}
