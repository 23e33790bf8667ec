//! Help, completions, manual and README say what is there.

use crate::support::{Home, good, json};
use clap_complete::Shell;
use std::fs;

/// Every command, as its words.
const COMMANDS: [&str; 82] = [
    "",
    "check",
    "check status",
    "check explain",
    "check ack",
    "check downtime",
    "check downtime add",
    "check downtime list",
    "check downtime end",
    "check report",
    "check plugin",
    "check plugin http",
    "check plugin tcp",
    "check plugin tls",
    "check plugin dns",
    "check plugin dns-serial",
    "check plugin icmp",
    "check plugin ntp",
    "check plugin disk",
    "check plugin mount",
    "check plugin procs",
    "check plugin load",
    "check plugin file-age",
    "check plugin systemd",
    "check plugin db",
    "check plugin exec",
    "tls",
    "inventory",
    "inventory list",
    "inventory hosts",
    "inventory explain",
    "inventory lint",
    "inventory nodes",
    "inventory nodes fold",
    "inventory nodes expand",
    "inventory nodes count",
    "inventory nodes union",
    "inventory nodes intersection",
    "inventory nodes difference",
    "inventory nodes xor",
    "inventory nodes split",
    "inventory export",
    "run",
    "facts",
    "copy",
    "deploy",
    "deploy plan",
    "deploy apply",
    "deploy status",
    "deploy resume",
    "deploy pause",
    "deploy abort",
    "deploy promote",
    "deploy rollback",
    "deploy skip",
    "deploy retry",
    "deploy unlock",
    "deploy report",
    "deploy stats",
    "db",
    "db ping",
    "db query",
    "db exec",
    "db role",
    "db cluster",
    "db listener",
    "ldap",
    "ldap user",
    "ldap group",
    "ldap host",
    "ldap netgroup",
    "ldap groups-of",
    "ldap members-of",
    "ldap authenticate",
    "ldap search",
    "ldap check",
    "config",
    "config show",
    "schema",
    "completions",
    "man",
    "version",
];

const README: &str = include_str!("../../README.md");

#[test]
fn every_help_has_an_example_and_no_command_is_forgotten() {
    let home = Home::new();
    for command in COMMANDS {
        let help = good(&home.fleet(&format!("{command} --help"))).stdout;
        assert!(help.contains("Examples:\n  fleet "), "{command}: {help}");
        let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
        for line in listed.take_while(|line| line.starts_with("  ")) {
            let Some(name) = line.split_whitespace().next().filter(|_| !line.starts_with("   ")) else {
                continue;
            };
            let listed = format!("{command} {name}");
            assert!(name == "help" || COMMANDS.contains(&listed.trim()), "{listed} is not in this test");
        }
    }
}

#[test]
fn every_shell_gets_its_completions() {
    let home = Home::new();
    for shell in <Shell as clap::ValueEnum>::value_variants() {
        let script = good(&home.fleet(&format!("completions {shell}"))).stdout;
        assert!(script.contains("fleet") && script.contains("ca-only"), "{shell}");
    }
    if purlin_testkit::require_program("bash").is_some() {
        good(&home.shell("\"$FLEET\" completions bash > it && bash -n it"));
        let complete =
            ". ./it; COMP_WORDS=(fleet v); COMP_CWORD=1; _fleet fleet v fleet; echo ${COMPREPLY[@]}";
        let completed =
            good(&purlin_testkit::Binary::new("bash").args(["-c", complete]).current_dir(home.work()));
        assert_eq!(completed.stdout, "version\n");
    }
}

#[test]
fn the_manual_has_a_page_a_command() {
    let home = Home::new();
    let written = json(&good(&home.fleet("man deep/pages --json")));
    for command in COMMANDS {
        let name = format!("fleet {command}").trim().replace(' ', "-");
        let file = format!("deep/pages/{name}.1");
        assert!(written["files"].as_array().unwrap().contains(&file.clone().into()), "{written}");
        let page = fs::read_to_string(home.work().join(file)).unwrap();
        assert!(page.contains(&format!(".TH {name} 1")) && page.contains("Examples:"), "{page}");
    }
    assert_eq!(written["files"].as_array().unwrap().len(), COMMANDS.len());
    good(&home.fleet("man deep/pages"));
}

#[test]
fn the_readme_names_every_command_setting_and_variable() {
    let home = Home::new();
    for command in COMMANDS {
        assert!(README.contains(&format!("fleet {command}")), "fleet {command}");
    }
    let settings = json(&good(&home.fleet("config show --json")));
    for setting in settings["values"].as_array().unwrap() {
        let key = setting["key"].as_str().unwrap();
        let row = README.lines().find(|line| line.starts_with(&format!("| `{key}`")));
        let variable = format!("`FLEET_{}`", key.to_uppercase().replace('.', "_"));
        let row = row.unwrap_or_else(|| panic!("{key} has no row"));
        assert!(key == "protected" || row.contains(&variable), "{row}");
    }
}
