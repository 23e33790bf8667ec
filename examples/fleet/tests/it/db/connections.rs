//! `[connection.NAME]`, and passwords where they must not stand.

use super::{db, sqlite, value};
use crate::support::{Home, good, refused, text};
use purlin_testkit::Canary;
use serde_json::json;

#[test]
fn a_name_stands_for_a_url() {
    let home = Home::new();
    sqlite(&home, "create table t (i integer); insert into t values (7)");
    std::fs::copy(home.work().join("s.db"), home.path("up/lab.db")).unwrap();
    let lab = "[context.lab.connection.map]\nurl = 'sqlite:lab.db'";
    home.write("up/fleet.toml", &format!("[connection.map]\nurl = 'sqlite:here/s.db'\n{lab}"));
    // The path is relative to the file that names it.
    assert_eq!(value(&home, "@map", "select i from t"), 7);
    let url = home.setting("connection.map.url", "--context lab", &[]).0;
    assert_eq!(url, format!("sqlite:{}", text(&home.path("up/lab.db"))));
    let wanted = ["did you mean \"@map\"?", "known connections: map"];
    refused(&db(&home, "query", "@mpa", &["select 1"]), 2, &wanted);
    let none = db(&home, "ping", "@map", &["--config", "/dev/null"]);
    refused(&none, 2, &["there is no connection \"map\"", "[connection.map]"]);
}

#[test]
fn config_show_tells_each_value_with_its_origin_and_no_secret() {
    let (home, canary) = (Home::new(), Canary::new());
    home.fleet_toml(
        "[connection.map]\nurl = 'postgres://app@db1.lon,db2.lds/map?role=primary'\npassword = { env = 'MAP' }\n\
         tls.ca = ['ca.pem']\n[context.prod.connection.map]\nuser = 'ops'\npassword = { command = ['pass', 'x'] }",
    );
    let environment = [("MAP", canary.expose())];
    let said = |key: &str, words: &str| home.setting(&format!("connection.map.{key}"), words, &environment);
    let url = json!("postgres://app@db1.lon,db2.lds/map?role=primary");
    assert_eq!(said("url", ""), (url, "fleet.toml:2:7".to_owned()));
    assert_eq!(said("password", ""), (json!("env MAP"), "fleet.toml:3:12".to_owned()));
    assert_eq!(said("tls.ca", ""), (json!([home.work().join("ca.pem")]), "fleet.toml:4:10".to_owned()));
    assert_eq!(said("user", "--context prod"), (json!("ops"), "fleet.toml:6:8".to_owned()));
    assert_eq!(said("password", "--context prod").0, json!("command pass …"));
    let shown = good(&home.fleet("config show").env("MAP", canary.expose()));
    canary.assert_absent(shown.stdout);
}

#[test]
fn a_bad_connection_is_told_with_its_place() {
    let home = Home::new();
    for (file, told) in [
        ("[connection.map]\nuser = 'a'", "fleet.toml:2:1: error[missing-key]: connection.map has no url"),
        ("[context.x.connection.map]\nuser = 'a'", "fleet.toml:2:1: error[missing-key]"),
        ("[connection.map]\nurl = 'db1.lon'", "fleet.toml:2:7: error[bad-value]: connection.map.url: "),
        ("[connection.map]\nurl = 'sqlite:a'\nuesr = 'a'", "fleet.toml:3:1: error[unknown-key]"),
        ("[connection.map]\nurl = 'sqlite:a'\npassword = 'a'", "fleet.toml:3:12: error[wrong-type]"),
        (
            "[connection.map]\nurl = 'sqlite:a'\ntls.client_key = { env = 'K' }",
            "fleet.toml:3:18: error[missing-key]",
        ),
        ("connection = 'map'", "fleet.toml:1:14: error[wrong-type]"),
    ] {
        home.fleet_toml(file);
        refused(&home.fleet("config show"), 2, &[told]);
    }
}

#[test]
fn a_password_in_a_url_is_refused_and_never_repeated() {
    let (home, canary) = (Home::new(), Canary::new());
    let secret = canary.expose();
    for url in [
        format!("postgres://app:{secret}@db1.lon/map"),
        format!("mysql://app:{secret}@db1.lon"),
        format!("postgres://app@db1.lon/map?password={secret}"),
    ] {
        for verb in ["ping", "role", "cluster"] {
            let output =
                refused(&db(&home, verb, &url, &[]), 2, &["--password-env NAME", "--password-file PATH"]);
            canary.assert_absent(output.stderr);
        }
        for verb in ["query", "exec"] {
            for words in
                [&["select 1", "-vv"][..], &["select 1", "--log-format", "json"], &["select 1", "--nonsense"]]
            {
                canary.assert_absent(refused(&db(&home, verb, &url, words), 2, &[]).stderr);
            }
        }
        // As a word that clap does not know.
        canary.assert_absent(refused(&home.fleet("db").arg(&url), 2, &[]).stderr);
        home.fleet_toml(&format!("[connection.map]\nurl = {url:?}"));
        let output = refused(&home.fleet("config show"), 2, &["fleet.toml:2:7:", "password = { env ="]);
        canary.assert_absent(output.stderr);
        home.fleet_toml("");
    }
}
