//! The typed parts of hosts.

use purlin_core::{ErrorKind, Timestamp};
use purlin_inventory::{Batch, Facts, Inventory, InventoryBuilder, Map, TransportKind, Value, native};
use std::path::Path;
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
    assert_eq!(
        (host.name(), host.address().unwrap(), host.port().unwrap()),
        ("app01.lon", "10.1.0.11", Some(2222))
    );
    assert_eq!((host.user().unwrap(), host.transport().unwrap()), (Some("ops"), TransportKind::Ssh));
    let ssh = host.ssh().unwrap();
    assert_eq!(
        (ssh.key_file.as_deref(), ssh.jump.as_deref()),
        (Some(Path::new("~/.ssh/map")), Some("ops@bastion.lon:22"))
    );
    let becomes = host.becomes().unwrap().unwrap();
    assert_eq!((&*becomes.user, &*becomes.method), ("tomcat", "sudo"));
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
    assert_eq!(
        (host.address().unwrap(), host.port().unwrap(), host.user().unwrap()),
        ("db1.lon", None, None)
    );
    assert_eq!(host.transport().unwrap(), TransportKind::Ssh);
    assert!(host.becomes().unwrap().is_none() && host.identity().unwrap().is_none());
    assert!(host.roles().unwrap().is_empty() && host.services().unwrap().is_empty());
}

#[test]
fn ansibles_connection_variables_say_how_a_host_is_reached() {
    let estate = ansible(&[
        ("ansible_host", "10.0.0.1"),
        ("ansible_port", "2200"),
        ("ansible_user", "deploy"),
        ("ansible_connection", "local"),
        ("ansible_become", "yes"),
        ("ansible_become_user", "tomcat"),
        ("ansible_ssh_private_key_file", "/k"),
        ("ansible_ssh_common_args", "-o 'ProxyJump=bastion.lon' -oStrictHostKeyChecking=no"),
        ("port", "no port at all"),
        ("site", "lon"),
        ("roles", "web"),
    ]);
    let host = estate.host("h1").unwrap();
    assert_eq!((host.address().unwrap(), host.port().unwrap()), ("10.0.0.1", Some(2200)));
    assert_eq!((host.user().unwrap(), host.transport().unwrap()), (Some("deploy"), TransportKind::Local));
    assert_eq!(host.becomes().unwrap().unwrap().user, "tomcat");
    let ssh = host.ssh().unwrap();
    assert_eq!((ssh.key_file.as_deref(), ssh.jump.as_deref()), (Some(Path::new("/k")), Some("bastion.lon")));
    assert_eq!(ssh.options, [("StrictHostKeyChecking".to_owned(), "no".to_owned())]);
    assert_eq!((host.site().unwrap(), host.roles().unwrap()), (Some("lon"), vec!["web"]));
}

#[test]
fn what_is_no_such_thing_is_told_with_its_place_when_asked() {
    let estate = ansible(&[
        ("ansible_host", "10.0.0.1:22"),
        ("ansible_port", "70000"),
        ("ansible_user", "{{ who }}"),
        ("ansible_ssh_common_args", "-F /etc/x"),
        ("contacts", "me"),
    ]);
    let host = estate.host("h1").unwrap();
    for (error, words) in [
        (host.address().unwrap_err(), "hosts.ini: \"10.0.0.1:22\" is no address"),
        (host.port().unwrap_err(), "from 1 to 65535"),
        (host.ssh().unwrap_err(), "\"-F\" is not understood"),
        (host.contacts().unwrap_err(), "contacts is a list of tables"),
    ] {
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().contains(words), "{error}");
        assert_eq!(error.note(), Some("host \"h1\""));
    }
    assert_eq!(host.user().unwrap_err().kind(), ErrorKind::Unsupported);
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
