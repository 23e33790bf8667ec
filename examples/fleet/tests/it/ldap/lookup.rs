//! Looking up by name.

use super::{at, document, ldap, slapd, url};
use crate::support::{Home, good, refused};
use purlin_testkit::Slapd;

#[test]
fn people_groups_hosts_and_netgroups_are_found() {
    let Some(slapd) = slapd() else { return };
    let home = Home::new();
    let ask =
        |kind: &str, name: &str| document(&home, at(&home, &slapd, &[kind, name]), &format!("ldap-{kind}"));
    let user = ask("user", "u000001");
    assert_eq!((&user["name"], &user["number"]), (&"u000001".into(), &100_001.into()), "{user}");
    assert_eq!(user["dn"], format!("uid=u000001,ou=people,{}", Slapd::BASE));
    assert_eq!(user["mail"][0], "u000001@example.org");
    assert_eq!(user["home"], "/home/u000001");
    let group = ask("group", "flat-0001");
    assert_eq!((&group["number"], &group["description"]), (&200_001.into(), &"group flat-0001".into()));
    let host = ask("host", "host00003");
    assert_eq!(host["name"], "host00003.example.org");
    assert_eq!(host["addresses"], serde_json::json!(["10.0.0.3", "fd00::4"]));
    assert_eq!((&host["macs"][0], &host["location"]), (&"02:00:00:00:00:03".into(), &"dc1".into()));
    let netgroup = ask("netgroup", "ng-001");
    assert_eq!(netgroup["members"], serde_json::json!(["ng-000"]));
    assert_eq!(netgroup["triples"].as_array().unwrap().len(), 5);
    assert_eq!(netgroup["triples"][0]["user"], "-");
    for (kind, name, told) in [
        ("user", "u000001", "/home/u000001"),
        ("group", "flat-0001", "200001"),
        ("host", "host00003", "fd00::4"),
    ] {
        assert!(good(&at(&home, &slapd, &[kind, name])).stdout.contains(told), "{kind}");
    }
    assert!(good(&at(&home, &slapd, &["netgroup", "ng-001"])).stdout.contains("HOST"));
}

#[test]
fn who_is_not_there_is_exit_code_1() {
    let Some(slapd) = slapd() else { return };
    let home = Home::new();
    for kind in ["user", "group", "host", "netgroup"] {
        let told = format!("error[not-found]: ldap.look_up: there is no {kind} \"nobody\"");
        refused(&at(&home, &slapd, &[kind, "nobody"]), 1, &[&told]);
        refused(&at(&home, &slapd, &[kind, "nobody", "--json"]), 1, &["not-found"]);
    }
    refused(&at(&home, &slapd, &["groups-of", "nobody"]), 1, &["there is no user"]);
    refused(&at(&home, &slapd, &["members-of", "nobody"]), 1, &["there is no group"]);
    // What a user types is a name and no question.
    refused(&at(&home, &slapd, &["user", "*"]), 1, &["there is no user \"*\""]);
    refused(&at(&home, &slapd, &["user", "u000001)(uid=*"]), 1, &["not-found"]);
}

#[test]
fn the_directory_may_have_a_name_and_say_its_own_base() {
    let Some(slapd) = slapd() else { return };
    let home = Home::new();
    home.write("reader", "reader\n");
    let (url, reader) = (url(&slapd), Slapd::READER);
    let toml = format!(
        "[connection.directory]\nurl = '{url}/{}'\nuser = '{reader}'\npassword = {{ file = '../../reader' }}\n\
         danger_password_in_clear = true\nprofile = 'rfc2307bis'\n[connection.db]\nurl = 'sqlite:a.db'",
        Slapd::BASE
    );
    home.fleet_toml(&toml);
    for words in
        [&["user", "u000001"][..], &["user", "u000001", "@directory"], &["user", "@directory", "u000001"]]
    {
        assert_eq!(document(&home, ldap(&home, words), "ldap-user")["name"], "u000001", "{words:?}");
    }
    good(&ldap(&home, &["user", "u000001", "--url", "@directory"]));
    // Anonymous, and asked for the base.
    good(&ldap(&home, &["user", "u000001", &url]));
    let shown = good(&home.fleet("config show")).stdout;
    assert!(shown.contains("connection.directory.profile") && !shown.contains("reader\n"), "{shown}");
    refused(
        &ldap(&home, &["user", "u000001", "@db"]),
        2,
        &["is a database, not a directory", "help: ask it with `db`"],
    );
    refused(&home.fleet("db ping @directory"), 2, &["is a directory, not a database"]);
    refused(&ldap(&home, &["user", "u000001", "@directroy"]), 2, &["did you mean \"@directory\"?"]);
}

#[test]
fn a_profile_may_come_from_a_file() {
    let Some(slapd) = slapd() else { return };
    let home = Home::new();
    home.write(
        "up/here/odd.toml",
        &format!(
            "profile = 'rfc2307'\nbase = '{}'\n[people]\nbase = 'ou=odd,{0}'\nfilter = '(objectClass=inetOrgPerson)'",
            Slapd::BASE
        ),
    );
    let binary = ldap(&home, &["user", "odd00", "--url", &url(&slapd), "--profile", "./odd.toml"]);
    assert!(document(&home, binary, "ldap-user")["dn"].as_str().unwrap().contains("John"));
    home.write("up/here/odd.toml", "base = 'dc=x'\n[poeple]\n");
    let binary = ldap(&home, &["user", "odd00", "--url", &url(&slapd), "--profile", "odd.toml"]);
    refused(
        &binary,
        2,
        &["odd.toml:2:2: error[profile]: unknown field `poeple`", "did you mean \"people\"?"],
    );
}
