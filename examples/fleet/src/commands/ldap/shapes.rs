//! What is told of people, groups and hosts.

use crate::output::{Answer, Page};
use purlin::ldap::{Group, Host, Netgroup, Triple, User};
use schemars::JsonSchema;
use serde::Serialize;

/// A person.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct UserAnswer {
    /// The login name.
    pub(super) name: String,
    /// The name of the entry.
    pub(super) dn: String,
    /// The number of the user; null where there is none.
    pub(super) number: Option<u32>,
    /// The number of the main group; null where there is none.
    group_number: Option<u32>,
    /// The name as it is spoken; null where there is none.
    pub(super) full_name: Option<String>,
    /// Addresses for mail.
    pub(super) mail: Vec<String>,
    /// The home folder; null where there is none.
    home: Option<String>,
    /// The login shell; null where there is none.
    shell: Option<String>,
    /// What stays when the entry is renamed; null where there is none.
    id: Option<String>,
}

/// A group.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct GroupAnswer {
    /// Its name.
    pub(super) name: String,
    /// The name of the entry.
    pub(super) dn: String,
    /// Its number; null where there is none.
    pub(super) number: Option<u32>,
    /// What it is for; null where nothing is said.
    pub(super) description: Option<String>,
    /// What stays when the entry is renamed; null where there is none.
    id: Option<String>,
}

/// A host.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HostAnswer {
    /// Its first name.
    name: String,
    /// All its names, that one first.
    names: Vec<String>,
    /// The name of the entry.
    dn: String,
    /// Its addresses.
    addresses: Vec<String>,
    /// The addresses of its network cards, as they are written.
    macs: Vec<String>,
    /// Where it stands; null where nothing is said.
    location: Option<String>,
    /// What it is for; null where nothing is said.
    description: Option<String>,
}

/// A netgroup.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NetgroupAnswer {
    /// Its name.
    name: String,
    /// The name of the entry.
    dn: String,
    /// What it holds.
    triples: Vec<TripleShape>,
    /// The netgroups within it, by name.
    members: Vec<String>,
}

/// A host, a user and a domain: null is any, "-" is none.
#[derive(Debug, Serialize, JsonSchema)]
struct TripleShape {
    /// The host.
    host: Option<String>,
    /// The user.
    user: Option<String>,
    /// The domain.
    domain: Option<String>,
}

impl UserAnswer {
    pub(super) fn new(user: User) -> Self {
        let User { name, dn, number, group_number, full_name, mail, home, shell, id, .. } = user;
        Self { name, dn: dn.to_string(), number, group_number, full_name, mail, home, shell, id }
    }
}

impl GroupAnswer {
    pub(super) fn new(group: Group) -> Self {
        let Group { name, dn, number, description, id, .. } = group;
        Self { name, dn: dn.to_string(), number, description, id }
    }
}

impl HostAnswer {
    pub(super) fn new(host: Host) -> Self {
        let Host { name, names, dn, addresses, macs, location, description, .. } = host;
        let addresses = addresses.iter().map(ToString::to_string).collect();
        Self { name, names, dn: dn.to_string(), addresses, macs, location, description }
    }
}

impl NetgroupAnswer {
    pub(super) fn new(netgroup: Netgroup) -> Self {
        let Netgroup { name, dn, triples, members, .. } = netgroup;
        let shape = |Triple { host, user, domain, .. }| TripleShape { host, user, domain };
        Self { name, dn: dn.to_string(), triples: triples.into_iter().map(shape).collect(), members }
    }
}

/// A value, or a dash.
pub(super) fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// A field, where there is something to tell.
fn told(page: &mut Page, label: &str, value: Option<impl ToString>) {
    if let Some(value) = value.map(|value| value.to_string()).filter(|value| !value.is_empty()) {
        page.field(label, &value);
    }
}

impl Answer for UserAnswer {
    const NAME: &'static str = "ldap-user";

    fn page(&self, page: &mut Page) {
        page.heading(&self.name);
        told(page, "full name", self.full_name.as_ref());
        told(page, "number", self.number);
        told(page, "main group", self.group_number);
        told(page, "mail", Some(self.mail.join(", ")));
        told(page, "home", self.home.as_ref());
        told(page, "shell", self.shell.as_ref());
        told(page, "entry", Some(&self.dn));
        told(page, "id", self.id.as_ref());
    }
}

impl Answer for GroupAnswer {
    const NAME: &'static str = "ldap-group";

    fn page(&self, page: &mut Page) {
        page.heading(&self.name);
        told(page, "number", self.number);
        told(page, "description", self.description.as_ref());
        told(page, "entry", Some(&self.dn));
        told(page, "id", self.id.as_ref());
    }
}

impl Answer for HostAnswer {
    const NAME: &'static str = "ldap-host";

    fn page(&self, page: &mut Page) {
        page.heading(&self.name);
        told(page, "addresses", Some(self.addresses.join(", ")));
        told(page, "names", Some(self.names.join(", ")));
        told(page, "macs", Some(self.macs.join(", ")));
        told(page, "location", self.location.as_ref());
        told(page, "description", self.description.as_ref());
        told(page, "entry", Some(&self.dn));
    }
}

impl Answer for NetgroupAnswer {
    const NAME: &'static str = "ldap-netgroup";

    fn page(&self, page: &mut Page) {
        page.heading(&self.name);
        told(page, "entry", Some(&self.dn));
        told(page, "netgroups", Some(self.members.join(", ")));
        if self.triples.is_empty() {
            return;
        }
        let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "any".to_owned());
        let rows = self.triples.iter().map(|it| [part(&it.host), part(&it.user), part(&it.domain)]);
        page.table(["HOST", "USER", "DOMAIN"], rows);
    }
}
