//! How a password comes to a server.

use super::db;
use crate::support::{Home, Terminal, good, refused, text};
use purlin_testkit::{Canary, Postgres, PostgresSettings};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

pub(super) fn url(server: &Postgres) -> String {
    format!("postgres://{}@{}/{}?tls=off", server.user(), server.address(), server.database())
}

#[test]
fn each_form_of_a_password_lets_one_in_and_none_is_told() {
    let Some(server) = PostgresSettings::new().start().unwrap() else { return };
    let (home, url) = (Home::new(), url(&server));
    let canary = Canary::of(server.password().expose().clone());
    let secret = canary.expose();
    let file = home.write("secret", &format!("{secret}\n"));
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).unwrap();

    let ask = |words: &[&str]| db(&home, "query", &url, &[&["select 1", "--json", "-vv"], words].concat());
    for binary in [
        ask(&["--password-env", "MAP"]).env("MAP", secret),
        ask(&["--password-file", text(&file)]),
        ask(&["--password-file", "-"]).stdin(format!("{secret}\n")),
    ] {
        let output = binary.run().unwrap();
        assert_eq!(output.code(), Some(0), "{output:?}");
        canary.assert_absent(output.stderr);
    }

    let named =
        format!("[connection.map]\nurl = '{url}'\npassword = {{ command = ['cat', '{}'] }}", text(&file));
    home.fleet_toml(&named);
    good(&db(&home, "ping", "@map", &[]));
    // Several at once share what comes by standard input.
    good(&home.fleet("db ping @map").args([&url, "--password-file", "-"]).stdin(secret));

    // Denied: a server that was reached has said no.
    let denied = "error[login-denied]: db.login";
    refused(&ask(&["--password-env", "MAP"]).env("MAP", "wrong"), 1, &[denied]);
    refused(&ask(&["--no-password"]), 1, &[denied]);
    for verb in ["ping", "role", "cluster"] {
        let output = db(&home, verb, &url, &["--json"]).run().unwrap();
        assert_eq!(output.code(), Some(1), "{output:?}");
        assert_eq!(crate::support::json(&output)["nodes"][0]["error"]["code"], "login-denied");
        assert!(output.stderr.contains(denied), "{output:?}");
    }

    // What cannot be fetched is told before anything is asked.
    refused(&ask(&["--password-env", "NOBODY"]), 2, &["secret.resolve", "env NOBODY"]);
    refused(&ask(&["--password-file", "none"]), 2, &["secret.resolve", "file none"]);
    refused(&ask(&["--password-env", "A", "--password-file", "b"]), 2, &["cannot be used with"]);
}

#[test]
fn a_password_is_asked_for_on_a_terminal_and_not_shown() {
    let Some(server) = PostgresSettings::new().start().unwrap() else { return };
    let (home, url) = (Home::new(), url(&server));
    let canary = Canary::of(server.password().expose().clone());
    let command = format!("db query '{url}' 'select 40 + 2 as it'");
    let Some(mut terminal) = Terminal::start(&home, &command, &[]) else { return };
    terminal.answer("Password for postgres://", canary.expose());
    let output = terminal.wait();
    assert_eq!(output.code(), Some(0), "{output:?}");
    assert!(output.stdout.contains("42"), "{output:?}");
    canary.assert_absent(&output.stdout);

    // An interrupt leaves the terminal as it was: what is typed is shown again.
    std::fs::remove_file(home.path("keys")).unwrap();
    let script = format!("trap : INT; \"$FLEET\" {command}; echo left $?; stty -a");
    let mut terminal = Terminal::script(&home, &script, &[]).unwrap();
    terminal.press("Password for postgres://", "\u{3}");
    let output = terminal.wait();
    assert!(output.stdout.contains("left 130"), "{output:?}");
    assert!(output.stdout.contains(" echo ") && !output.stdout.contains(" -echo "), "{output:?}");
}
