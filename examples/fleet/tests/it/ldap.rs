//! `fleet ldap`, at a real OpenLDAP server.

mod authenticate;
mod check;
mod dead;
mod groups;
mod lookup;
mod search;
mod tls;
mod usage;

use crate::schema::{faults, schema};
use crate::support::{Home, good, json};
use purlin_testkit::{Binary, Slapd, SlapdSettings};
use serde_json::Value;

fn slapd() -> Option<Slapd> {
    SlapdSettings::new().start().unwrap()
}

/// `fleet ldap` with these words, each an argument of its own.
fn ldap(home: &Home, words: &[&str]) -> Binary {
    home.fleet("ldap").args(words.iter().copied())
}

/// The same at this server.
fn at(home: &Home, slapd: &Slapd, words: &[&str]) -> Binary {
    ldap(home, words).args(["--url", &url(slapd), "--base", Slapd::BASE])
}

fn url(slapd: &Slapd) -> String {
    format!("ldap://{}", slapd.ldap())
}

/// The document, which fits its schema.
#[track_caller]
fn document(home: &Home, binary: Binary, name: &str) -> Value {
    let document = json(&good(&binary.arg("--json")));
    let schema = schema(home, name);
    assert_eq!(faults(&schema, &schema, &document, name), Vec::<String>::new());
    document
}

/// The lines of standard output.
#[track_caller]
fn lines(stdout: &str) -> Vec<Value> {
    let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    stdout.lines().map(line).collect()
}
