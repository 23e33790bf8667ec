//! What is looked up.

use super::Named;
use crate::profile::{OBJECT_CLASS, Profile};
use crate::{AttrName, Dn, Entry, Search};
use purlin_core::Result;
use std::net::IpAddr;

/// Not for others to implement.
pub trait Sealed: Sized {
    /// As messages call it.
    const WHAT: &'static str;

    /// The search for those of that name.
    fn search(profile: &Profile, name: &str) -> Search;

    /// The attributes that it is read from.
    fn wanted(profile: &Profile) -> Vec<AttrName>;

    /// What the entry says.
    ///
    /// # Errors
    /// For an entry that cannot be read.
    fn read(profile: &Profile, entry: Entry) -> Result<Self>;
}

/// A person.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct User {
    /// The login name.
    pub name: String,
    /// The name of the entry.
    pub dn: Dn,
    /// The number of the user.
    pub number: Option<u32>,
    /// The number of the main group.
    pub group_number: Option<u32>,
    /// The name as it is spoken.
    pub full_name: Option<String>,
    /// Addresses for mail.
    pub mail: Vec<String>,
    /// The home folder.
    pub home: Option<String>,
    /// The login shell.
    pub shell: Option<String>,
    /// What stays when the entry is renamed: a UUID as text.
    pub id: Option<String>,
    /// What was read, for all else.
    pub entry: Entry,
}

/// A group.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The name of the entry.
    pub dn: Dn,
    /// Its number.
    pub number: Option<u32>,
    /// What it is for.
    pub description: Option<String>,
    /// What stays when the entry is renamed: a UUID as text.
    pub id: Option<String>,
    /// What was read, for all else; members only where they were asked for.
    pub entry: Entry,
}

/// A host.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Host {
    /// Its first name, which is the one in the name of the entry where that is one of them.
    pub name: String,
    /// All its names, that one first.
    pub names: Vec<String>,
    /// The name of the entry.
    pub dn: Dn,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// The addresses of its network cards, as they are written.
    pub macs: Vec<String>,
    /// Where it stands.
    pub location: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What was read, for all else.
    pub entry: Entry,
}

/// A netgroup (RFC 2307).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Netgroup {
    /// Its name.
    pub name: String,
    /// The name of the entry.
    pub dn: Dn,
    /// What it holds.
    pub triples: Vec<Triple>,
    /// The netgroups within it, by name.
    pub members: Vec<String>,
    /// What was read, for all else.
    pub entry: Entry,
}

/// A host, a user and a domain, each of which may be any (none here) or nobody (`-`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Triple {
    /// The host.
    pub host: Option<String>,
    /// The user.
    pub user: Option<String>,
    /// The domain.
    pub domain: Option<String>,
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

/// The login name or, of a group, the name: that in the entry's own name where it is one of them.
fn name_of(entry: &Entry, attribute: &AttrName) -> Result<String> {
    let names = entry.texts(attribute.as_str())?;
    let own = entry.dn().rdns().into_iter().next().and_then(|rdn| rdn.value().map(str::to_owned));
    let name =
        own.filter(|own| names.iter().any(|name| name == own)).or_else(|| owned(names.first().copied()));
    name.ok_or_else(|| entry.unreadable(attribute.as_str(), "the entry has none"))
}

/// Text as it is; sixteen bytes as a UUID, in the order of Active Directory (MS-DTYP, section 2.3.4).
fn id_of(profile: &Profile, entry: &Entry) -> Option<String> {
    let name = profile.id.as_ref()?;
    let bytes = entry.bytes(name.as_str())?;
    if let (Ok(bytes), true) = (<[u8; 16]>::try_from(bytes), *name == *"objectGUID") {
        let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let (node, clock) = (hex(&rest[2..]), hex(&rest[..2]));
        return Some(format!("{}-{}-{}-{clock}-{node}", hex(&[d, c, b, a]), hex(&[f, e]), hex(&[h, g])));
    }
    std::str::from_utf8(bytes).ok().map(str::to_owned)
}

impl Profile {
    /// What is asked for of a person.
    pub(crate) fn of_people(&self) -> Vec<AttrName> {
        let p = &self.people;
        let names =
            [&p.name, &p.number, &p.group_number, &p.full_name, &p.mail, &p.home, &p.shell, &OBJECT_CLASS];
        names.into_iter().chain(&self.id).cloned().collect()
    }

    /// What is asked for of a group, members excepted.
    pub(crate) fn of_groups(&self) -> Vec<AttrName> {
        let g = &self.groups;
        [&g.name, &g.number, &g.description, &OBJECT_CLASS].into_iter().chain(&self.id).cloned().collect()
    }
}

impl Named for User {}

impl Sealed for User {
    const WHAT: &'static str = "user";

    fn search(profile: &Profile, name: &str) -> Search {
        let people = &profile.people;
        Search::new(profile.people_base(), people.filter.clone() & people.name.is(name))
            .wanting(Self::wanted(profile))
    }

    fn wanted(profile: &Profile) -> Vec<AttrName> {
        profile.of_people()
    }

    fn read(profile: &Profile, entry: Entry) -> Result<Self> {
        let people = &profile.people;
        Ok(Self {
            name: name_of(&entry, &people.name)?,
            dn: entry.dn().clone(),
            number: entry.parsed(people.number.as_str())?,
            group_number: entry.parsed(people.group_number.as_str())?,
            full_name: owned(entry.text(people.full_name.as_str())?),
            mail: entry.texts(people.mail.as_str())?.into_iter().map(str::to_owned).collect(),
            home: owned(entry.text(people.home.as_str())?),
            shell: owned(entry.text(people.shell.as_str())?),
            id: id_of(profile, &entry),
            entry,
        })
    }
}

impl Named for Group {}

impl Sealed for Group {
    const WHAT: &'static str = "group";

    fn search(profile: &Profile, name: &str) -> Search {
        let groups = &profile.groups;
        Search::new(profile.groups_base(), groups.filter.clone() & groups.name.is(name))
            .wanting(Self::wanted(profile))
    }

    fn wanted(profile: &Profile) -> Vec<AttrName> {
        profile.of_groups()
    }

    fn read(profile: &Profile, entry: Entry) -> Result<Self> {
        let groups = &profile.groups;
        Ok(Self {
            name: name_of(&entry, &groups.name)?,
            dn: entry.dn().clone(),
            number: entry.parsed(groups.number.as_str())?,
            description: owned(entry.text(groups.description.as_str())?),
            id: id_of(profile, &entry),
            entry,
        })
    }
}

impl Named for Host {}

impl Sealed for Host {
    const WHAT: &'static str = "host";

    fn search(profile: &Profile, name: &str) -> Search {
        let h = &profile.hosts;
        let base = h.base.as_ref().unwrap_or(&profile.base).clone();
        Search::new(base, h.filter.clone() & h.name.is(name)).wanting(Self::wanted(profile))
    }

    fn wanted(profile: &Profile) -> Vec<AttrName> {
        let h = &profile.hosts;
        [&h.name, &h.address, &h.mac, &h.location, &h.description, &OBJECT_CLASS].map(Clone::clone).to_vec()
    }

    fn read(profile: &Profile, entry: Entry) -> Result<Self> {
        let hosts = &profile.hosts;
        let name = name_of(&entry, &hosts.name)?;
        let mut names: Vec<String> =
            entry.texts(hosts.name.as_str())?.into_iter().map(str::to_owned).collect();
        names.sort_by_key(|other| *other != name);
        let address = |text: &str| {
            text.trim().parse().map_err(|_| entry.unreadable(hosts.address.as_str(), "not an address"))
        };
        Ok(Self {
            name,
            names,
            dn: entry.dn().clone(),
            addresses: entry
                .texts(hosts.address.as_str())?
                .into_iter()
                .map(address)
                .collect::<Result<_>>()?,
            macs: entry.texts(hosts.mac.as_str())?.into_iter().map(str::to_owned).collect(),
            location: owned(entry.text(hosts.location.as_str())?),
            description: owned(entry.text(hosts.description.as_str())?),
            entry,
        })
    }
}

impl Named for Netgroup {}

impl Sealed for Netgroup {
    const WHAT: &'static str = "netgroup";

    fn search(profile: &Profile, name: &str) -> Search {
        let n = &profile.netgroups;
        let base = n.base.as_ref().unwrap_or(&profile.base).clone();
        Search::new(base, n.filter.clone() & n.name.is(name)).wanting(Self::wanted(profile))
    }

    fn wanted(profile: &Profile) -> Vec<AttrName> {
        let n = &profile.netgroups;
        [&n.name, &n.triple, &n.member, &OBJECT_CLASS].map(Clone::clone).to_vec()
    }

    fn read(profile: &Profile, entry: Entry) -> Result<Self> {
        let netgroups = &profile.netgroups;
        let triple = |text: &str| {
            triple(text).ok_or_else(|| entry.unreadable(netgroups.triple.as_str(), "not (host,user,domain)"))
        };
        Ok(Self {
            name: name_of(&entry, &netgroups.name)?,
            dn: entry.dn().clone(),
            triples: entry
                .texts(netgroups.triple.as_str())?
                .into_iter()
                .map(triple)
                .collect::<Result<_>>()?,
            members: entry.texts(netgroups.member.as_str())?.into_iter().map(str::to_owned).collect(),
            entry,
        })
    }
}

fn triple(text: &str) -> Option<Triple> {
    let inner = text.trim().strip_prefix('(')?.strip_suffix(')')?;
    let mut parts = inner.split(',').map(|part| Some(part.trim().to_owned()).filter(|part| !part.is_empty()));
    let triple = Triple { host: parts.next()?, user: parts.next()?, domain: parts.next()? };
    parts.next().is_none().then_some(triple)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_triples_are_read_as_their_documents_say() {
        let profile = Profile::active_directory("dc=x".parse().unwrap());
        let bytes: Vec<u8> = (0..16).collect();
        let entry = Entry::new("cn=x".parse().unwrap()).with(AttrName::known("objectGUID"), [bytes]);
        assert_eq!(id_of(&profile, &entry).as_deref(), Some("03020100-0504-0706-0809-0a0b0c0d0e0f"));
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            triple("(web01, -,)"),
            Some(Triple { host: some("web01"), user: some("-"), domain: None })
        );
        assert_eq!((triple("(a,b)"), triple("a,b,c"), triple("(a,b,c,d)")), (None, None, None));
    }
}
