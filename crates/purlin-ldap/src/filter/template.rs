//! Filters from configuration, with places for values.

use super::Filter;
use purlin_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt::{self, Write};
use std::str::FromStr;

/// A filter with places for values: `(&(objectClass=posixAccount)(uid={name}))`. A place can only stand where a value
/// does, and what fills it stays a value: each of its bytes is escaped. A brace that is meant is written `\7b`.
///
/// ```
/// use purlin_ldap::FilterTemplate;
///
/// let template: FilterTemplate = "(&(objectClass=person)(|(uid={name})(mail={name})))".parse()?;
/// let filter = template.fill(&[("name", "ada)(uid=*")])?;
/// assert_eq!(filter, r"(&(objectClass=person)(|(uid=ada\29\28uid=\2a)(mail=ada\29\28uid=\2a)))".parse()?);
/// assert!("({name}=x)".parse::<FilterTemplate>().is_err());
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct FilterTemplate {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(String),
}

impl FilterTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when it is no filter, or has a place where no value is.
    pub fn new(text: &str) -> Result<Self> {
        let template = Self { text: text.to_owned(), pieces: pieces(text)? };
        // An escape is inert in a value and illegal anywhere else, so one that fits shows that all do.
        let probe = template.filled(|_| Some(b"A")).ok_or_else(|| fault("no filter".to_owned()))?;
        Filter::parse(&probe).map_err(|error| {
            let note = "places such as {name} may only stand where values do";
            fault(error.message().to_owned()).with_note(note)
        })?;
        Ok(template)
    }

    /// The names of the places, in the order of the text.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Place(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// The filter with these values in the places of these names.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a place without a value.
    pub fn fill<V: AsRef<[u8]>>(&self, values: &[(&str, V)]) -> Result<Filter> {
        let value =
            |name: &str| values.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_ref());
        match self.filled(value) {
            Some(text) => Filter::parse(&text),
            None => Err(fault(format!("a place of {} has no value", self.text))),
        }
    }

    fn filled<'v>(&self, value: impl Fn(&str) -> Option<&'v [u8]>) -> Option<String> {
        let mut text = String::with_capacity(self.text.len() + 32);
        for piece in &self.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Place(name) => value(name)?.iter().for_each(|byte| {
                    // A String takes whatever is written.
                    let _ = write!(text, "\\{byte:02x}");
                }),
            }
        }
        Some(text)
    }
}

fn pieces(text: &str) -> Result<Vec<Piece>> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            return Err(fault(format!(
                "{text:?}: a brace that is not closed; one that is meant is written \\7b"
            )));
        };
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            return Err(fault(format!("{text:?}: a place is written {{name}}, not {{{name}}}")));
        }
        pieces.extend([Piece::Text(before.to_owned()), Piece::Place(name.to_owned())]);
        rest = after;
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(pieces)
}

fn fault(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation("ldap.filter")
}

impl FromStr for FilterTemplate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::new(text)
    }
}

impl fmt::Display for FilterTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for FilterTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FilterTemplate({self})")
    }
}

impl Serialize for FilterTemplate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for FilterTemplate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(&Cow::<str>::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
