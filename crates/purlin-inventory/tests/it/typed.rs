//! The typed parts of hosts.

use purlin_core::{ErrorKind, Timestamp};
use purlin_inventory::{Batch, Facts, Inventory, InventoryBuilder, Map, TransportKind, Value, native};
use std::time::{Duration, SystemTime};

fn estate(text: &str) -> Inventory {
    let mut builder = InventoryBuilder::new();
    builder.merge(native::read_toml("estate.toml", text));
    builder.build().unwrap()
}

/// An inventory of Ansible's profile with one host of these variables.
fn ansible(vars: &[(&str, &str)]) -> Inventory {
    let mut batch = Batch::new("hosts.ini");
    let host = batch.host("h1");
    vars.iter().for_each(|(key, value)| batch.set_host_var(host, key, *value));
    let mut builder = InventoryBuilder::new();
    builder.merge(batch);
    builder.build().unwrap()
}

const WHOLE: &str = r#"
purlin = 1
[role.app.services.app]
port = 8080
docs = "https://wiki.example/map/{{ host }}"
[hosts."app01.lon"]
address = "10.1.0.11"
port = 2222
user = "ops"
transport = "ssh"
ssh = { key_file = "~/.ssh/map", jump = "ops@bastion.lon:22" }
become = { user = "tomcat" }
site = "lon"
roles = ["app", "batch"]
environment = "prod"
owner = "Map team"
customer = "Ordnance"
contacts = [{ name = "Map team", email = "map@example.org", phone = "+44 20 7946 0000", url = "https://chat.example/map" }]
aliases = ["map.example.org"]
identity = { uuid = "4C4C4544-0042-3510-8056-B4C04F333432", serial = "X1" }
services.app.check = { kind = "http", path = "/health" }
services.admin.url = "https://{{address}}:8443/admin/"
"#;

#[test]
fn every_part_has_its_type() {
    let estate = estate(WHOLE);
    let host = estate.host("map.example.org").unwrap();
    let reached = host.connection().unwrap();
    assert_eq!((host.name(), host.address().unwrap()), ("app01.lon", "10.1.0.11".to_owned()));
    assert_eq!(
        (&*reached.address, reached.port, reached.user.as_deref()),
        ("10.1.0.11", Some(2222), Some("ops"))
    );
    assert_eq!(reached.transport, TransportKind::Ssh);
    assert_eq!(
        (reached.private_keys, reached.jump),
        (vec!["~/.ssh/map".to_owned()], vec!["ops@bastion.lon:22".to_owned()])
    );
    let becomes = reached.r#become.unwrap();
    assert_eq!((becomes.user.as_deref(), &*becomes.method), (Some("tomcat"), "sudo"));
    assert_eq!((host.site().unwrap(), host.roles().unwrap()), (Some("lon"), vec!["app", "batch"]));
    assert_eq!((host.environment().unwrap(), host.owner().unwrap()), (Some("prod"), Some("Map team")));
    assert_eq!(host.customer().unwrap(), Some("Ordnance"));
    assert_eq!(host.contacts().unwrap()[0].phone.as_deref(), Some("+44 20 7946 0000"));
    assert_eq!(host.aliases().unwrap(), ["map.example.org"]);
    let identity = host.identity().unwrap().unwrap();
    assert_eq!(identity.uuid.as_deref(), Some("4c4c4544-0042-3510-8056-b4c04f333432"));
}

#[test]
fn services_are_merged_from_their_layers_and_know_their_links() {
    let estate = estate(WHOLE);
    let host = estate.host("app01.lon").unwrap();
    let app = host.service("app").unwrap();
    assert_eq!((app.port(), app.url("/health")), (Some(8080), "http://10.1.0.11:8080/health".to_owned()));
    assert_eq!(app.docs(), Some("https://wiki.example/map/app01.lon"));
    assert_eq!(app.check().get("kind").unwrap().value.as_str(), Some("http"));
    assert_eq!(host.service("admin").unwrap().url("users"), "https://10.1.0.11:8443/admin/users");
    let error = host.service("ap").unwrap_err();
    assert_eq!((error.kind(), error.note()), (ErrorKind::NotFound, Some("did you mean \"app\"?")));
}

#[test]
fn nothing_said_is_nothing_and_the_name_is_the_address() {
    let estate = estate("purlin = 1\nhosts.\"db1.lon\" = {}\n");
    let host = estate.host("db1.lon").unwrap();
    let reached = host.connection().unwrap();
    assert_eq!((&*reached.address, reached.port, reached.user), ("db1.lon", None, None));
    assert_eq!(reached.transport, TransportKind::Ssh);
    assert!(reached.r#become.is_none() && host.identity().unwrap().is_none());
    assert!(host.roles().unwrap().is_empty() && host.services().unwrap().is_empty());
}

#[test]
fn what_is_no_such_thing_is_told_with_its_place_when_asked() {
    let estate =
        ansible(&[("contacts", "me"), ("port", "no port at all"), ("site", "lon"), ("roles", "web")]);
    let host = estate.host("h1").unwrap();
    let error = host.contacts().unwrap_err();
    assert_eq!((error.kind(), error.note()), (ErrorKind::Invalid, Some("host \"h1\"")));
    assert!(error.message().contains("hosts.ini: contacts is a list of tables"), "{error}");
    assert_eq!((host.site().unwrap(), host.roles().unwrap()), (Some("lon"), vec!["web"]));
    // An application's port, in Ansible's profile.
    assert_eq!(host.connection().unwrap().port, None);
}

#[test]
fn a_template_that_nobody_renders_is_a_fault_and_never_the_value() {
    let vars = [
        ("site", "{{ dc }}"),
        ("roles", "{{dc}}"),
        ("owner", "{% if x %}a{% endif %}"),
        ("customer", "{{dc}}"),
    ];
    let estate = ansible(&vars);
    let host = estate.host("h1").unwrap();
    let errors = [
        host.site().unwrap_err(),
        host.roles().unwrap_err(),
        host.owner().unwrap_err(),
        host.customer().unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.kind(), error.note()), (ErrorKind::Invalid, Some("host \"h1\"")));
        assert!(error.message().starts_with("hosts.ini: "), "{error}");
        assert!(error.message().contains("has a template in it"), "{error}");
    }
}

#[test]
fn facts_know_their_age() {
    let seen = Timestamp::from(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000));
    let values: Map = [("kernel", purlin_inventory::Located::new("6.1", Batch::new("gather").source()))]
        .into_iter()
        .collect();
    let facts = Facts::new(seen, values);
    assert_eq!(facts.age(seen.saturating_add(Duration::from_secs(60))), Duration::from_secs(60));
    assert_eq!(facts.get("kernel").map(|fact| &fact.value), Some(&Value::from("6.1")));
    assert_eq!(facts.iter().len(), 1);
}
