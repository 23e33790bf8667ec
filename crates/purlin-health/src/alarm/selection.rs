//! Which checks are meant.

use crate::CheckId;
use purlin_core::{Error, ErrorKind, Subject};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// Which checks are meant, by what they are about: `key=value` terms joined by `&`, or `*` for all.
///
/// `check` is the name of the check, `subject` the id of what it is about, `host` the same where that is a host, and
/// `role` one of its roles; every other key is a label. A
/// value is a word or several with commas between, of which one must fit; a label that holds several with commas fits if
/// one of them does. `!=` is the opposite.
///
/// ```
/// use purlin_core::{Labels, Subject};
/// use purlin_health::alarm::Selection;
///
/// let web: Selection = "role=web & site!=leeds".parse()?;
/// let host = Subject::new("host", "web01").labels(Labels::from_iter([("role", "web,app"), ("site", "london")]));
/// assert!(web.selects(&"http".into(), &host));
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    text: String,
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    key: String,
    values: Vec<String>,
    is_opposite: bool,
}

impl Selection {
    /// Every check.
    pub fn all() -> Self {
        Self { text: "*".to_owned(), terms: Vec::new() }
    }

    /// One check.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`]: a name with `&`, `,` or nothing in it cannot be written as a selection.
    pub fn check(id: &CheckId) -> Result<Self, Error> {
        format!("check={id}").parse()
    }

    /// Whether this check is meant.
    pub fn selects(&self, check: &CheckId, subject: &Subject) -> bool {
        self.terms.iter().all(|term| {
            let value = match term.key.as_str() {
                "check" => Some(check.as_str()),
                "subject" => Some(subject.id.as_str()),
                "host" if subject.kind.as_str() == "host" => Some(subject.id.as_str()),
                "role" => subject.labels.get("role").or_else(|| subject.labels.get("roles")),
                key => subject.labels.get(key),
            };
            let fits = |wanted: &String| {
                value.is_some_and(|value| value == wanted || value.split(',').any(|it| it.trim() == wanted))
            };
            term.values.iter().any(fits) != term.is_opposite
        })
    }
}

impl FromStr for Selection {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.trim() == "*" {
            return Ok(Self::all());
        }
        let terms = text.split('&').map(|part| {
            term(part.trim()).ok_or_else(|| {
                let message = format!("\"{}\" selects nothing", part.trim().escape_debug());
                Error::new(ErrorKind::Invalid, message)
                    .with_operation("health.selection")
                    .with_note("selections are written key=value, key!=value, joined by &, or * for all")
            })
        });
        Ok(Self { terms: terms.collect::<Result<_, _>>()?, text: text.trim().to_owned() })
    }
}

fn term(part: &str) -> Option<Term> {
    let (key, values) = part.split_once('=')?;
    let (key, is_opposite) = key.strip_suffix('!').map_or((key, false), |key| (key, true));
    let values: Vec<_> = values.split(',').map(|value| value.trim().to_owned()).collect();
    let is_word = |word: &str| !word.is_empty() && !word.chars().any(char::is_control);
    let key = key.trim();
    let is_good = is_word(key) && !key.contains(['!', ',']) && values.iter().all(|value| is_word(value));
    is_good.then(|| Term { key: key.to_owned(), values, is_opposite })
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Selection {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Selection {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|error: Error| serde::de::Error::custom(error.message().to_owned()))
    }
}
