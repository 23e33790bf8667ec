//! Whether a password is right.

use super::{at, document, ldap, slapd, url};
use crate::support::{Home, Terminal, json, refused, text};
use purlin_testkit::{Binary, Canary, ReservedPort, Slapd, SlapdSettings};

fn ask(home: &Home, slapd: &Slapd, user: &str, words: &[&str]) -> Binary {
    let words = [&["authenticate", user, "--danger-password-in-clear"], words].concat();
    at(home, slapd, &words)
}

#[test]
fn each_way_of_a_password_and_each_reason() {
    let Some(slapd) = SlapdSettings::new().accepts_empty_passwords().start().unwrap() else { return };
    let home = Home::new();
    let file = home.write("ada", "pw-u000001\n");
    for binary in [
        ask(&home, &slapd, "u000001", &["--user-password-env", "ADA"]).env("ADA", "pw-u000001"),
        ask(&home, &slapd, "u000001", &["--user-password-file", text(&file)]),
        ask(&home, &slapd, "u000001", &["--user-password-file", "-"]).stdin("pw-u000001"),
    ] {
        let document = document(&home, binary, "ldap-authenticate");
        assert_eq!((&document["accepted"], &document["reason"]), (&true.into(), &serde_json::Value::Null));
    }
    for (user, password, reason) in [
        ("u000001", "wrong", "bad_credentials"),
        ("nobody", "wrong", "bad_credentials"),
        ("locked", "pw-locked", "locked"),
        ("expired", "pw-expired", "expired"),
        ("reset", "pw-reset", "must_change"),
        // A server that takes an empty one for nobody says yes; it is not asked.
        ("u000001", "", "empty_password"),
        ("u000001", "a\0b", "empty_password"),
    ] {
        let binary = ask(&home, &slapd, user, &["--user-password-file", "-", "--json"]).stdin(password);
        let output = binary.run().unwrap();
        assert_eq!(output.code(), Some(1), "{user}: {output:?}");
        assert_eq!(json(&output)["reason"], reason, "{output:?}");
        assert!(output.stderr.contains(&format!("error[{reason}]")), "{output:?}");
    }
    let empty = home.write("empty", "\n");
    for binary in [
        ask(&home, &slapd, "u000001", &["--user-password-file", text(&empty), "--json"]),
        ask(&home, &slapd, "u000001", &["--user-password-env", "NONE", "--json"]).env("NONE", ""),
    ] {
        assert_eq!(json(&binary.run().unwrap())["reason"], "empty_password");
    }
}

#[test]
fn nobody_who_could_be_asked_is_exit_code_3_and_never_a_wrong_password() {
    let Some(slapd) = slapd() else { return };
    let home = Home::new();
    let free = ReservedPort::new().unwrap();
    let nobody = format!("ldap://{}", free.address());
    let words = ["authenticate", "u000001", "--danger-password-in-clear", "--user-password-file", "-"];
    let binary = ldap(&home, &words).args(["--url", &nobody, "--base", Slapd::BASE]).stdin("x");
    refused(&binary, 3, &["error[refused]"]);
    // Who asks is not let in: whether the user's password is right is not known.
    let reader = ["--bind-dn", Slapd::READER, "--password-env", "READER", "--user-password-file", "-"];
    let ask =
        |password: &str| ask(&home, &slapd, "u000001", &reader).env("READER", password).stdin("pw-u000001");
    refused(&ask("wrong"), 3, &["error[bind-refused]"]);
    assert_eq!(ask("reader").run().unwrap().code(), Some(0));
}

#[test]
fn a_password_in_clear_wants_to_be_asked_for_by_name() {
    let Some(slapd) = slapd() else { return };
    let home = Home::new();
    let told = ["in clear", "help: or say --danger-password-in-clear"];
    refused(
        &at(&home, &slapd, &["authenticate", "u000001", "--user-password-file", "-"]).stdin("x"),
        2,
        &told,
    );
    let words = ["user", "u000001", "--bind-dn", Slapd::READER, "--password-file", "-"];
    refused(&at(&home, &slapd, &words).stdin("reader"), 2, &told);
}

#[test]
fn passwords_are_asked_for_on_a_terminal_and_not_shown() {
    let Some(slapd) = slapd() else { return };
    let home = Home::new();
    let canary = Canary::of("pw-u000001");
    let base = Slapd::BASE;
    let words = format!(
        "ldap authenticate u000001 --danger-password-in-clear --url {} --base {base} --bind-dn {}",
        url(&slapd),
        Slapd::READER
    );
    let Some(mut terminal) = Terminal::start(&home, &words, &[]) else { return };
    terminal.answer(&format!("Password for {}: ", Slapd::READER), "reader");
    terminal.answer("Password of u000001: ", canary.expose());
    let output = terminal.wait();
    assert_eq!(output.code(), Some(0), "{output:?}");
    assert!(output.stdout.contains("u000001: accepted"), "{output:?}");
    canary.assert_absent(&output.stdout);
}

#[test]
fn a_secret_is_never_told() {
    let Some(slapd) = slapd() else { return };
    let (home, canary) = (Home::new(), Canary::new());
    let words = ["--user-password-env", "ADA", "--bind-dn", Slapd::READER, "--password-env", "READER", "-vv"];
    for (bind, code) in [("reader", 1), (canary.expose(), 3)] {
        let binary = ask(&home, &slapd, "u000001", &words).env("ADA", canary.expose()).env("READER", bind);
        let output = binary.run().unwrap();
        assert_eq!(output.code(), Some(code), "{output:?}");
        canary.assert_absent(&output.stdout);
        canary.assert_absent(&output.stderr);
    }
}
