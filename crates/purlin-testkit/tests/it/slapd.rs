use crate::gone::eventually;
use purlin_testkit::{Slapd, SlapdSettings};
use std::process::{Command, Output};

fn ask(program: &str, server: &Slapd, args: &[&str]) -> Output {
    let url = format!("ldap://{}", server.ldap());
    Command::new(program).args(["-x", "-H", &url, "-o", "nettimeout=10"]).args(args).output().unwrap()
}

/// What a base search for one attribute finds.
fn value(server: &Slapd, dn: &str, attribute: &str) -> Option<String> {
    let found = ask("ldapsearch", server, &["-LLL", "-b", dn, "-s", "base", attribute]);
    let text = String::from_utf8(found.stdout).unwrap();
    text.lines().find_map(|line| Some(line.strip_prefix(attribute)?.strip_prefix(": ")?.to_owned()))
}

fn change(server: &Slapd, dn: &str, description: &str) {
    let file = server.server().dir().join("change.ldif");
    let text = format!("dn: {dn}\nchangetype: modify\nreplace: description\ndescription: {description}\n");
    std::fs::write(&file, text).unwrap();
    let ended = ask("ldapmodify", server, &["-D", Slapd::ADMIN, "-w", "admin", "-f", file.to_str().unwrap()]);
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn what_was_written_survives_a_kill() {
    let Some(mut server) = SlapdSettings::new().users(20).start().unwrap() else { return };
    let dn = format!("uid=u000020,ou=people,{}", Slapd::BASE);
    assert_eq!(value(&server, &dn, "uidNumber").as_deref(), Some("100020"));
    change(&server, &dn, "written");
    server.server_mut().kill().unwrap();
    assert_eq!(value(&server, &dn, "uidNumber"), None);
    server.server_mut().restart().unwrap();
    assert_eq!(value(&server, &dn, "description").as_deref(), Some("written"));
    let folder = server.server().dir().to_owned();
    drop(server);
    assert!(!folder.exists());
}

#[test]
fn mirrors_copy_each_other_also_after_one_was_killed() {
    let Some(mut one) = SlapdSettings::new().users(20).id(1).start().unwrap() else { return };
    let Some(mut other) = SlapdSettings::new().users(20).id(2).start().unwrap() else { return };
    one.copy(&other).unwrap();
    other.copy(&one).unwrap();
    let dn = format!("uid=u000001,ou=people,{}", Slapd::BASE);
    let seen = |server: &Slapd, text: &str| value(server, &dn, "description").as_deref() == Some(text);
    change(&other, &dn, "first");
    eventually("it is copied", || seen(&one, "first"));
    one.server_mut().kill().unwrap();
    change(&other, &dn, "second");
    one.server_mut().restart().unwrap();
    eventually("what was missed is made up for", || seen(&one, "second"));
    change(&one, &dn, "third");
    eventually("it is copied the other way", || seen(&other, "third"));
}
