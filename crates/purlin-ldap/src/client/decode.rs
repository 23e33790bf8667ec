//! Entries from ldap3's trees, without a copy of their values.

use crate::{AttrName, Dn, Entry};
use ldap3::asn1::{PL, StructureTag};
use purlin_core::{Error, ErrorKind, Result};

/// An entry, and what of it is still to be fetched: from the next value of these attributes on.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) entry: Entry,
    pub(super) ranges: Vec<(AttrName, u32)>,
}

/// The names that were met, so that each is checked and kept once.
pub(super) struct Names(Vec<AttrName>);

impl Names {
    pub(super) fn new(wanted: &[AttrName]) -> Self {
        Self(wanted.to_vec())
    }

    fn find(&mut self, name: &[u8]) -> Result<AttrName> {
        if let Some(known) = self.0.iter().find(|known| known.as_str().as_bytes() == name) {
            return Ok(known.clone());
        }
        let text = std::str::from_utf8(name).map_err(|_| broken("an attribute whose name is not UTF-8"))?;
        let name = AttrName::new(text).map_err(|_| broken("an attribute whose name is none"))?;
        self.0.push(name.clone());
        Ok(name)
    }
}

pub(super) fn broken(what: &str) -> Error {
    Error::new(ErrorKind::Protocol, format!("the server sent {what}"))
}

fn parts(tag: StructureTag) -> Result<Vec<StructureTag>> {
    match tag.payload {
        PL::C(parts) => Ok(parts),
        PL::P(_) => Err(broken("a value where a list is expected")),
    }
}

fn bytes(tag: Option<StructureTag>) -> Result<Vec<u8>> {
    match tag.map(|tag| tag.payload) {
        Some(PL::P(bytes)) => Ok(bytes),
        _ => Err(broken("a list where a value is expected")),
    }
}

/// A search result entry (RFC 4511, section 4.5.2).
pub(super) fn entry(tag: StructureTag, names: &mut Names) -> Result<Decoded> {
    let mut fields = parts(tag)?.into_iter();
    let dn =
        String::from_utf8(bytes(fields.next())?).map_err(|_| broken("an entry whose name is not UTF-8"))?;
    let dn = Dn::new(&dn).map_err(|error| broken("an entry whose name is none").with_source(error))?;
    let list = fields.next().map(parts).transpose()?.unwrap_or_default();
    let mut attributes: Vec<(AttrName, Vec<Vec<u8>>)> = Vec::with_capacity(list.len());
    let mut ranges = Vec::new();
    for attribute in list {
        let mut fields = parts(attribute)?.into_iter();
        let name = bytes(fields.next())?;
        let values = fields.next().map(parts).transpose()?.unwrap_or_default();
        let values = values.into_iter().map(|value| bytes(Some(value))).collect::<Result<Vec<_>>>()?;
        let (name, next) = match range(&name)? {
            Some((base, next)) => (names.find(base.as_bytes())?, next),
            None => (names.find(&name)?, None),
        };
        ranges.extend(next.map(|next| (name.clone(), next)));
        // Active Directory sends the attribute empty beside its first range.
        match attributes.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => known.extend(values),
            None => attributes.push((name, values)),
        }
    }
    Ok(Decoded { entry: Entry::of(dn, attributes), ranges })
}

/// The name without its range, and where the next range begins: 1500 of `member;range=0-1499`, none of
/// `member;range=1500-*` (MS-ADTS, section 3.1.1.3.1.3.3).
fn range(name: &[u8]) -> Result<Option<(String, Option<u32>)>> {
    let Some(text) = std::str::from_utf8(name).ok().filter(|name| name.contains(';')) else {
        return Ok(None);
    };
    let is_range = |option: &&str| {
        option.len() > 6 && option.is_char_boundary(6) && option[..6].eq_ignore_ascii_case("range=")
    };
    let Some(range) = text.split(';').skip(1).find(is_range) else { return Ok(None) };
    let base: Vec<&str> = text.split(';').filter(|word| *word != range).collect();
    let (_, last) = range.split_once('-').ok_or_else(|| broken("a range of values without an end"))?;
    let next = match last {
        "*" => None,
        last => {
            let last = last.parse::<u32>().map_err(|_| broken("a range of values that is none"))?;
            Some(last.checked_add(1).ok_or_else(|| broken("a range of values that is none"))?)
        }
    };
    Ok(Some((base.join(";"), next)))
}

/// The URLs of a search result reference (RFC 4511, section 4.5.3).
pub(super) fn urls(tag: StructureTag) -> Result<Vec<String>> {
    let urls = parts(tag)?.into_iter().map(|url| bytes(Some(url)));
    urls.map(|url| String::from_utf8(url?).map_err(|_| broken("a referral that is not UTF-8"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        let read = |name: &str| range(name.as_bytes()).unwrap();
        assert_eq!(read("member"), None);
        assert_eq!(read("cn;lang-de"), None);
        assert_eq!(read("member;range=0-1499"), Some(("member".to_owned(), Some(1500))));
        assert_eq!(read("member;Range=1500-*"), Some(("member".to_owned(), None)));
        assert_eq!(read("x;binary;range=0-9;lang-de"), Some(("x;binary;lang-de".to_owned(), Some(10))));
        for name in ["member;range=5", "member;range=0-x", "member;range=0-4294967295"] {
            assert_eq!(range(name.as_bytes()).unwrap_err().kind(), ErrorKind::Protocol, "{name}");
        }
    }
}
