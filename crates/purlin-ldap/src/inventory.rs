//! A directory as a source of hosts (feature `inventory`).

use crate::lookup::{Host, Netgroup, Read};
use crate::{AttrName, Directory, Filter, Search};
use async_trait::async_trait;
use purlin_core::{Cx, Diagnostic, Error, Place, Result};
use purlin_inventory::{Batch, BatchHost, Located, Source, Value};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// Fetching takes so long at most, where the call has no deadline.
const LIMIT: Duration = Duration::from_secs(60);
const OBJECT_CLASS: AttrName = AttrName::known("objectClass");

/// The hosts of a directory (`ipHost` and `computer` by the profile, and `device` entries with an address), and its
/// netgroups as groups.
///
/// A host has the name of its entry, and the variables `address` and `addresses`, `names`, `macs`, `site` (where it stands),
/// `description` and `dn`, each where the entry says it, and those that [`variable`](Self::variable) adds. A netgroup
/// within another is a group below it; of a circle of them the last step is left out, with a warning. A triple names a host
/// of the directory by any of its names, or one that is not in it. Default limit: 60 s, where the call has no deadline.
///
/// ```
/// use purlin_core::Cx;
/// use purlin_inventory::Loader;
/// use purlin_ldap::inventory::LdapSource;
/// use purlin_ldap::{FakeDirectory, Profile};
/// use std::sync::Arc;
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let ldif = "\
/// dn: cn=web01,dc=x\nobjectClass: device\nobjectClass: ipHost\ncn: web01\nipHostNumber: 10.0.0.7\nl: lon\n
/// dn: cn=web,dc=x\nobjectClass: nisNetgroup\ncn: web\nnisNetgroupTriple: (web01,-,)\n";
/// let directory = FakeDirectory::from_ldif(Profile::rfc2307bis("dc=x".parse()?), ldif)?;
/// let source = LdapSource::new("directory", Arc::new(directory));
/// let loaded = Loader::new().add(Arc::new(source)).load(&Cx::background()).await?;
/// assert_eq!(loaded.inventory.group("web").unwrap().hosts().len(), 1);
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LdapSource {
    name: String,
    directory: Arc<dyn Directory>,
    filter: Option<Filter>,
    variables: Vec<(String, AttrName)>,
    netgroups: bool,
}

impl LdapSource {
    /// The hosts and netgroups of this directory; the name is for messages.
    pub fn new(name: impl Into<String>, directory: Arc<dyn Directory>) -> Self {
        Self { name: name.into(), directory, filter: None, variables: Vec::new(), netgroups: true }
    }

    /// Takes the entries that this fits for hosts, and no others.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = Some(filter);
        self
    }

    /// Sets this variable of a host to the values of an attribute: a text where there is one value, else a list.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, attribute: AttrName) -> Self {
        self.variables.push((name.into(), attribute));
        self
    }

    /// Leaves netgroups out.
    #[must_use]
    pub fn without_netgroups(mut self) -> Self {
        self.netgroups = false;
        self
    }

    fn search(&self) -> Search {
        let profile = self.directory.profile();
        let hosts = &profile.hosts;
        let base = hosts.base.as_ref().unwrap_or(&profile.base).clone();
        let device = OBJECT_CLASS.is("device") & (hosts.address.exists() | hosts.mac.exists());
        let filter = self.filter.clone().unwrap_or_else(|| hosts.filter.clone() | device);
        let own = self.variables.iter().map(|(_, attribute)| attribute.clone());
        Search::new(base, filter).wanting(Host::wanted(profile).into_iter().chain(own))
    }

    fn broken(&self, error: &Error) -> Diagnostic {
        Diagnostic::error("ldap-entry", error.message().to_owned()).place(Place::file(&*self.name))
    }

    fn add_host(&self, batch: &mut Batch, host: &Host) -> Result<BatchHost> {
        let id = batch.host(&host.name);
        let source = batch.source();
        let list = |texts: Vec<String>| -> Value {
            texts.into_iter().map(|text| Located::new(text, source)).collect::<Vec<_>>().into()
        };
        let addresses: Vec<String> = host.addresses.iter().map(ToString::to_string).collect();
        if let Some(first) = addresses.first() {
            batch.set_host_var(id, "address", first.clone());
            batch.set_host_var(id, "addresses", list(addresses));
        }
        batch.set_host_var(id, "names", list(host.names.clone()));
        if !host.macs.is_empty() {
            batch.set_host_var(id, "macs", list(host.macs.clone()));
        }
        let texts = [("site", &host.location), ("description", &host.description)];
        for (name, text) in texts.into_iter().filter_map(|(name, text)| Some((name, text.clone()?))) {
            batch.set_host_var(id, name, text);
        }
        batch.set_host_var(id, "dn", host.dn.to_string());
        for (name, attribute) in &self.variables {
            let texts = host.entry.texts(attribute.as_str())?;
            match texts.as_slice() {
                [] => {}
                [only] => batch.set_host_var(id, name, *only),
                several => {
                    batch.set_host_var(id, name, list(several.iter().map(|&text| text.to_owned()).collect()))
                }
            }
        }
        Ok(id)
    }

    async fn hosts(&self, cx: &Cx, batch: &mut Batch) -> Result<HashMap<String, BatchHost>> {
        let profile = self.directory.profile();
        let mut known = HashMap::new();
        let mut entries = self.directory.search(cx, &self.search()).await?;
        while let Some(entry) = entries.next().await? {
            let added = Host::read(profile, entry).and_then(|host| Ok((self.add_host(batch, &host)?, host)));
            match added {
                Ok((id, host)) => known.extend(host.names.iter().map(|name| (name.to_lowercase(), id))),
                Err(error) => batch.report(self.broken(&error)),
            }
        }
        Ok(known)
    }

    async fn groups(&self, cx: &Cx, batch: &mut Batch, hosts: &HashMap<String, BatchHost>) -> Result<()> {
        let profile = self.directory.profile();
        let netgroups = &profile.netgroups;
        let base = netgroups.base.as_ref().unwrap_or(&profile.base).clone();
        let search = Search::new(base, netgroups.filter.clone()).wanting(Netgroup::wanted(profile));
        let mut entries = self.directory.search(cx, &search).await?;
        let mut found = Vec::new();
        while let Some(entry) = entries.next().await? {
            match Netgroup::read(profile, entry) {
                Ok(netgroup) => found.push(netgroup),
                Err(error) => batch.report(self.broken(&error)),
            }
        }
        for netgroup in &found {
            let group = batch.group(&netgroup.name);
            for triple in &netgroup.triples {
                // None is any host: of a triple about users that is all it says, and of others nobody can mean it here.
                let Some(name) = triple.host.as_deref().filter(|name| *name != "-") else { continue };
                let host = hosts.get(&name.to_lowercase()).copied();
                let host = host.unwrap_or_else(|| batch.host(name));
                batch.add_host(group, host);
            }
        }
        self.nest(batch, &found);
        Ok(())
    }

    /// Puts netgroups below each other. Servers let them be in each other; an inventory does not.
    fn nest(&self, batch: &mut Batch, found: &[Netgroup]) {
        let there: HashSet<&str> = found.iter().map(|netgroup| netgroup.name.as_str()).collect();
        let mut below: HashMap<&str, Vec<&str>> = HashMap::new();
        let warn = |code, message: String| Diagnostic::warning(code, message).place(Place::file(&*self.name));
        for netgroup in found {
            for member in netgroup.members.iter().map(String::as_str) {
                let parent = netgroup.name.as_str();
                if !there.contains(member) {
                    let message = format!("the netgroup {member:?} in {parent:?} is not there");
                    batch.report(warn("ldap-netgroup-missing", message));
                } else if reaches(&below, member, parent) {
                    let message = format!("the netgroups {parent:?} and {member:?} are in each other");
                    batch.report(warn("ldap-netgroup-circle", message));
                } else {
                    below.entry(parent).or_default().push(member);
                    let (parent, child) = (batch.group(parent), batch.group(member));
                    batch.add_child(parent, child);
                }
            }
        }
    }
}

/// Whether one leads to the other, itself included.
fn reaches(below: &HashMap<&str, Vec<&str>>, from: &str, to: &str) -> bool {
    let (mut open, mut seen) = (vec![from], HashSet::new());
    while let Some(name) = open.pop() {
        if name == to {
            return true;
        }
        if seen.insert(name) {
            open.extend(below.get(name).into_iter().flatten());
        }
    }
    false
}

#[async_trait]
impl Source for LdapSource {
    fn name(&self) -> &str {
        &self.name
    }

    async fn fetch(&self, cx: &Cx) -> Result<Batch> {
        let cx = if cx.deadline().is_some() { cx.clone() } else { cx.with_timeout(LIMIT) };
        let mut batch = Batch::new(self.name.as_str());
        let fetched = async {
            let hosts = self.hosts(&cx, &mut batch).await?;
            if self.netgroups { self.groups(&cx, &mut batch, &hosts).await } else { Ok(()) }
        };
        let fetched: Result<()> = fetched.await;
        fetched.map_err(|error| error.with_note(format!("of the source {}", self.name)))?;
        Ok(batch)
    }
}
