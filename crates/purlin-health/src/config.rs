//! `checks.toml` (feature `config`): checks and publishers as people write them.
//!
//! ```toml
//! purlin = 1
//! [[check]]
//! name = "app"
//! kind = "http"
//! select = "role=web"
//! url = "http://{{ address }}:8080/health"
//! interval = "10s"
//! timeout = "2s"
//! confirm = { failures = 3, over = "45s" }
//! parents = ["ssh"]
//! thresholds.time = { warning = "1", critical = "5" }
//! runbook = "https://wiki.example.org/app"
//! [[check]]
//! name = "ssh"
//! kind = "tcp"
//! select = "role=web"
//! address = "{{ address }}:22"
//! [[publish]]
//! kind = "command"
//! argv = ["sh", "-c", "cat >> told.jsonl"]
//! ```
//!
//! A check with `select` runs for each of these hosts, under the name `HOST/NAME`; one without runs once, under its name.
//! A parent with `select` is the one of the same host. Texts are filled in by [`Template`](purlin_inventory::Template).

mod check;
mod kinds;
mod places;
mod publishers;

pub use kinds::{CheckKinds, Fill, Recipe};
pub use places::{Placed, Places};

use crate::{CheckId, CheckSet, CheckSpec, Dependencies, MonitorSettings, Needs};
use check::Declared;
use publishers::Told;
use purlin_config::Document;
use purlin_core::{Diagnostic, Diagnostics, Error, ErrorKind, Labels, Result, Subject};
use purlin_inventory::{Host, Inventory};
use std::collections::{BTreeMap, BTreeSet};

/// What a `checks.toml` says, with every fault that shows without an inventory found.
///
/// ```
/// use purlin_core::{Cx, Diagnostics};
/// use purlin_health::config::{CheckFile, CheckKinds};
/// use purlin_inventory::Inventory;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let text = "purlin = 1\n[[check]]\nname = \"ssh\"\nkind = \"tcp\"\nselect = \"all\"\naddress = \"{{ address }}:22\"\n";
/// let mut faults = Diagnostics::new();
/// let file = CheckFile::read("checks.toml", text, &CheckKinds::standard(), &mut faults).ok_or("faults")?;
///
/// let estate = Inventory::load(&Cx::background(), ["web01,web02,"]).await?;
/// let checks = file.checks(&estate, &mut faults);
/// let ids: Vec<_> = checks.iter().map(|check| check.id().as_str().to_owned()).collect();
/// assert_eq!(ids, ["web01/ssh", "web02/ssh"]);
/// assert!(faults.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct CheckFile {
    checks: Vec<Declared>,
    publishers: Vec<Told>,
}

impl CheckFile {
    /// Reads a text; `name` is the file as the user named it. All faults go to `faults`; none where there is an error
    /// among them.
    pub fn read(
        name: impl Into<String>,
        text: impl Into<String>,
        kinds: &CheckKinds,
        faults: &mut Diagnostics,
    ) -> Option<Self> {
        let mut own = Diagnostics::new();
        let file = Document::new(name, text).walk(&mut own, |fields| {
            if let Some(version) = fields.wanted("purlin") {
                version.number(1..=1);
            }
            let checks = fields.tables("check", |check| check::read(check, kinds));
            let publishers = fields.tables("publish", publishers::read);
            Self {
                checks: checks.into_iter().flatten().collect(),
                publishers: publishers.into_iter().flatten().collect(),
            }
        });
        if let Some(file) = &file {
            own.extend(file.needs_faults());
        }
        let is_fine = !own.has_errors();
        faults.extend(own);
        file.filter(|_| is_fine)
    }

    /// Names twice, parents that are not there, circles.
    fn needs_faults(&self) -> Diagnostics {
        let needs: Vec<(CheckId, Option<Needs>)> = self.checks.iter().map(Declared::by_name).collect();
        let places: BTreeMap<_, _> =
            self.checks.iter().map(|check| (check.name.as_str(), &check.place)).collect();
        let built = Dependencies::build(needs.iter().map(|(id, needs)| (id, needs.as_ref())), |id| {
            places.get(id.as_str()).map(|place| (*place).clone())
        });
        built.err().unwrap_or_default()
    }

    /// The checks over an inventory. Faults that only show there go to `faults`, with the check's place: a selector that
    /// finds nobody is a warning, a text that cannot be filled in an error, and that check is left out.
    ///
    /// Checks that are to run on their target are faults here: see [`checks_with`](Self::checks_with).
    pub fn checks(&self, estate: &Inventory, faults: &mut Diagnostics) -> CheckSet {
        self.all(estate, None, faults)
    }

    /// The same, with checks that run on their targets (`on = "target"`). The check of the way to a host is added where one
    /// of its checks runs there, under the name that `places` gives it; those hang on it beside their parents.
    pub fn checks_with(&self, estate: &Inventory, places: &dyn Places, faults: &mut Diagnostics) -> CheckSet {
        self.all(estate, Some(places), faults)
    }

    fn all(&self, estate: &Inventory, places: Option<&dyn Places>, faults: &mut Diagnostics) -> CheckSet {
        let mut set = CheckSet::new();
        let mut ways: BTreeMap<CheckId, CheckSpec> = BTreeMap::new();
        let mut hosts: BTreeMap<&str, Vec<Host<'_>>> = BTreeMap::new();
        for check in &self.checks {
            if let Some(select) = &check.select {
                hosts.insert(&check.name, check.selected(select, estate, faults));
            }
        }
        for check in &self.checks {
            let instances: Vec<Option<Host<'_>>> = match hosts.get(check.name.as_str()) {
                Some(hosts) => hosts.iter().copied().map(Some).collect(),
                None => vec![None],
            };
            for host in instances {
                match self.instance(check, host, &hosts, places) {
                    Ok((spec, way)) => {
                        set = set.with(spec);
                        ways.extend(way.map(|way| (way.id().clone(), way)));
                    }
                    Err(error) => faults.push(check.fault("check", &error)),
                }
            }
        }
        ways.into_values().fold(set, CheckSet::with)
    }

    fn instance(
        &self,
        check: &Declared,
        host: Option<Host<'_>>,
        hosts: &BTreeMap<&str, Vec<Host<'_>>>,
        places: Option<&dyn Places>,
    ) -> Result<(CheckSpec, Option<CheckSpec>)> {
        let id = |name: &str, host: Option<Host<'_>>| match host {
            Some(host) => format!("{}/{name}", host.name()),
            None => name.to_owned(),
        };
        let (mut spec, mut way) = check.spec(id(&check.name, host), &Fill::new(host), places)?;
        let mut parents = Vec::new();
        for parent in &check.parents {
            let same = match (hosts.get(parent.as_str()), host) {
                (None, _) => None,
                (Some(hosts), Some(host)) if hosts.iter().any(|other| other.name() == host.name()) => {
                    Some(host)
                }
                (Some(_), host) => {
                    let here = host.map_or_else(|| "no host".to_owned(), |host| host.name().to_owned());
                    let message = format!("its parent {parent:?} does not run on {here}");
                    return Err(Error::new(ErrorKind::Invalid, message));
                }
            };
            parents.push(Needs::check(id(parent, same)));
        }
        parents.extend(way.iter().map(|way| Needs::check(way.id().clone())));
        if !parents.is_empty() {
            spec = spec.needs(Needs::all(parents));
        }
        if let Some(host) = host {
            let subject = subject(host)?;
            way = way.map(|way| way.subject(subject.clone()));
            spec = spec.subject(subject);
        }
        Ok((spec, way))
    }

    /// Adds the file's publishers. Each has a name of its own: the one that the file says, else what it is and does, and a
    /// number behind it from the second of one name on.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for one that cannot be.
    pub fn publish(&self, settings: MonitorSettings) -> Result<MonitorSettings> {
        let mut taken = BTreeSet::new();
        self.publishers.iter().try_fold(settings, |settings, told| {
            let publisher = told.publisher(&taken)?;
            taken.insert(publisher.name.clone());
            Ok(settings.publish(publisher))
        })
    }
}

/// A host, with what whoever reads an alarm wants to know about it.
fn subject(host: Host<'_>) -> Result<Subject> {
    let mut labels = Labels::default();
    for (key, value) in
        [("site", host.site()?), ("environment", host.environment()?), ("owner", host.owner()?)]
    {
        if let Some(value) = value {
            labels = labels.with(key, value);
        }
    }
    let roles = host.roles()?;
    if !roles.is_empty() {
        labels = labels.with("roles", roles.join(","));
    }
    Ok(Subject::new("host", host.name()).labels(labels))
}

impl Declared {
    fn selected<'e>(&self, select: &str, estate: &'e Inventory, faults: &mut Diagnostics) -> Vec<Host<'e>> {
        match estate.select(select) {
            Ok(found) => {
                let names: Vec<String> = found.iter().map(|host| host.name().to_owned()).collect();
                if names.is_empty() {
                    let message = format!("the check {:?}: no host is {select}", self.name);
                    faults.push(Diagnostic::warning("nobody-selected", message).place(self.place.clone()));
                }
                names.iter().filter_map(|name| estate.host(name)).collect()
            }
            Err(error) => {
                faults.push(self.fault("bad-selector", &error));
                Vec::new()
            }
        }
    }

    fn fault(&self, code: &'static str, error: &Error) -> Diagnostic {
        let note = error.note().map(|note| format!(" ({note})")).unwrap_or_default();
        let message = format!("the check {:?}: {}{note}", self.name, error.message());
        Diagnostic::error(code, message).place(self.place.clone())
    }
}
