//! Whether an entry is what a filter asks for, as a server would say it: in three values, because what is not known is
//! neither true nor false (RFC 4511, section 4.5.1.7).

use super::{Extensible, Filter, Parts};
use crate::{AttrName, Dn, Entry};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;

impl Filter {
    /// Whether the entry fits, by the rules that the usual schemas have: names of entries by [`Dn`], numbers by value,
    /// what is not text byte by byte, all else without regard to case and doubled spaces. `entryDN` and
    /// `distinguishedName` are the entry's name where it does not hold them. Values of secret attributes are never
    /// equal to anything.
    pub fn matches(&self, entry: &Entry) -> bool {
        Matcher::new(self).matches(entry)
    }
}

/// A filter made ready for many entries.
pub(crate) struct Matcher<'f>(Node<'f>);

enum Node<'f> {
    And(Vec<Node<'f>>),
    Or(Vec<Node<'f>>),
    Not(Box<Node<'f>>),
    /// A value names one of these entries, by their normal forms.
    Names(&'f AttrName, HashSet<String>),
    Item(&'f Filter),
}

impl<'f> Matcher<'f> {
    pub(crate) fn new(filter: &'f Filter) -> Self {
        Self(Node::new(filter))
    }

    pub(crate) fn matches(&self, entry: &Entry) -> bool {
        self.0.verdict(entry) == Some(true)
    }
}

impl<'f> Node<'f> {
    fn new(filter: &'f Filter) -> Self {
        match filter {
            Filter::And(filters) => Self::And(filters.iter().map(Self::new).collect()),
            Filter::Or(filters) => Self::Or(merged(filters.iter().map(Self::new))),
            Filter::Not(filter) => Self::Not(Box::new(Self::new(filter))),
            Filter::Equal(name, value) if names_entries(name) => {
                Self::Names(name, normal(value).into_iter().collect())
            }
            item => Self::Item(item),
        }
    }

    fn verdict(&self, entry: &Entry) -> Option<bool> {
        match self {
            Self::And(nodes) => combined(nodes, entry, false),
            Self::Or(nodes) => combined(nodes, entry, true),
            Self::Not(node) => node.verdict(entry).map(|is_so| !is_so),
            Self::Names(name, names) => {
                any(entry, name, |own| normal(own).is_some_and(|own| names.contains(&own)))
            }
            Self::Item(filter) => item(filter, entry),
        }
    }
}

/// Many questions for one attribute become one.
fn merged<'f>(nodes: impl Iterator<Item = Node<'f>>) -> Vec<Node<'f>> {
    let mut all: Vec<Node<'f>> = Vec::new();
    for node in nodes {
        let known = all.iter_mut().find_map(|known| match (known, &node) {
            (Node::Names(own, names), Node::Names(name, _)) if *own == *name => Some(names),
            _ => None,
        });
        match (known, node) {
            (Some(names), Node::Names(_, more)) => names.extend(more),
            (_, node) => all.push(node),
        }
    }
    all
}

fn normal(value: &[u8]) -> Option<String> {
    Some(Dn::new(std::str::from_utf8(value).ok()?).ok()?.normal().to_owned())
}

fn item(filter: &Filter, entry: &Entry) -> Option<bool> {
    match filter {
        Filter::Present(name) => Some(!values(entry, name).is_empty()),
        Filter::Equal(name, value) | Filter::Approximate(name, value) => {
            any(entry, name, |own| equal(name, own, value))
        }
        Filter::AtLeast(name, value) => any(entry, name, |own| compare(own, value).is_ge()),
        Filter::AtMost(name, value) => any(entry, name, |own| compare(own, value).is_le()),
        Filter::Substring(name, parts) => any(entry, name, |own| holds(own, parts)),
        Filter::Extensible(extensible) => by_rule(extensible, entry),
        // These are nodes of their own.
        Filter::And(_) | Filter::Or(_) | Filter::Not(_) => None,
    }
}

/// `decisive` ends the search: one true makes an OR, one false unmakes an AND.
fn combined(nodes: &[Node<'_>], entry: &Entry, decisive: bool) -> Option<bool> {
    let mut unknown = false;
    for node in nodes {
        match node.verdict(entry) {
            Some(verdict) if verdict == decisive => return Some(decisive),
            Some(_) => {}
            None => unknown = true,
        }
    }
    if unknown { None } else { Some(!decisive) }
}

/// An attribute that is not there fits nothing.
fn any(entry: &Entry, name: &AttrName, fits: impl Fn(&[u8]) -> bool) -> Option<bool> {
    let values = values(entry, name);
    match values.is_empty() {
        true => Some(false),
        false => Some(values.iter().any(|value| fits(value))),
    }
}

fn values<'e>(entry: &'e Entry, name: &AttrName) -> Vec<Cow<'e, [u8]>> {
    let own: Vec<_> = entry
        .with_options(name.as_str())
        .flat_map(|found| found.values())
        .map(|value| Cow::Borrowed(value.as_slice()))
        .collect();
    match own.is_empty() && is_own_name(name) {
        true => vec![Cow::Owned(entry.dn().as_str().as_bytes().to_vec())],
        false => own,
    }
}

fn is_own_name(name: &AttrName) -> bool {
    ["entryDN", "distinguishedName"].iter().any(|known| name == *known)
}

fn equal(name: &AttrName, own: &[u8], value: &[u8]) -> bool {
    if name.is_secret() {
        return false;
    }
    if names_entries(name) {
        return matches!((normal(own), normal(value)), (Some(own), Some(value)) if own == value);
    }
    match plain(own) && plain(value) {
        true => own.eq_ignore_ascii_case(value),
        false => compare(own, value).is_eq(),
    }
}

/// Text that means what its letters are: no number, nothing beyond ASCII, no space too many.
fn plain(value: &[u8]) -> bool {
    value.is_ascii()
        && value.first().is_some_and(u8::is_ascii_alphabetic)
        && !value.ends_with(b" ")
        && !value.windows(2).any(|pair| pair == b"  ")
}

fn names_entries(name: &AttrName) -> bool {
    const NAMES: [&str; 10] = [
        "member",
        "memberOf",
        "uniqueMember",
        "entryDN",
        "distinguishedName",
        "owner",
        "manager",
        "seeAlso",
        "roleOccupant",
        "secretary",
    ];
    NAMES.iter().any(|known| name.base().eq_ignore_ascii_case(known))
}

fn compare(own: &[u8], value: &[u8]) -> Ordering {
    let (Ok(one), Ok(other)) = (std::str::from_utf8(own), std::str::from_utf8(value)) else {
        return own.cmp(value);
    };
    match (one.parse::<i128>(), other.parse::<i128>()) {
        (Ok(one), Ok(other)) => one.cmp(&other),
        _ => folded(one).cmp(&folded(other)),
    }
}

fn folded(text: &str) -> String {
    text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ").to_lowercase()
}

fn holds(own: &[u8], parts: &Parts) -> bool {
    let fold = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => text.to_lowercase().into_bytes(),
        Err(_) => bytes.to_vec(),
    };
    let (own, first, last) = (fold(own), fold(&parts.first), fold(&parts.last));
    let Some(mut rest) = own.strip_prefix(first.as_slice()) else { return false };
    for part in &parts.middle {
        let part = fold(part);
        let Some(at) = rest.windows(part.len().max(1)).position(|window| window == part) else {
            return false;
        };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(&last)
}

/// A rule by name is the attribute's own here; only the bits of Active Directory have a meaning of their own.
fn by_rule(extensible: &Extensible, entry: &Entry) -> Option<bool> {
    let name = extensible.attribute.as_ref()?;
    let number = |bytes: &[u8]| std::str::from_utf8(bytes).ok().and_then(|text| text.parse::<u64>().ok());
    match extensible.rule.as_ref().map(AttrName::as_str) {
        Some("1.2.840.113556.1.4.803") => {
            let bits = number(&extensible.value)?;
            any(entry, name, |own| number(own).is_some_and(|own| own & bits == bits))
        }
        Some("1.2.840.113556.1.4.804") => {
            let bits = number(&extensible.value)?;
            any(entry, name, |own| number(own).is_some_and(|own| own & bits != 0))
        }
        Some("1.2.840.113556.1.4.1941") => None,
        _ => any(entry, name, |own| equal(name, own, &extensible.value)),
    }
}
