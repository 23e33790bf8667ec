//! The hosts of a directory.

use crate::server::{cx, opened, profile};
use purlin_core::{Diagnostics, Result};
use purlin_inventory::{Inventory, Loader, Source};
use purlin_ldap::inventory::LdapSource;
use purlin_ldap::{AttrName, Entry, FakeDirectory, FakeFault};
use purlin_testkit::suites::{Estate, SourceCapability, SourceHarness, inventory_source};
use purlin_testkit::{Slapd, SlapdSettings};
use std::sync::{Arc, Mutex};

const ADDRESS: AttrName = AttrName::known("ipHostNumber");

fn entry(name: &str, classes: &[&str]) -> Entry {
    let dn = format!("cn={name},{}", Slapd::BASE).parse().unwrap();
    Entry::new(dn)
        .with(AttrName::known("objectClass"), classes.iter().copied())
        .with(AttrName::known("cn"), [name])
}

fn fill(directory: &FakeDirectory, estate: &Estate) {
    let mut group = entry(&estate.group, &["nisNetgroup"]);
    for name in &estate.hosts {
        let host = entry(name, &["device", "ipHost"]).with(AttrName::known("l"), [estate.site.as_str()]);
        directory.put(host);
        group = group.with(AttrName::known("nisNetgroupTriple"), [format!("({name},-,)")]);
    }
    directory.put(group);
}

#[derive(Default)]
struct Harness(Mutex<Option<FakeDirectory>>);

impl Harness {
    fn made(&self, directory: &FakeDirectory) -> Arc<dyn Source> {
        Arc::new(LdapSource::new("directory", Arc::new(directory.clone())))
    }
}

impl SourceHarness for Harness {
    fn implementation(&self) -> &str {
        "ldap"
    }

    fn capabilities(&self) -> Vec<SourceCapability> {
        // Entries have no lines, so a fault of one is looked at below.
        use SourceCapability::{Breaks, Changes, Hangs};
        vec![Changes, Breaks, Hangs]
    }

    fn source(&self, estate: &Estate) -> Result<Arc<dyn Source>> {
        let directory = FakeDirectory::new(profile());
        fill(&directory, estate);
        *self.0.lock().unwrap() = Some(directory.clone());
        Ok(self.made(&directory))
    }

    fn change(&self, estate: &Estate) -> Result<()> {
        let directory = self.0.lock().unwrap().clone().unwrap();
        directory.clear();
        fill(&directory, estate);
        Ok(())
    }

    fn broken(&self) -> Result<Arc<dyn Source>> {
        let directory = FakeDirectory::new(profile());
        directory.always(FakeFault::Refuse(52, "closing".to_owned()));
        Ok(self.made(&directory))
    }

    fn hanging(&self) -> Result<Arc<dyn Source>> {
        let directory = FakeDirectory::new(profile());
        directory.always(FakeFault::Silence);
        Ok(self.made(&directory))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_is_a_source_like_any_other() {
    inventory_source(&Harness::default()).await.assert_golden("tests/golden/source.txt");
}

async fn loaded(source: LdapSource) -> (Inventory, Diagnostics) {
    let loaded = Loader::new().add(Arc::new(source)).load(&cx()).await.unwrap();
    (loaded.inventory, loaded.diagnostics)
}

#[tokio::test]
async fn hosts_have_their_addresses_and_netgroups_are_groups() {
    let Some(slapd) = SlapdSettings::new().start().unwrap() else { return };
    let directory = opened([slapd.ldap()]).await;
    let source =
        LdapSource::new("directory", Arc::new(directory)).variable("what", AttrName::known("description"));
    let (inventory, _) = loaded(source.clone()).await;
    assert_eq!(inventory.hosts().len(), 40);
    let host = inventory.host("host00003.example.org").unwrap();
    let text = |key: &str| host.var(key).and_then(|located| located.value.as_str());
    assert_eq!((text("address"), text("site"), text("what")), (Some("10.0.0.3"), Some("dc1"), Some("web")));
    assert_eq!(inventory.group("ng-000").unwrap().hosts().len(), 5);
    // ng-002 holds ng-001, which holds ng-000.
    assert_eq!(inventory.group("ng-002").unwrap().hosts().len(), 15);
    let (inventory, _) = loaded(source.without_netgroups()).await;
    assert!(inventory.group("ng-000").is_none());
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_named_and_nothing_is_used() {
    let hosts = [
        entry("web01", &["ipHost"]).with(ADDRESS, ["10.0.0.x"]),
        entry("web02", &["ipHost"]).with(ADDRESS, ["10.0.0.2"]),
    ];
    let directory = FakeDirectory::from_entries(profile(), hosts);
    let source = LdapSource::new("directory", Arc::new(directory));
    let error = Loader::new().add(Arc::new(source)).load(&cx()).await.unwrap_err();
    let told = error.detail::<Diagnostics>().unwrap().to_string();
    assert!(
        told.contains("directory: ") && told.contains("cn=web01") && !told.contains("10.0.0.x"),
        "{told}"
    );
}

#[tokio::test]
async fn netgroups_in_each_other_are_told_and_do_no_harm() {
    let netgroup = |name: &str, members: &[&str], triples: &[&str]| {
        entry(name, &["nisNetgroup"])
            .with(AttrName::known("memberNisNetgroup"), members.iter().copied())
            .with(AttrName::known("nisNetgroupTriple"), triples.iter().copied())
    };
    let entries = [
        entry("web01", &["device"]).with(ADDRESS, ["10.0.0.1"]),
        // A device without an address is a printer's cable, not a host.
        entry("cable", &["device"]),
        netgroup("a", &["b"], &["(WEB01,-,)", "(,ada,)"]),
        netgroup("b", &["a", "gone"], &["(web02,-,)"]),
    ];
    let directory = FakeDirectory::from_entries(profile(), entries);
    let (inventory, diagnostics) = loaded(LdapSource::new("directory", Arc::new(directory))).await;
    assert_eq!(inventory.hosts().len(), 2);
    assert_eq!(inventory.group("a").unwrap().hosts().len(), 2);
    assert_eq!(inventory.group("b").unwrap().hosts().len(), 1);
    let told = diagnostics.to_string();
    assert!(told.contains("are in each other") && told.contains("\"gone\""), "{told}");
}
