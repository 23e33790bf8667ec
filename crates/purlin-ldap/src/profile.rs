//! How people, groups and hosts are written in a directory.

#[cfg(feature = "config")]
mod file;

use crate::{AttrName, Dn, Filter};
use purlin_core::{Error, ErrorKind, Result};
use serde::Deserialize;

/// How people, groups and hosts are written in a directory, and where they are: data, not code. Start from the one
/// that is nearest and change what differs; with feature `config` it is read from TOML.
///
/// ```
/// use purlin_ldap::{AttrName, Profile};
///
/// let mut profile = Profile::rfc2307bis("dc=example,dc=org".parse()?);
/// profile.people.base = Some("ou=staff,dc=example,dc=org".parse()?);
/// profile.people.filter = "(&(objectClass=inetOrgPerson)(employeeType=staff))".parse()?;
/// profile.nesting.depth = 5;
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Profile {
    /// Under which everything is.
    pub base: Dn,
    /// People.
    pub people: People,
    /// Groups.
    pub groups: Groups,
    /// Hosts.
    pub hosts: Hosts,
    /// Netgroups.
    pub netgroups: Netgroups,
    /// Groups within groups.
    pub nesting: Nesting,
    /// The attribute with the name of the entry, which entries can be asked for by; none where there is none: entries
    /// are then read one by one.
    pub entry_dn: Option<AttrName>,
    /// What stays when an entry is renamed.
    pub id: Option<AttrName>,
}

/// How people are written.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct People {
    /// Where they are; the profile's base unless set.
    pub base: Option<Dn>,
    /// Who is one.
    pub filter: Filter,
    /// The login name.
    pub name: AttrName,
    /// The number of the user.
    pub number: AttrName,
    /// The number of the main group.
    pub group_number: AttrName,
    /// The name as it is spoken.
    pub full_name: AttrName,
    /// Addresses for mail.
    pub mail: AttrName,
    /// The home folder.
    pub home: AttrName,
    /// The login shell.
    pub shell: AttrName,
}

/// How groups are written. At least one of both kinds of members is there.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Groups {
    /// Where they are; the profile's base unless set.
    pub base: Option<Dn>,
    /// What is one.
    pub filter: Filter,
    /// Its name.
    pub name: AttrName,
    /// Its number.
    pub number: AttrName,
    /// What it is for.
    pub description: AttrName,
    /// Members by the names of their entries, groups among them.
    pub member: Option<AttrName>,
    /// Members by login name.
    pub member_name: Option<AttrName>,
}

/// How hosts are written.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Hosts {
    /// Where they are; the profile's base unless set.
    pub base: Option<Dn>,
    /// What is one.
    pub filter: Filter,
    /// Its names.
    pub name: AttrName,
    /// Its addresses.
    pub address: AttrName,
    /// The addresses of its network cards.
    pub mac: AttrName,
    /// Where it stands.
    pub location: AttrName,
    /// What it is for.
    pub description: AttrName,
}

/// How netgroups are written (RFC 2307).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Netgroups {
    /// Where they are; the profile's base unless set.
    pub base: Option<Dn>,
    /// What is one.
    pub filter: Filter,
    /// Its name.
    pub name: AttrName,
    /// Its triples: `(host,user,domain)`.
    pub triple: AttrName,
    /// Netgroups within it, by name.
    pub member: AttrName,
}

/// How groups within groups are found, and where that ends.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Nesting {
    /// How the groups of somebody are found.
    pub strategy: Strategy,
    /// How many groups may be within each other; 20 unless set. More is an error.
    pub depth: u32,
    /// How many entries a walk may find; 50,000 unless set. More is an error.
    pub most: u32,
}

/// How the groups of somebody are found, with the groups that these are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Strategy {
    /// One question a level: who has one of these as a member? Works everywhere.
    PerLevel,
    /// By the attribute that says what an entry is a member of, where the server keeps one: one question a level.
    MemberOf,
    /// By what Active Directory has worked out at its side: two questions. Security groups only.
    TokenGroups,
    /// By Active Directory's rule for chains: one question, which costs the server dearly.
    InChain,
}

impl Default for Nesting {
    fn default() -> Self {
        Self { strategy: Strategy::PerLevel, depth: 20, most: 50_000 }
    }
}

const CN: AttrName = AttrName::known("cn");
const DESCRIPTION: AttrName = AttrName::known("description");
pub(crate) const OBJECT_CLASS: AttrName = AttrName::known("objectClass");
/// What an entry is a member of.
pub(crate) const MEMBER_OF: AttrName = AttrName::known("memberOf");

impl Profile {
    /// RFC 2307: groups name their members by login name (`memberUid`), and do not nest.
    pub fn rfc2307(base: Dn) -> Self {
        Self {
            base,
            people: People {
                base: None,
                filter: OBJECT_CLASS.is("posixAccount"),
                name: AttrName::known("uid"),
                number: AttrName::known("uidNumber"),
                group_number: AttrName::known("gidNumber"),
                full_name: CN,
                mail: AttrName::known("mail"),
                home: AttrName::known("homeDirectory"),
                shell: AttrName::known("loginShell"),
            },
            groups: Groups {
                base: None,
                filter: OBJECT_CLASS.is("posixGroup"),
                name: CN,
                number: AttrName::known("gidNumber"),
                description: DESCRIPTION,
                member: None,
                member_name: Some(AttrName::known("memberUid")),
            },
            hosts: Hosts {
                base: None,
                filter: OBJECT_CLASS.is("ipHost"),
                name: CN,
                address: AttrName::known("ipHostNumber"),
                mac: AttrName::known("macAddress"),
                location: AttrName::known("l"),
                description: DESCRIPTION,
            },
            netgroups: Netgroups {
                base: None,
                filter: OBJECT_CLASS.is("nisNetgroup"),
                name: CN,
                triple: AttrName::known("nisNetgroupTriple"),
                member: AttrName::known("memberNisNetgroup"),
            },
            nesting: Nesting::default(),
            entry_dn: Some(AttrName::known("entryDN")),
            id: Some(AttrName::known("entryUUID")),
        }
    }

    /// RFC 2307bis, as OpenLDAP and 389 Directory Server are mostly used: groups name the entries of their members
    /// (`member`), groups among them.
    pub fn rfc2307bis(base: Dn) -> Self {
        let mut profile = Self::rfc2307(base);
        profile.groups.filter = OBJECT_CLASS.is("posixGroup") | OBJECT_CLASS.is("groupOfNames");
        profile.groups.member = Some(AttrName::known("member"));
        profile
    }

    /// Active Directory, nested groups by what it has worked out itself.
    pub fn active_directory(base: Dn) -> Self {
        const ACCOUNT: AttrName = AttrName::known("sAMAccountName");
        let mut profile = Self::rfc2307(base);
        let computers = OBJECT_CLASS.is("computer");
        profile.people.filter = OBJECT_CLASS.is("user") & !computers.clone();
        profile.people.name = ACCOUNT;
        profile.people.full_name = AttrName::known("displayName");
        profile.people.home = AttrName::known("unixHomeDirectory");
        profile.groups.filter = OBJECT_CLASS.is("group");
        profile.groups.name = ACCOUNT;
        profile.groups.member = Some(AttrName::known("member"));
        profile.groups.member_name = None;
        profile.hosts.filter = computers;
        profile.hosts.name = AttrName::known("dNSHostName");
        profile.hosts.location = AttrName::known("location");
        profile.nesting.strategy = Strategy::TokenGroups;
        profile.entry_dn = Some(AttrName::known("distinguishedName"));
        profile.id = Some(AttrName::known("objectGUID"));
        profile
    }

    /// One of the built-in profiles by its name: `rfc2307`, `rfc2307bis` or `active_directory`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for any other, with the one that was probably meant.
    pub fn named(name: &str, base: Dn) -> Result<Self> {
        match name {
            "rfc2307" => Ok(Self::rfc2307(base)),
            "rfc2307bis" => Ok(Self::rfc2307bis(base)),
            "active_directory" => Ok(Self::active_directory(base)),
            _ => {
                let known = Self::NAMES;
                let hint = purlin_core::suggest(name, known).map(|name| format!("; did you mean {name}?"));
                let message = format!(
                    "no profile {name:?}: there are {}{}",
                    known.join(", "),
                    hint.unwrap_or_default()
                );
                Err(Error::new(ErrorKind::Invalid, message).with_operation("ldap.profile"))
            }
        }
    }

    /// The names of the built-in profiles.
    pub const NAMES: [&str; 3] = ["rfc2307", "rfc2307bis", "active_directory"];

    /// The profile that fits what a server says of itself: a hint, since OpenLDAP can hold any schema. The base is the
    /// server's only naming context, where it has one.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when the server has no naming context, or several.
    pub fn detect(capabilities: &crate::Capabilities) -> Result<Self> {
        let [base] = capabilities.naming_contexts.as_slice() else {
            let message =
                format!("the server has {} naming contexts: say which", capabilities.naming_contexts.len());
            return Err(Error::new(ErrorKind::Invalid, message).with_operation("ldap.profile"));
        };
        Ok(match capabilities.has(crate::Capabilities::ACTIVE_DIRECTORY) {
            true => Self::active_directory(base.clone()),
            false => Self::rfc2307bis(base.clone()),
        })
    }

    pub(crate) fn people_base(&self) -> Dn {
        self.people.base.as_ref().unwrap_or(&self.base).clone()
    }

    pub(crate) fn groups_base(&self) -> Dn {
        self.groups.base.as_ref().unwrap_or(&self.base).clone()
    }
}
