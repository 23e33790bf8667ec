//! The guide's commands, run as they stand there.

use crate::support::{Home, good};

/// It stands in the repository that fleet comes from; take this module out of a copy.
fn guide() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/databases.md")).unwrap()
}

#[test]
fn every_command_of_the_guide_does_what_it_says() {
    let home = Home::new();
    let guide = guide();
    let commands: Vec<_> = guide.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    assert!(commands.len() > 7);
    for command in commands {
        good(&home.shell(&format!("fleet() {{ \"$FLEET\" \"$@\"; }}; {command}")));
    }
    let rows = std::fs::read_to_string(home.work().join("host.csv")).unwrap();
    assert_eq!(rows, "name,site\r\nweb01,lon\r\nweb02,\r\n");
}

#[test]
fn the_configuration_of_the_guide_is_good() {
    let home = Home::new();
    let guide = guide();
    let toml = guide.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    home.fleet_toml(toml);
    let url = |words: &str| home.setting("connection.map.url", words, &[]).0;
    assert_eq!(url(""), "postgres://app@db1.lon,db2.lds/map?role=primary");
    assert!(url("--context lab").as_str().unwrap().ends_with("lab.db"));
    assert_eq!(home.setting("protected", "--context prod", &[]).0, true);
}
