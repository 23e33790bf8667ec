//! Each server by itself.

use super::{document, ldap, slapd, url};
use crate::support::{Home, json, refused, text};
use purlin_testkit::{ReservedPort, Slapd, SlapdSettings, TestCa};

#[test]
fn one_of_two_down_is_1_and_all_are_3() {
    let Some(slapd) = slapd() else { return };
    let home = Home::new();
    let free = ReservedPort::new().unwrap();
    let nobody = format!("ldap://{}", free.address());
    let good_one = document(&home, ldap(&home, &["check", "--url", &url(&slapd)]), "ldap-check");
    assert_eq!(good_one["all_answer"], true);
    let server = &good_one["servers"][0];
    assert_eq!((&server["answers"], &server["vendor"]), (&true.into(), &"OpenLDAP".into()), "{server}");
    assert!(
        server["phases_ms"]["connect"].is_number() && server["phases_ms"]["search"].is_number(),
        "{server}"
    );
    assert!(server["newest"]["001"].is_string(), "{server}");

    let both = ldap(&home, &["check", "--json", "--url", &nobody, "--url", &url(&slapd)]).run().unwrap();
    assert_eq!(both.code(), Some(1), "{both:?}");
    let told = json(&both);
    assert_eq!(
        (&told["all_answer"], &told["servers"][0]["error"]["code"]),
        (&false.into(), &"refused".into())
    );
    assert_eq!(told["servers"][1]["answers"], true);
    assert!(both.stderr.contains("error[refused]"), "{both:?}");

    let none = ldap(&home, &["check", "--url", &nobody, "--url", &nobody]).run().unwrap();
    assert_eq!(none.code(), Some(3), "{none:?}");
    assert!(none.stdout.contains("refused"), "{none:?}");
}

#[test]
fn certificates_and_the_known_entry_are_told() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("localhost").issue().unwrap();
    let Some(slapd) = SlapdSettings::new().tls(leaf.path(), leaf.key_path()).start().unwrap() else { return };
    let home = Home::new();
    let url = format!("ldaps://localhost:{}", slapd.ldaps().unwrap().port());
    let words = ["check", "--url", &url, "--ca-only", text(ca.path()), "--base", Slapd::BASE];
    let known = format!("uid=u000001,ou=people,{}", Slapd::BASE);
    let told = document(&home, ldap(&home, &words).args(["--known", &known]), "ldap-check");
    let tls = &told["servers"][0]["tls"];
    assert!(tls["version"].as_str().unwrap().starts_with("TLS 1."), "{tls}");
    assert_eq!(tls["leaf"]["names"][0], "localhost");
    assert!(
        tls["leaf"]["days_left"].as_i64().unwrap() >= 0 && tls["authority"]["days_left"].is_i64(),
        "{tls}"
    );
    let gone = format!("uid=gone,ou=people,{}", Slapd::BASE);
    let output = ldap(&home, &words).args(["--known", &gone, "--json"]).run().unwrap();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert_eq!(json(&output)["servers"][0]["error"]["code"], "not-found");
    refused(&ldap(&home, &words).args(["--known", "nonsense"]), 2, &["--known: ", "help:"]);
}
