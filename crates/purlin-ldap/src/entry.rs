//! Entries, as a directory holds them.

mod de;
mod edit;
#[cfg(test)]
mod tests;

pub use edit::EntryParts;

use crate::{AttrName, Dn};
use purlin_core::{Error, ErrorKind, Outcome, Result};
use serde::de::DeserializeOwned;
use std::fmt;

/// An entry: its name and its attributes, each with bytes as the directory gave them. Names of attributes are found
/// without regard to case.
///
/// `Debug` leaves the values of [secret](AttrName::is_secret) attributes out.
///
/// ```
/// use purlin_ldap::{AttrName, Dn, Entry};
///
/// #[derive(serde::Deserialize)]
/// struct Person {
///     uid: String,
///     #[serde(rename = "uidNumber")]
///     number: u32,
///     mail: Vec<String>,
///     #[serde(rename = "loginShell")]
///     shell: Option<String>,
/// }
///
/// let entry = Entry::new(Dn::new("uid=ada,ou=people,dc=example,dc=org")?)
///     .with(AttrName::known("uid"), ["ada"])
///     .with(AttrName::known("uidnumber"), ["1001"])
///     .with(AttrName::known("mail"), ["ada@example.org", "lovelace@example.org"]);
/// assert_eq!(entry.text("UID")?, Some("ada"));
///
/// let person: Person = entry.to()?;
/// assert_eq!((person.uid.as_str(), person.number, person.mail.len()), ("ada", 1001, 2));
/// assert_eq!(person.shell, None);
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    dn: Dn,
    attributes: Vec<Attribute>,
}

/// One attribute of an [`Entry`], options included: `description;lang-de`.
#[derive(Clone, PartialEq, Eq)]
pub struct Attribute {
    name: AttrName,
    values: Vec<Vec<u8>>,
}

impl Attribute {
    /// Its name.
    pub fn name(&self) -> &AttrName {
        &self.name
    }

    /// Its values, in the order in which they came, which means nothing to most servers.
    pub fn values(&self) -> &[Vec<u8>] {
        &self.values
    }
}

impl Entry {
    /// An entry without attributes.
    pub fn new(dn: Dn) -> Self {
        Self { dn, attributes: Vec::new() }
    }

    /// The same with these values added.
    #[must_use]
    pub fn with<V: Into<Vec<u8>>>(mut self, name: AttrName, values: impl IntoIterator<Item = V>) -> Self {
        self.add(name, values.into_iter().map(Into::into));
        self
    }

    pub(crate) fn add(&mut self, name: AttrName, values: impl IntoIterator<Item = Vec<u8>>) {
        match self.attributes.iter_mut().find(|known| known.name == name) {
            Some(known) => known.values.extend(values),
            None => self.attributes.push(Attribute { name, values: values.into_iter().collect() }),
        }
    }

    /// Where it stands in the tree.
    pub fn dn(&self) -> &Dn {
        &self.dn
    }

    /// The attributes, in the order in which they came.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The attribute of exactly this name, options included.
    pub fn get(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|known| known.name == *name)
    }

    /// The attributes of this name that have its options, and maybe more: `cn` finds `cn` and `cn;lang-de`
    /// (RFC 4512, section 2.5.2).
    pub fn with_options(&self, name: &str) -> impl Iterator<Item = &Attribute> {
        let wanted = name.to_owned();
        self.attributes.iter().filter(move |known| {
            let mut words = wanted.split(';');
            let base = words.next().unwrap_or_default();
            known.name.base().eq_ignore_ascii_case(base)
                && words.all(|option| known.name.options().any(|own| own.eq_ignore_ascii_case(option)))
        })
    }

    /// The values of exactly this name; none where it is not there.
    pub fn values(&self, name: &str) -> &[Vec<u8>] {
        self.get(name).map_or(&[], Attribute::values)
    }

    /// The first value, as bytes.
    pub fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.values(name).first().map(Vec::as_slice)
    }

    /// The first value, as text.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when it is not UTF-8.
    pub fn text(&self, name: &str) -> Result<Option<&str>> {
        self.bytes(name).map(|value| self.utf8(name, value)).transpose()
    }

    /// All values, as text.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when one is not UTF-8.
    pub fn texts(&self, name: &str) -> Result<Vec<&str>> {
        self.values(name).iter().map(|value| self.utf8(name, value)).collect()
    }

    /// The first value, as what can be read from text: a number, an address.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when it cannot be read.
    pub fn parsed<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>> {
        let text = self.text(name)?;
        let parse =
            |text: &str| text.trim().parse().map_err(|_| self.unreadable(name, "not of the form expected"));
        text.map(parse).transpose()
    }

    /// The values as names of entries.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when one is none.
    pub fn dns(&self, name: &str) -> Result<Vec<Dn>> {
        let dn = |text| {
            Dn::new(text)
                .map_err(|error| self.unreadable(name, "not a distinguished name").with_source(error))
        };
        self.texts(name)?.into_iter().map(dn).collect()
    }

    /// The whole entry as a type of one's own. Its fields are attributes, found without regard to case (`serde(rename)`
    /// gives names that Rust does not allow); a field named `dn` is the entry's name.
    ///
    /// A list takes all values, a `String`, number or `bool` (`TRUE` and `FALSE`) the only one, an `Option` is none
    /// where there is none. Attributes without a field are passed over. Bytes come as `Vec<u8>` through a type that
    /// asks serde for bytes, and as text where they are UTF-8.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`], naming the entry and the attribute, for what does not fit: a missing attribute, several
    /// values for one field, text that is not UTF-8 or no number. No value is in the message.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T> {
        de::entry(self)
    }

    fn utf8<'e>(&self, name: &str, value: &'e [u8]) -> Result<&'e str> {
        std::str::from_utf8(value).map_err(|_| self.unreadable(name, "not UTF-8"))
    }

    pub(crate) fn unreadable(&self, name: &str, what: &str) -> Error {
        Error::new(ErrorKind::Invalid, format!("{name} of {}: {what}", self.dn))
            .with_operation("ldap.entry")
            .with_outcome(Outcome::Sent)
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("dn", &self.dn).field("attributes", &self.attributes).finish()
    }
}

impl fmt::Debug for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.name)?;
        if self.name.is_secret() {
            return f.write_str("***");
        }
        let shown = self.values.iter().take(20).map(|value| match std::str::from_utf8(value) {
            Ok(text) => format!("{text:?}"),
            Err(_) => format!("{} bytes", value.len()),
        });
        let more = if self.values.len() > 20 { ", …" } else { "" };
        write!(f, "[{}{more}]", shown.collect::<Vec<_>>().join(", "))
    }
}
