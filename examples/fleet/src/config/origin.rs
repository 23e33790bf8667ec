//! Who said it.

use purlin::core::Place;
use std::fmt;

/// Who set a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nobody: it is what the tool does by itself.
    BuiltIn,
    /// A file, at this place.
    File(Place),
    /// The environment variable of this name.
    Environment(String),
    /// This flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built-in"),
            Self::File(place) => place.fmt(f),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// A value and who set it.
#[derive(Debug, Clone)]
pub(crate) struct Sourced<T> {
    pub(crate) value: T,
    pub(crate) origin: Origin,
}

impl<T> Sourced<T> {
    pub(crate) fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// A value that is given only where the flag is.
    pub(crate) fn flag(value: Option<T>, flag: &'static str) -> Option<Self> {
        value.map(|value| Self::new(value, Origin::Flag(flag)))
    }
}
