//! Names and values of any letters, through a real server and its own tools.

use crate::server::{cx, opened};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use purlin_ldap::{Directory, Dn, Filter, Search};
use purlin_testkit::{Slapd, SlapdSettings, count};
use std::fmt::Write;
use std::process::Command;

const LETTERS: [char; 24] = [
    'a', 'B', ' ', ' ', ',', '+', '"', '\\', '<', '>', ';', '=', '#', '*', '(', ')', '/', '&', '|', '!', 'é',
    '日', '\u{7f}', ':',
];

/// Names of letters that mean something somewhere, the same in each run; no two alike.
fn names(count: usize) -> Vec<String> {
    let mut state = 42_u64;
    let mut next = move || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as usize
    };
    let name = |number: usize, next: &mut dyn FnMut() -> usize| {
        let length = 1 + next() % 12;
        let letters: String = (0..length).map(|_| LETTERS[next() % LETTERS.len()]).collect();
        format!("{letters}{number}")
    };
    (0..count).map(|number| name(number, &mut next)).collect()
}

/// Adds an entry for each, by OpenLDAP's own client.
fn add(slapd: &Slapd, base: &Dn, names: &[String]) {
    let mut text = String::new();
    for name in names {
        let dn = STANDARD.encode(base.child("cn", name).unwrap().as_str());
        let value = STANDARD.encode(name);
        writeln!(text, "dn:: {dn}\nobjectClass: inetOrgPerson\ncn:: {value}\nsn: x\n").unwrap();
    }
    let file = slapd.server().dir().join("names.ldif");
    std::fs::write(&file, text).unwrap();
    let url = format!("ldap://{}", slapd.ldap());
    let args = ["-x", "-H", &url, "-D", Slapd::ADMIN, "-w", "admin", "-f", file.to_str().unwrap()];
    let ended = Command::new("ldapadd").args(args).output().unwrap();
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[tokio::test]
async fn what_is_written_here_is_what_a_server_reads() {
    let Some(slapd) = SlapdSettings::new().start().unwrap() else { return };
    if purlin_testkit::require_program("ldapadd").is_none() {
        return;
    }
    let base: Dn = format!("ou=odd,{}", Slapd::BASE).parse().unwrap();
    let names = names(count(60, 2000));
    add(&slapd, &base, &names);
    let directory = opened([slapd.ldap()]).await;
    for name in &names {
        let dn = base.child("cn", name).unwrap();
        let search = Search::entry(dn.clone());
        let by_name = directory.search(&cx(), &search).await.unwrap().all().await.unwrap();
        // The server writes it in its own way, and it is the same name.
        assert_eq!(by_name[0].dn(), &dn, "{name:?}");
        let search = Search::new(base.clone(), Filter::equal("cn", name).unwrap());
        let by_value = directory.search(&cx(), &search).await.unwrap().all().await.unwrap();
        assert_eq!(by_value.iter().map(|entry| entry.dn().clone()).collect::<Vec<_>>(), [dn], "{name:?}");
    }
}
