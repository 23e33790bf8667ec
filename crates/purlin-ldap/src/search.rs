//! What is asked of a directory.

use crate::{AttrName, Dn, Filter};
use purlin_core::Result;
use serde::{Deserialize, Serialize};
use std::fmt;

/// How far below its base a search looks (RFC 4511, section 4.5.1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Scope {
    /// The base itself.
    Base,
    /// The entries right below the base.
    One,
    /// The base and everything below it.
    Subtree,
}

/// A search, to be given to a [`Directory`](crate::Directory).
///
/// ```
/// use purlin_ldap::{Dn, Filter, Scope, Search};
///
/// let search = Search::new(Dn::new("ou=people,dc=example,dc=org")?, Filter::present("mail")?)
///     .scope(Scope::One)
///     .attributes(["uid", "mail"])?;
/// assert_eq!(search.attributes.len(), 2);
/// # Ok::<(), purlin_core::Error>(())
/// ```
///
/// `Debug` leaves the values of secret attributes out of the filter.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Search {
    /// Where it begins.
    pub base: Dn,
    /// How far it looks; the whole subtree unless set.
    pub scope: Scope,
    /// What it wants.
    pub filter: Filter,
    /// The attributes that are wanted; none: all that users see. `+` is not needed: name what you want.
    pub attributes: Vec<AttrName>,
    /// How many entries are asked for at a time; 500 unless set. What waits in memory is one such page.
    pub page: u32,
    /// How many entries there may be: more are an error, told apart as
    /// [`LdapClass::Truncated`](crate::LdapClass::Truncated). None unless set; the server has limits of its own.
    pub limit: Option<u32>,
    /// Whether it is asked for in pages from the beginning. Unless set, the first question goes without the control for
    /// pages among others on a shared connection, and what turns out larger than a page is asked for again.
    pub in_pages: bool,
}

impl Search {
    /// Everything under the base that the filter fits.
    pub fn new(base: Dn, filter: Filter) -> Self {
        Self {
            base,
            scope: Scope::Subtree,
            filter,
            attributes: Vec::new(),
            page: 500,
            limit: None,
            in_pages: false,
        }
    }

    /// One entry, whatever it is.
    pub fn entry(dn: Dn) -> Self {
        Self::new(dn, Filter::any()).scope(Scope::Base)
    }

    /// How far it looks.
    #[must_use]
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Wants these attributes and no others.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) for one that is no name of an attribute.
    pub fn attributes<N: AsRef<str>>(mut self, names: impl IntoIterator<Item = N>) -> Result<Self> {
        self.attributes =
            names.into_iter().map(|name| AttrName::new(name.as_ref())).collect::<Result<_>>()?;
        Ok(self)
    }

    /// The same, of names that are known to be some.
    #[must_use]
    pub fn wanting(mut self, names: impl IntoIterator<Item = AttrName>) -> Self {
        self.attributes = names.into_iter().collect();
        self
    }

    /// How many entries are asked for at a time; 0 means 1.
    #[must_use]
    pub fn page(mut self, entries: u32) -> Self {
        self.page = entries.max(1);
        self
    }

    /// Asks for it in pages from the beginning: for answers that are known to be large.
    #[must_use]
    pub fn in_pages(mut self) -> Self {
        self.in_pages = true;
        self
    }

    /// How many entries there may be.
    #[must_use]
    pub fn limit(mut self, entries: u32) -> Self {
        self.limit = Some(entries);
        self
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base => "base",
            Self::One => "one",
            Self::Subtree => "subtree",
        })
    }
}
