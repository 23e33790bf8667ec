//! The sample estate that people copy.

use purlin_inventory::{Inventory, InventoryBuilder, native};

fn sample() -> Inventory {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/fleet/estate/estate.toml");
    let mut builder = InventoryBuilder::new();
    builder.merge(native::read_toml("estate.toml", &std::fs::read_to_string(path).unwrap()));
    let (estate, warnings) = builder.finish().unwrap_or_else(|error| {
        panic!(
            "{}",
            error.detail::<purlin_core::Diagnostics>().map_or_else(|| error.to_string(), ToString::to_string)
        )
    });
    assert!(warnings.is_empty(), "{warnings}");
    estate
}

#[test]
fn it_loads_without_a_warning_and_every_host_has_its_typed_parts() {
    let estate = sample();
    assert_eq!(estate.len(), 32);
    for host in estate.hosts() {
        assert!(host.site().unwrap().is_some() && !host.roles().unwrap().is_empty(), "{host:?}");
        assert!(!host.contacts().unwrap().is_empty() && host.owner().unwrap().is_some(), "{host:?}");
        host.services().unwrap();
        host.connection().unwrap();
    }
    assert_eq!(estate.host("db-map-primary").unwrap().name(), "db01.lon");
    assert_eq!(estate.host("app01.lab").unwrap().environment().unwrap(), Some("test"));
    assert_eq!(estate.group("map").unwrap().hosts().len(), 20);
}

#[test]
fn it_lints_clean() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/fleet/estate/estate.toml");
    let (estate, text) = (sample(), std::fs::read_to_string(path).unwrap());
    let found = purlin_inventory::Lint::new(&estate).text("estate.toml", text).run();
    assert!(found.is_empty(), "{found}");
}

#[test]
fn its_merge_rules_and_layers_mean_what_the_guide_says() {
    let estate = sample();
    let value = |host: &str, key: &str| estate.explain(host, key).unwrap().value.to_string();
    assert_eq!(value("app04.lon", "sysctl"), r#"{"vm":{"swappiness":5},"net":{"somaxconn":4096}}"#);
    assert_eq!(value("db01.lon", "watched_disks"), r#"["/","/var"]"#);
    assert_eq!(value("db01.lon", "mounts"), r#"["/","/var","/srv/mysql"]"#);
    assert_eq!(value("app01.leeds", "packages"), r#"["chrony","nagios-nrpe-server","tomcat","java-21"]"#);
    assert_eq!(value("app01.lab", "paging"), "false");
    assert_eq!(
        value("app01.lon", "database"),
        r#"{"url":"mysql://app@db01.lon,db01.leeds/map","password":"***"}"#
    );
    let app = estate.host("app01.lon").unwrap().service("app").unwrap();
    assert_eq!(app.url("/map/health"), "http://app01.lon:8080/map/health");
}
