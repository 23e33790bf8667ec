//! What is typed wrong.

use super::ldap;
use crate::support::{Home, refused};
use purlin_testkit::Canary;

#[test]
fn what_cannot_be_meant_is_2_and_says_what_to_write() {
    let home = Home::new();
    let url = "ldap://127.0.0.1:1";
    let cases: [(&[&str], &[&str]); 11] = [
        (&["user", "ada"], &["which directory?", "--url ldaps://HOST"]),
        (&["user", "ada", "--url", "ldaps://"], &["URL: ", "help: write ldaps://HOST"]),
        (&["user", "ada", "--url", "http://a"], &["URL: ", "help:"]),
        (&["user", "ada", "--url", url, "--base", "nonsense"], &["--base: ", "at character", "help:"]),
        (&["user", "ada", "--url", url, "--profile", "rfc2307bsi"], &["did you mean rfc2307bis?", "help:"]),
        (&["user", "ada", "--url", url, "--profile", "./none.toml"], &["none.toml: error[not-found]"]),
        (&["user", "ada", "--url", url, "--password-env", "A"], &["nobody to log in as", "--bind-dn"]),
        (&["user", "ada", "--url", url, "--bind-dn", "cn=a"], &["needs a password", "--password-env"]),
        (&["user", "ada", "--url", url, "--bind-dn", "cn=a", "--external"], &["cannot be used with"]),
        (&["user", "ada", "--url", url, "--timeout", "5"], &["write 5s"]),
        (&["authenticate", "ada", "--url", url], &["nobody can be asked", "--user-password-file"]),
    ];
    for (words, told) in cases {
        refused(&ldap(&home, words), 2, told);
    }
    let both = ["authenticate", "a", "--url", url, "--bind-dn", "cn=a", "--password-file", "-"];
    refused(&ldap(&home, &both).args(["--user-password-file", "-"]), 2, &["one password, not two"]);
    let unset = ["user", "a", "--url", "ldaps://a", "--bind-dn", "cn=a", "--password-env", "NOBODY"];
    refused(&ldap(&home, &unset), 2, &["secret.resolve", "env NOBODY"]);
}

#[test]
fn a_password_in_a_url_is_refused_and_not_repeated() {
    let (home, canary) = (Home::new(), Canary::new());
    let url = format!("ldaps://cn=reader:{}@ldap1.lon", canary.expose());
    for words in [&["user", "ada", "--url", &url][..], &["user", "ada", &url]] {
        canary.assert_absent(refused(&ldap(&home, words), 2, &["credentials do not belong"]).stderr);
    }
    home.fleet_toml(&format!("[connection.directory]\nurl = '''{url}'''"));
    let told = ["fleet.toml:2:7: error[bad-value]", "credentials do not belong"];
    canary.assert_absent(refused(&ldap(&home, &["user", "ada"]), 2, &told).stderr);
}
