//! Names of attributes.

use purlin_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

/// The name of an attribute, with its options: `cn`, `2.5.4.3`, `userCertificate;binary`, `description;lang-de`
/// (RFC 4512, section 2.5). Compared without regard to case. Nothing but such a name can be in it, so that it cannot
/// smuggle anything into a filter or a request.
///
/// Letters, digits, hyphens, dots and, because some servers have them, underscores. The range option of Active
/// Directory (`member;range=0-1499`) is no part of a name here: a [`Directory`](crate::Directory) follows it by itself.
///
/// ```
/// use purlin_ldap::AttrName;
///
/// const MAIL: AttrName = AttrName::known("mail");
/// assert_eq!(MAIL, AttrName::new("MAIL")?);
/// assert!(AttrName::new("uid=*)(objectClass").is_err());
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Clone)]
pub struct AttrName(Text);

#[derive(Clone)]
enum Text {
    Known(&'static str),
    Shared(Arc<str>),
}

/// Longer than any name that a schema has.
const MAX_LENGTH: usize = 200;

impl AttrName {
    /// A name.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`], with the text, when it is no name of an attribute.
    pub fn new(name: &str) -> Result<Self> {
        match is_name(name) {
            true => Ok(Self(Text::Shared(name.into()))),
            false => {
                let shown: String = name.chars().take(40).collect();
                let message = format!("{shown:?} is not the name of an attribute");
                Err(Error::new(ErrorKind::Invalid, message).with_operation("ldap.attribute"))
            }
        }
    }

    /// A name that stands in the source. In a `const` a wrong one does not compile.
    ///
    /// # Panics
    /// When it is no name of an attribute, so use it for constants.
    #[expect(clippy::panic, reason = "a constant's fault is found when it is compiled")]
    pub const fn known(name: &'static str) -> Self {
        match is_name(name) {
            true => Self(Text::Known(name)),
            false => panic!("not the name of an attribute"),
        }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Text::Known(name) => name,
            Text::Shared(name) => name,
        }
    }

    /// Without its options: `userCertificate` of `userCertificate;binary`.
    pub fn base(&self) -> &str {
        base(self.as_str())
    }

    /// The options, in the order in which they were written.
    pub fn options(&self) -> impl Iterator<Item = &str> {
        self.as_str().split(';').skip(1)
    }

    /// Whether it may hold a secret: a value of such an attribute is never printed.
    pub fn is_secret(&self) -> bool {
        const PARTS: [&str; 9] = [
            "password",
            "passwd",
            "pwd",
            "secret",
            "privatekey",
            "pkcs12",
            "nthash",
            "lmhash",
            "principalkey",
        ];
        let name = self.base().to_ascii_lowercase();
        let name = name.replace('-', "");
        PARTS.iter().any(|part| name.contains(part)) || name == "olcrootpw"
    }
}

pub(crate) fn base(name: &str) -> &str {
    name.split_once(';').map_or(name, |(base, _)| base)
}

/// Bytes only, so that it can be asked when a constant is compiled.
const fn is_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes.len() > MAX_LENGTH {
        return false;
    }
    let (mut index, mut start, mut options) = (0, true, false);
    let is_oid = bytes[0].is_ascii_digit();
    while index < bytes.len() {
        let byte = bytes[index];
        if byte == b';' {
            if start {
                return false;
            }
            (start, options) = (true, true);
        } else if options {
            if !byte.is_ascii_alphanumeric() && byte != b'-' && byte != b'_' {
                return false;
            }
            start = false;
        } else if is_oid {
            let dot = byte == b'.';
            if !byte.is_ascii_digit() && (!dot || start) {
                return false;
            }
            start = dot;
        } else {
            let first = byte.is_ascii_alphabetic();
            let later = byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' || byte == b'.';
            if (start && !first) || !later {
                return false;
            }
            start = false;
        }
        index += 1;
    }
    !start
}

impl PartialEq for AttrName {
    fn eq(&self, other: &Self) -> bool {
        self.as_str().eq_ignore_ascii_case(other.as_str())
    }
}

impl Eq for AttrName {}

impl PartialEq<str> for AttrName {
    fn eq(&self, other: &str) -> bool {
        self.as_str().eq_ignore_ascii_case(other)
    }
}

impl Hash for AttrName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for byte in self.as_str().bytes() {
            state.write_u8(byte.to_ascii_lowercase());
        }
        state.write_u8(0xff);
    }
}

impl FromStr for AttrName {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::new(name)
    }
}

impl TryFrom<&str> for AttrName {
    type Error = Error;

    fn try_from(name: &str) -> Result<Self> {
        Self::new(name)
    }
}

impl TryFrom<String> for AttrName {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        Self::new(&name)
    }
}

impl From<&Self> for AttrName {
    fn from(name: &Self) -> Self {
        name.clone()
    }
}

impl fmt::Display for AttrName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for AttrName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttrName({self})")
    }
}

impl Serialize for AttrName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for AttrName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&Cow::<str>::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
