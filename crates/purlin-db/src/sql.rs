//! SQL as the user writes it.

pub(crate) mod lexer;
mod parameters;
mod portable;
#[cfg(test)]
mod tests;

pub use parameters::Parameters;

use crate::{Dialect, Value};
use portable::{Compiled, invalid};
use purlin_core::Result;
use std::borrow::Cow;
use std::sync::OnceLock;

/// A statement's text: in the server's own SQL, or portable.
///
/// Plain text becomes native SQL and is sent byte for byte; its placeholders are the server's own, and parameters are
/// bound in order.
///
/// Portable SQL has `?` or `:name` for its parameters, whatever the server's own form is; never both in one
/// statement. Nothing else is translated: keywords, functions and types are the server's. It is read once for each
/// dialect, so what is used often is kept in a `static`:
///
/// ```
/// use purlin_db::{Dialect, Sql};
///
/// static FIND: Sql<'static> = Sql::portable("select id from host where name = :name and site = :site");
/// let sent = "select id from host where name = $1 and site = $2";
/// assert_eq!(FIND.text_for(Dialect::POSTGRES)?, sent);
/// # Ok::<(), purlin_core::Error>(())
/// ```
///
/// - Strings, quoted names and comments are found by the rules of the dialect (backslashes, `$tag$`, `E'…'`, `q'[…]'`,
///   `[name]`, `` `name` ``, `#`, nested comments) and stay as they are. The rules are those of a session in its
///   default mode: without `ANSI_QUOTES` or `NO_BACKSLASH_ESCAPES` in MySQL, with `standard_conforming_strings` in
///   PostgreSQL. A string without its end is refused.
/// - `::`, `:=`, `@name` and `@@name` are no placeholders; within brackets neither is a colon that
///   follows a word, so that `a[low:high]` is an index. Names begin with a letter or `_`; behind a label there is a
///   space (`again: LOOP`).
/// - PostgreSQL's operators `?`, `?|` and `?&` are written `??`, `??|` and `??&`.
/// - A server's own placeholders (`$1`, `@P1`, `:1`, `?1`) are refused where they would be taken for ours.
/// - A name that is used twice is bound once where the server can use one number twice (PostgreSQL, SQL Server), else
///   for each use.
///
/// A clone reads the text anew.
#[derive(Debug)]
pub struct Sql<'a>(Form<'a>);

#[derive(Debug)]
enum Form<'a> {
    Native(Cow<'a, str>),
    Portable(Cow<'a, str>, Cache),
    Lent(&'a Sql<'a>),
}

/// What the text is in each dialect that was asked for so far: a list that only grows, since programs speak one or two.
#[derive(Debug, Default)]
struct Cache(OnceLock<Box<Node>>);

#[derive(Debug)]
struct Node {
    dialect: &'static Dialect,
    compiled: Result<Compiled>,
    next: Cache,
}

impl Cache {
    const fn new() -> Self {
        Self(OnceLock::new())
    }

    fn get(&self, text: &str, dialect: &'static Dialect) -> &Result<Compiled> {
        let mut slot = &self.0;
        loop {
            let node = slot.get_or_init(|| {
                Box::new(Node { dialect, compiled: Compiled::new(text, dialect), next: Self::new() })
            });
            if std::ptr::eq(node.dialect, dialect) {
                return &node.compiled;
            }
            slot = &node.next.0;
        }
    }
}

impl<'a> Sql<'a> {
    /// In the server's own SQL.
    pub fn native(text: impl Into<Cow<'a, str>>) -> Self {
        Self(Form::Native(text.into()))
    }

    /// With `?` or `:name` for parameters, whatever the server's own form is; nothing else is translated.
    pub const fn portable(text: &'a str) -> Self {
        Self(Form::Portable(Cow::Borrowed(text), Cache::new()))
    }

    /// A copy that owns its text: `Sql::portable(&format!(…)).into_owned()`.
    pub fn into_owned(self) -> Sql<'static> {
        match self.0 {
            Form::Native(text) => Sql(Form::Native(text.into_owned().into())),
            Form::Portable(text, cache) => Sql(Form::Portable(text.into_owned().into(), cache)),
            Form::Lent(sql) => sql.clone().into_owned(),
        }
    }

    /// The text as it was written.
    pub fn text(&self) -> &str {
        match &self.0 {
            Form::Native(text) | Form::Portable(text, _) => text,
            Form::Lent(sql) => sql.text(),
        }
    }

    /// Whether it is portable.
    pub fn is_portable(&self) -> bool {
        match &self.0 {
            Form::Native(_) => false,
            Form::Portable(..) => true,
            Form::Lent(sql) => sql.is_portable(),
        }
    }

    /// The text as it is sent to a server of that dialect.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) with line and column: `?` and `:name` in one statement,
    /// a server's own placeholder, `??` where there is no such operator, a string or comment without its end.
    pub fn text_for(&self, dialect: &'static Dialect) -> Result<&str> {
        Ok(match &self.0 {
            Form::Native(text) => text,
            Form::Portable(text, cache) => compiled(cache, text, dialect)?.text(text),
            Form::Lent(sql) => sql.text_for(dialect)?,
        })
    }

    /// What is sent to a server of that dialect, with the parameters in its order.
    ///
    /// # Errors
    /// As [`text_for`](Self::text_for), and [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) for parameters
    /// that do not fit the statement: too many or too few, a name that is unknown, missing or bound twice, names for
    /// native SQL, and more than the dialect takes.
    pub fn resolve<'s>(
        &'s self,
        dialect: &'static Dialect,
        parameters: &'s Parameters,
    ) -> Result<(Cow<'s, str>, Cow<'s, [Value]>)> {
        let (text, values) = match &self.0 {
            Form::Lent(sql) => return sql.resolve(dialect, parameters),
            Form::Native(text) => match parameters.named.first() {
                Some((name, _)) => {
                    let what = format!(":{name} is bound by name, native SQL takes its parameters in order");
                    return Err(invalid(&what));
                }
                None => (&**text, Cow::Borrowed(&*parameters.positional)),
            },
            Form::Portable(text, cache) => {
                let compiled = compiled(cache, text, dialect)?;
                (compiled.text(text), compiled.bind(text, parameters)?)
            }
        };
        if values.len() > dialect.max_parameters {
            let (name, most) = (dialect.name, dialect.max_parameters);
            return Err(invalid(&format!("{} parameters; {name} takes at most {most}", values.len())));
        }
        Ok((Cow::Borrowed(text), values))
    }
}

fn compiled<'s>(cache: &'s Cache, text: &str, dialect: &'static Dialect) -> Result<&'s Compiled> {
    cache.get(text, dialect).as_ref().map_err(Clone::clone)
}

/// Line and column of a byte of a text, from 1; columns count characters.
pub(crate) fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (line, before[start..].chars().count() + 1)
}

impl Clone for Sql<'_> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Form::Native(text) => Form::Native(text.clone()),
            Form::Portable(text, _) => Form::Portable(text.clone(), Cache::new()),
            Form::Lent(sql) => Form::Lent(sql),
        })
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

impl<'a> From<&'a String> for Sql<'a> {
    fn from(text: &'a String) -> Self {
        Self::native(text.as_str())
    }
}

impl<'a> From<&'a Sql<'_>> for Sql<'a> {
    fn from(sql: &'a Sql<'_>) -> Self {
        Self(Form::Lent(sql))
    }
}
