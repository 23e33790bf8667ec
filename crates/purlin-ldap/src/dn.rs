//! Names of entries.

mod parse;
#[cfg(test)]
mod tests;

use crate::AttrName;
use parse::Parser;
use purlin_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt::{self, Write};
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

/// A distinguished name (RFC 4514): where an entry stands in the tree. Cheap to clone.
///
/// Two names are equal when they mean the same entry: `CN=Doe\, John,dc=example` and `cn=doe\2C john, dc=Example`. What
/// is compared is a normal form: types in lower case (with the usual names for numbers such as 2.5.4.3), values
/// prepared as RFC 4518 says (escapes resolved, Unicode's form NFKC, no regard to case, to doubled spaces and to letters
/// that nobody sees, such as soft hyphens), parts of one RDN in order. That is how nearly all attributes used in names are
/// matched (`caseIgnoreMatch`). Letters that are only one in some languages (`ß` and `ss`) stay two.
///
/// It prints as it was written. The empty name is the root of the server's tree.
///
/// ```
/// use purlin_ldap::Dn;
///
/// let people = Dn::new("ou=people,dc=example,dc=org")?;
/// let ada = people.child("cn", "Lovelace, Ada")?;
/// assert_eq!(ada.to_string(), r"cn=Lovelace\, Ada,ou=people,dc=example,dc=org");
/// assert_eq!(ada, Dn::new(r"CN=lovelace\2c ada, ou=People,dc=example,dc=org")?);
/// assert_eq!(ada.parent(), Some(people));
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Dn(Arc<Inner>);

struct Inner {
    text: Box<str>,
    normal: Box<str>,
}

/// A relative distinguished name: the leftmost part of a [`Dn`], which tells an entry from its neighbours. It has more
/// than one attribute in names such as `cn=web01+ou=lon`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rdn {
    /// Types and values, escapes resolved; at least one.
    pub parts: Vec<(AttrName, Vec<u8>)>,
}

impl Rdn {
    /// The first value as text; none where it is not UTF-8.
    pub fn value(&self) -> Option<&str> {
        std::str::from_utf8(&self.parts.first()?.1).ok()
    }
}

impl Dn {
    /// Reads a name. Spaces around commas, pluses and equals signs are passed over, as older forms have them.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`], saying at which character it ceases to be one.
    pub fn new(text: &str) -> Result<Self> {
        let mut normal = String::with_capacity(text.len() + 8);
        Parser::new(text).normalize(&mut normal).map_err(|fault| {
            let shown: String = text.chars().take(200).collect();
            let message = format!("{shown:?} is not a distinguished name: {fault}");
            Error::new(ErrorKind::Invalid, message).with_operation("ldap.dn")
        })?;
        Ok(Self(Arc::new(Inner { text: text.into(), normal: normal.into() })))
    }

    /// The root of the server's tree, whose entry tells what the server can do (RFC 4512, section 5.1).
    pub fn root() -> Self {
        Self(Arc::new(Inner { text: "".into(), normal: "".into() }))
    }

    /// The entry of that name under this one, the value escaped as needed.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a name of an attribute that is none, or with options, and for an empty value.
    pub fn child(&self, attribute: &str, value: impl AsRef<[u8]>) -> Result<Self> {
        let mut text = AttrName::new(attribute)?.as_str().to_owned();
        text.push('=');
        escape(value.as_ref(), &mut text);
        if !self.as_str().is_empty() {
            text.push(',');
            text.push_str(self.as_str());
        }
        Self::new(&text)
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// What is compared: the same for all ways to write one name.
    pub fn normal(&self) -> &str {
        &self.0.normal
    }

    /// Whether it is the root of the server's tree.
    pub fn is_root(&self) -> bool {
        self.0.normal.is_empty()
    }

    /// The name of the entry above; none for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let after = |text: &str| match parse::first_comma(text) {
            Some(at) => text.get(at + 1..).unwrap_or_default().trim_start().into(),
            None => Box::<str>::from(""),
        };
        Some(Self(Arc::new(Inner { text: after(&self.0.text), normal: after(&self.0.normal) })))
    }

    /// Whether this entry is that one or stands anywhere below it.
    pub fn is_within(&self, ancestor: &Self) -> bool {
        let (own, other) = (self.normal(), ancestor.normal());
        match own.strip_suffix(other) {
            Some("") => true,
            Some(before) => other.is_empty() || ends_a_part(before),
            None => false,
        }
    }

    /// The parts, the entry's own first.
    pub fn rdns(&self) -> Vec<Rdn> {
        // What was read once can be read again.
        Parser::new(self.as_str()).rdns().unwrap_or_default()
    }

    /// The value of the entry's own part, as text: `ada` of `uid=ada,ou=people`. None for the root and for what is not
    /// UTF-8.
    pub fn name(&self) -> Option<String> {
        self.rdns().first().and_then(Rdn::value).map(str::to_owned)
    }
}

/// In the normal form a comma that separates has an even number of backslashes before it, and values hold none: they
/// are written as hexadecimal escapes there.
fn ends_a_part(before: &str) -> bool {
    before.ends_with(',')
}

/// Writes a value so that it can stand in a name (RFC 4514, section 2.4).
fn escape(value: &[u8], into: &mut String) {
    let Ok(text) = std::str::from_utf8(value) else {
        value.iter().for_each(|byte| hex(*byte, into));
        return;
    };
    let last = text.chars().count().saturating_sub(1);
    for (index, letter) in text.chars().enumerate() {
        match letter {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=' => into.extend(['\\', letter]),
            '#' if index == 0 => into.push_str("\\#"),
            ' ' if index == 0 || index == last => into.push_str("\\ "),
            letter if letter.is_control() => {
                let mut bytes = [0; 4];
                letter.encode_utf8(&mut bytes).bytes().for_each(|byte| hex(byte, into));
            }
            letter => into.push(letter),
        }
    }
}

fn hex(byte: u8, into: &mut String) {
    // A String takes whatever is written.
    let _ = write!(into, "\\{byte:02x}");
}

impl PartialEq for Dn {
    fn eq(&self, other: &Self) -> bool {
        self.normal() == other.normal()
    }
}

impl Eq for Dn {}

impl PartialOrd for Dn {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Dn {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.normal().cmp(other.normal())
    }
}

impl Hash for Dn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.normal().hash(state);
    }
}

impl FromStr for Dn {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::new(text)
    }
}

impl TryFrom<&str> for Dn {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self> {
        Self::new(text)
    }
}

impl TryFrom<String> for Dn {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::new(&text)
    }
}

impl From<&Self> for Dn {
    fn from(dn: &Self) -> Self {
        dn.clone()
    }
}

impl fmt::Display for Dn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Dn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dn({self})")
    }
}

impl Serialize for Dn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Dn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&Cow::<str>::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
