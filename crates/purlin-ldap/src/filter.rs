//! What entries are asked for.

mod matching;
mod parse;
mod print;
mod template;
#[cfg(test)]
mod tests;

pub(crate) use matching::Matcher;
pub use template::FilterTemplate;

use crate::{AttrName, Dn};
use purlin_core::{Error, Result};
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Which entries a search wants (RFC 4511, section 4.5.1.7). Values are values here, whatever letters are in them:
/// nothing that a user types can become a part of the question.
///
/// ```
/// use purlin_ldap::{AttrName, Filter};
///
/// const UID: AttrName = AttrName::known("uid");
/// let people = Filter::equal("objectClass", "posixAccount")?;
/// let filter = people & UID.is("*)(uid=*") & !UID.starts_with("svc-");
/// assert_eq!(
///     filter.to_string(),
///     r"(&(objectClass=posixAccount)(uid=\2a\29\28uid=\2a)(!(uid=svc-*)))"
/// );
/// assert_eq!(filter.to_string().parse::<Filter>()?, filter);
/// # Ok::<(), purlin_core::Error>(())
/// ```
///
/// `Debug` leaves the values of secret attributes out; `Display` is the form of RFC 4515, with all of them.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Filter {
    /// All of them hold; none at all is always so (RFC 4526).
    And(Vec<Filter>),
    /// One of them holds; none at all is never so.
    Or(Vec<Filter>),
    /// It does not hold.
    Not(Box<Filter>),
    /// A value is equal, by the attribute's own rule.
    Equal(AttrName, Vec<u8>),
    /// A value holds these parts, in this order.
    Substring(AttrName, Parts),
    /// A value is equal or greater.
    AtLeast(AttrName, Vec<u8>),
    /// A value is equal or less.
    AtMost(AttrName, Vec<u8>),
    /// The attribute is there.
    Present(AttrName),
    /// A value is about this; how, the server knows.
    Approximate(AttrName, Vec<u8>),
    /// A value matches by a rule that is named.
    Extensible(Extensible),
}

/// The parts of a substring filter; not all empty.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Parts {
    /// What the value begins with; empty for anything.
    pub first: Vec<u8>,
    /// What follows, in this order, with anything between; none of them empty.
    pub middle: Vec<Vec<u8>>,
    /// What it ends with; empty for anything.
    pub last: Vec<u8>,
}

/// A filter by a named rule.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Extensible {
    /// The attribute; none for all that the rule can be used with.
    pub attribute: Option<AttrName>,
    /// The rule, by name or number; none for the attribute's own. One of both is there.
    pub rule: Option<AttrName>,
    /// Whether the parts of the entry's name count as attributes too.
    pub with_dn: bool,
    /// The value.
    pub value: Vec<u8>,
}

impl Filter {
    /// Every entry: `(objectClass=*)`.
    pub fn any() -> Self {
        const OBJECT_CLASS: AttrName = AttrName::known("objectClass");
        Self::Present(OBJECT_CLASS)
    }

    /// `(name=value)`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) when it is no name of an attribute.
    pub fn equal(name: &str, value: impl AsRef<[u8]>) -> Result<Self> {
        Ok(AttrName::new(name)?.is(value))
    }

    /// `(name=*)`.
    ///
    /// # Errors
    /// As [`equal`](Self::equal).
    pub fn present(name: &str) -> Result<Self> {
        Ok(AttrName::new(name)?.exists())
    }

    /// Reads the form of RFC 4515: `(&(objectClass=person)(cn=A*))`. A part that comes from somewhere else belongs into
    /// a [`FilterTemplate`].
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid), saying at which character it ceases to be a filter.
    pub fn parse(text: &str) -> Result<Self> {
        parse::filter(text)
    }

    /// One of them holds; a single one stands for itself.
    pub fn one_of(filters: impl IntoIterator<Item = Self>) -> Self {
        let mut filters: Vec<Self> = filters.into_iter().collect();
        match filters.len() {
            1 => filters.swap_remove(0),
            _ => Self::Or(filters),
        }
    }

    /// All of them hold; a single one stands for itself.
    pub fn all_of(filters: impl IntoIterator<Item = Self>) -> Self {
        let mut filters: Vec<Self> = filters.into_iter().collect();
        match filters.len() {
            1 => filters.swap_remove(0),
            _ => Self::And(filters),
        }
    }
}

impl AttrName {
    /// `(name=value)`.
    pub fn is(&self, value: impl AsRef<[u8]>) -> Filter {
        Filter::Equal(self.clone(), value.as_ref().to_vec())
    }

    /// `(name=dn)`, for attributes that name entries.
    pub fn is_dn(&self, dn: &Dn) -> Filter {
        self.is(dn.as_str())
    }

    /// `(name=*)`.
    pub fn exists(&self) -> Filter {
        Filter::Present(self.clone())
    }

    /// `(name=value*)`; with an empty value, that the attribute is there.
    pub fn starts_with(&self, value: impl AsRef<[u8]>) -> Filter {
        self.parts(Parts { first: value.as_ref().to_vec(), ..Parts::default() })
    }

    /// `(name=*value)`; with an empty value, that the attribute is there.
    pub fn ends_with(&self, value: impl AsRef<[u8]>) -> Filter {
        self.parts(Parts { last: value.as_ref().to_vec(), ..Parts::default() })
    }

    /// `(name=*value*)`; with an empty value, that the attribute is there.
    pub fn contains(&self, value: impl AsRef<[u8]>) -> Filter {
        let middle = vec![value.as_ref().to_vec()];
        self.parts(Parts { middle, ..Parts::default() })
    }

    /// `(name>=value)`.
    pub fn at_least(&self, value: impl AsRef<[u8]>) -> Filter {
        Filter::AtLeast(self.clone(), value.as_ref().to_vec())
    }

    /// `(name<=value)`.
    pub fn at_most(&self, value: impl AsRef<[u8]>) -> Filter {
        Filter::AtMost(self.clone(), value.as_ref().to_vec())
    }

    /// `(name:rule:=value)`, such as Active Directory's `1.2.840.113556.1.4.1941` for chains of groups.
    pub fn matches(&self, rule: AttrName, value: impl AsRef<[u8]>) -> Filter {
        let value = value.as_ref().to_vec();
        Filter::Extensible(Extensible {
            attribute: Some(self.clone()),
            rule: Some(rule),
            with_dn: false,
            value,
        })
    }

    fn parts(&self, mut parts: Parts) -> Filter {
        parts.middle.retain(|part| !part.is_empty());
        match parts == Parts::default() {
            true => self.exists(),
            false => Filter::Substring(self.clone(), parts),
        }
    }
}

impl std::ops::BitAnd for Filter {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        match self {
            Self::And(mut filters) if !filters.is_empty() => {
                filters.push(other);
                Self::And(filters)
            }
            filter => Self::And(vec![filter, other]),
        }
    }
}

impl std::ops::BitOr for Filter {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        match self {
            Self::Or(mut filters) if !filters.is_empty() => {
                filters.push(other);
                Self::Or(filters)
            }
            filter => Self::Or(vec![filter, other]),
        }
    }
}

impl std::ops::Not for Filter {
    type Output = Self;

    fn not(self) -> Self {
        Self::Not(Box::new(self))
    }
}

impl FromStr for Filter {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Filter")?;
        self.write(f, true)
    }
}

impl fmt::Debug for Extensible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Filter::Extensible(self.clone()).fmt(f)
    }
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&Cow::<str>::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Filter {
    /// The attributes that it asks about, each once.
    pub fn attributes(&self) -> Vec<AttrName> {
        let mut names = Vec::new();
        self.collect(&mut names);
        names
    }

    fn collect(&self, into: &mut Vec<AttrName>) {
        let name = match self {
            Self::And(filters) | Self::Or(filters) => {
                return filters.iter().for_each(|filter| filter.collect(into));
            }
            Self::Not(filter) => return filter.collect(into),
            Self::Extensible(extensible) => extensible.attribute.as_ref(),
            Self::Equal(name, _)
            | Self::AtLeast(name, _)
            | Self::AtMost(name, _)
            | Self::Approximate(name, _) => Some(name),
            Self::Present(name) | Self::Substring(name, _) => Some(name),
        };
        into.extend(name.filter(|name| !into.contains(name)).cloned());
    }
}
