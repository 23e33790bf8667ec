//! What can be wrong with TLS has four names.

use super::ldap;
use crate::support::{Home, good, refused, text};
use purlin_testkit::{Slapd, SlapdSettings, TestCa};

#[test]
fn each_fault_has_its_own_code() {
    let (ca, other) = (TestCa::new().unwrap(), TestCa::new().unwrap());
    let good_leaf = ca.leaf().name("localhost").address([127, 0, 0, 1]).issue().unwrap();
    let expired = ca.leaf().name("localhost").expired().issue().unwrap();
    let wrong = ca.leaf().name("elsewhere.example.org").issue().unwrap();
    let home = Home::new();
    for (leaf, trusted, code) in
        [(&expired, &ca, "expired"), (&wrong, &ca, "wrong-name"), (&good_leaf, &other, "unknown-issuer")]
    {
        let Some(slapd) = SlapdSettings::new().tls(leaf.path(), leaf.key_path()).start().unwrap() else {
            return;
        };
        let (tls, clear) = (slapd.ldaps().unwrap().port(), slapd.ldap().port());
        for url in [format!("ldaps://localhost:{tls}"), format!("ldap+starttls://localhost:{clear}")] {
            let words =
                ["user", "u000001", "--url", &url, "--base", Slapd::BASE, "--ca-only", text(trusted.path())];
            refused(&ldap(&home, &words), 3, &[&format!("error[{code}]")]);
        }
    }
    let words = ["user", "u000001", "--url", "ldaps://localhost:1", "--ca", "none.pem"];
    refused(&ldap(&home, &words), 2, &["error[ca-unreadable]", "none.pem"]);
    home.write("up/here/nonsense.pem", "nonsense");
    let words = ["user", "u000001", "--url", "ldaps://localhost:1", "--ca-only", "nonsense.pem"];
    refused(&ldap(&home, &words), 2, &["error[ca-unreadable]", "nonsense.pem"]);
}

#[test]
fn a_private_authority_and_start_tls_carry_passwords() {
    let ca = TestCa::new().unwrap();
    let leaf = ca.leaf().name("localhost").issue().unwrap();
    let Some(slapd) = SlapdSettings::new().tls(leaf.path(), leaf.key_path()).start().unwrap() else { return };
    let home = Home::new();
    for url in [
        format!("ldaps://localhost:{}", slapd.ldaps().unwrap().port()),
        format!("ldap+starttls://localhost:{}", slapd.ldap().port()),
    ] {
        let words = ["--url", &url, "--ca", text(ca.path()), "--user-password-file", "-"];
        let binary = ldap(&home, &["authenticate", "u000001"]).args(words).stdin("pw-u000001");
        assert_eq!(good(&binary).stdout, "u000001: accepted\n");
    }
    // By the socket, as who runs this.
    let words = ["search", "(uid=u000001)", "userPassword", "--external", "--url", &slapd.ldapi()];
    assert!(good(&ldap(&home, &words)).stdout.contains("pw-u000001"));
}
