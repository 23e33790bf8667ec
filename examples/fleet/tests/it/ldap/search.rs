//! Questions of one's own.

use super::{at, lines, slapd};
use crate::schema::{faults, schema};
use crate::support::{Home, good, refused};
use purlin_testkit::Slapd;

#[test]
fn each_entry_is_a_line_with_the_attributes_that_were_asked_for() {
    let Some(slapd) = slapd() else { return };
    let home = Home::new();
    let found = lines(&good(&at(&home, &slapd, &["search", "(uid=u00000*)", "uid", "MAIL"])).stdout);
    assert_eq!(found.len(), 9);
    let schema = schema(&home, "ldap-entry");
    for line in &found {
        assert_eq!(faults(&schema, &schema, line, "ldap-entry"), Vec::<String>::new());
        let attributes = line["attributes"].as_object().unwrap();
        assert_eq!(attributes.len(), 2, "{line}");
        assert_eq!(
            line["dn"],
            format!("uid={},ou=people,{}", attributes["uid"][0].as_str().unwrap(), Slapd::BASE)
        );
    }
    // The same with --json, and brackets may be left out.
    let same = good(&at(&home, &slapd, &["search", "uid=u00000*", "uid", "MAIL", "--json"])).stdout;
    assert_eq!(lines(&same), found);
    assert_eq!(good(&at(&home, &slapd, &["search", "(uid=none)"])).stdout, "");
    let one = good(&at(&home, &slapd, &["search", "(objectClass=*)", "ou", "--scope", "one"])).stdout;
    assert_eq!(lines(&one).len(), 8);
}

#[test]
fn an_answer_that_was_cut_says_so_and_is_exit_code_1() {
    let Some(slapd) = purlin_testkit::SlapdSettings::new().users(700).start().unwrap() else { return };
    let home = Home::new();
    for (words, got) in [(&["--limit", "3"][..], 3), (&[][..], 500)] {
        let words = [&["search", "(uid=u*)", "uid"], words].concat();
        let output = at(&home, &slapd, &words).run().unwrap();
        assert_eq!(output.code(), Some(1), "{output:?}");
        assert!(output.stderr.contains("error[truncated]"), "{output:?}");
        let found = lines(&output.stdout);
        assert_eq!(found.last().unwrap(), &serde_json::json!({"truncated": true, "got": got}));
        assert_eq!(found.len(), got + 1);
    }
    let all = ["search", "(uid=u*)", "uid", "--bind-dn", Slapd::SYNC, "--password-env", "SYNC"];
    let binary = at(&home, &slapd, &all).arg("--danger-password-in-clear").env("SYNC", "sync");
    assert_eq!(lines(&good(&binary).stdout).len(), 700);
}

#[test]
fn bytes_are_base64_and_secrets_are_shown_to_whoever_names_them() {
    let Some(slapd) = slapd() else { return };
    let home = Home::new();
    let found = lines(&good(&at(&home, &slapd, &["search", "(cn=binary)"])).stdout);
    let mut photos = found[0]["attributes"]["jpegPhoto"].as_array().unwrap().clone();
    photos.sort_by_key(ToString::to_string);
    assert_eq!(
        photos,
        [serde_json::json!("plain-ascii-photo"), serde_json::json!({"base64": "/9j/AAFhc2NpaQ=="})]
    );
    let admin = |words: &[&str]| {
        let words =
            [&["search", "(uid=u000001)", "--bind-dn", Slapd::ADMIN, "--password-env", "P"], words].concat();
        let binary = at(&home, &slapd, &words).arg("--danger-password-in-clear").env("P", "admin");
        lines(&good(&binary).stdout).remove(0)["attributes"]["userPassword"][0].clone()
    };
    assert_eq!(admin(&[]), serde_json::json!({"withheld": true}));
    assert_eq!(admin(&["userPassword"]), "pw-u000001");
}

#[test]
fn what_is_no_filter_says_where() {
    let Some(slapd) = slapd() else { return };
    let home = Home::new();
    refused(&at(&home, &slapd, &["search", "(uid=a"]), 2, &["FILTER: ", "character", "help: write it as"]);
    refused(&at(&home, &slapd, &["search", "(uid=a)", "no name"]), 2, &["ATTR: \"no name\"", "help:"]);
    let elsewhere = ["search", "(uid=a)", "--base", "dc=elsewhere"];
    let url = super::url(&slapd);
    refused(&super::ldap(&home, &elsewhere).args(["--url", &url]), 1, &["error[not-found]", "noSuchObject"]);
}
