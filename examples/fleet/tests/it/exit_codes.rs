//! What the exit codes say.

use crate::support::{Home, good, json_lines, refused};
use purlin_testkit::Canary;

#[test]
fn help_and_version_are_answers() {
    let home = Home::new();
    for words in ["--help", "-h", "help", "help tls", "tls --help", "--version", "version"] {
        assert!(good(&home.fleet(words)).stdout.contains("fleet"), "{words}");
    }
}

#[test]
fn wrong_usage_is_2_and_says_what_is_right() {
    let home = Home::new();
    let cases: [(&str, &[&str]); 13] = [
        ("", &["Usage:"]),
        ("config", &["Usage:"]),
        ("versoin", &["'versoin'", "'version'"]),
        ("version --jsno", &["'--jsno'", "'--json'"]),
        ("tls", &["<HOST:PORT>"]),
        ("tls a b", &["'b'"]),
        ("tls https://www.example.org/", &["leave scheme and path out", "help: write it as"]),
        ("tls www.example.org:0", &["from 1 to 65535", "help:"]),
        ("tls www.example.org --timeout 5", &["write 5s or 5ms"]),
        ("tls www.example.org --timeout 0s", &["leaves no time at all"]),
        ("version --color purple", &["'purple'", "auto, always, never"]),
        ("version -q -v", &["cannot be used with"]),
        ("schema conf", &["'config'"]),
    ];
    for (words, told) in cases {
        refused(&home.fleet(words), 2, told);
    }
}

#[test]
fn a_password_on_the_command_line_is_not_repeated() {
    let (home, canary) = (Home::new(), Canary::new());
    let secret = canary.expose();
    for (words, url, told) in [
        ("tls", format!("https://user:{secret}@host:443/"), "credentials do not belong here"),
        ("tls", format!("user:{secret}@host:443"), "\"host:443\""),
        ("", format!("https://user:{secret}@host:443/"), "…@host:443/"),
        ("tls a", format!("user:{secret}@host:443"), "…@host:443"),
        ("tls", format!("--url=https://user:{secret}@host"), "--url"),
    ] {
        for format in ["text", "json"] {
            let fleet = home.fleet(words).arg(&url).env("FLEET_LOG_FORMAT", format);
            canary.assert_absent(refused(&fleet, 2, &[]).stderr);
        }
        refused(&home.fleet(words).arg(&url).args(["--color", "always"]), 2, &[told]);
    }
}

#[test]
fn wrong_usage_is_a_json_line_where_log_lines_are() {
    let home = Home::new();
    let binaries = [
        home.fleet("--log-format json tsl"),
        home.fleet("tsl --log-format=json"),
        home.fleet("tsl").env("FLEET_LOG_FORMAT", "json"),
    ];
    for binary in binaries {
        let lines = json_lines(&refused(&binary, 2, &[]));
        assert_eq!(lines.len(), 1);
        assert_eq!((&lines[0]["level"], &lines[0]["code"]), (&"error".into(), &"usage".into()));
        assert!(lines[0]["message"].as_str().unwrap().starts_with("unrecognized subcommand 'tsl'"));
    }
}

#[test]
fn an_answer_that_cannot_be_written_is_3() {
    let home = Home::new();
    for words in ["version", "config show --json", "--help", "completions bash"] {
        let output = home.shell(&format!("exec \"$FLEET\" {words} > /dev/full")).run().unwrap();
        assert_eq!(output.code(), Some(3), "{words}: {output:?}");
        assert!(output.stderr.contains("output.write: no space left on device"), "{words}: {output:?}");
    }
}

#[test]
fn a_folder_for_the_manual_that_cannot_be_is_2() {
    let home = Home::new();
    home.fleet_toml("");
    refused(&home.fleet("man fleet.toml"), 2, &["man.write: fleet.toml: "]);
    refused(&home.fleet("man fleet.toml/pages"), 2, &["man.write: fleet.toml/pages: not a directory"]);
}
