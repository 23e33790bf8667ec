//! What people and machines get, on a terminal and elsewhere.

use crate::support::{FLEET, Home, good, json, json_lines, refused};
use purlin_testkit::{Binary, Output, require_program};

const ESCAPE: char = '\u{1b}';

#[test]
fn json_is_one_document_with_its_format_and_version() {
    let home = Home::new();
    let documents = [
        ("version", "fleet.version"),
        ("config show", "fleet.config-show"),
        ("schema", "fleet.schema"),
        ("man pages", "fleet.man"),
    ];
    for (words, format) in documents {
        let document = json(&good(&home.fleet(words).arg("--json")));
        assert_eq!((&document["format"], &document["version"]), (&format.into(), &1.into()), "{words}");
    }
}

#[test]
fn global_flags_stand_before_or_after_the_command() {
    let home = Home::new();
    home.write("up/here/other.toml", "[context.lab]\ntimeout = '1s'");
    let flags = "--json --config other.toml --context lab --color never --log-format json -v";
    let before = home.fleet(&format!("{flags} config show")).run().unwrap();
    for words in [format!("config {flags} show"), format!("config show {flags}")] {
        let after = home.fleet(&words).run().unwrap();
        assert_eq!(after.stdout, before.stdout, "{words}");
        assert_eq!(json_lines(&after).len(), 2, "{words}");
    }
    let document = json(&before);
    assert_eq!(document["context"], "lab");
    assert!(
        before.stdout.contains("flag --log-format") && before.stdout.contains("flag --color"),
        "{before:?}"
    );
    good(&home.fleet("config show -q --config other.toml"));
}

#[test]
fn with_json_standard_output_stays_empty_on_failure() {
    let home = Home::new();
    refused(&home.fleet("config show --json --config none.toml"), 2, &["none.toml: error[not-found]"]);
}

/// Runs it on a terminal, by `script` of util-linux; None where that is missing.
fn on_terminal(home: &Home, words: &str, environment: &[(&str, &str)]) -> Option<Output> {
    require_program("script")?;
    let mut script = Binary::new("script")
        .args(["-qec", &format!("\"$FLEET\" {words}"), "/dev/null"])
        .env("HOME", home.path(""))
        .env("FLEET", FLEET)
        .env("TERM", "xterm")
        .env("FLEET_SYSTEM_CONFIG", "/dev/null")
        .env("SHELL", "/bin/sh")
        .current_dir(home.work());
    for (name, value) in environment {
        script = script.env(name, value);
    }
    let output = script.run().unwrap();
    assert_eq!(output.code(), Some(0), "{output:?}");
    assert!(output.stdout.contains("timeout"), "{output:?}");
    Some(output)
}

#[test]
fn a_terminal_is_coloured_unless_somebody_objects() {
    let home = Home::new();
    let coloured = |words: &str, environment: &[(&str, &str)]| {
        on_terminal(&home, words, environment).map(|output| output.stdout.contains(ESCAPE))
    };
    let Some(by_default) = coloured("config show", &[]) else { return };
    assert!(by_default);
    assert_eq!(coloured("config show", &[("NO_COLOR", "1")]), Some(false));
    assert_eq!(coloured("config show", &[("NO_COLOR", "")]), Some(true), "an empty one says nothing");
    assert_eq!(coloured("config show", &[("TERM", "dumb")]), Some(false));
    assert_eq!(coloured("config show --color never", &[]), Some(false));
    assert_eq!(coloured("config show --color always", &[("NO_COLOR", "1"), ("TERM", "dumb")]), Some(true));
    assert_eq!(coloured("config show", &[("NO_COLOR", "1"), ("FLEET_COLOR", "always")]), Some(true));
    home.fleet_toml("color = 'always'");
    assert_eq!(coloured("config show", &[("TERM", "dumb")]), Some(true));
    assert_eq!(coloured("config show", &[("NO_COLOR", "1")]), Some(false), "the environment beats a file");
}

#[test]
fn a_table_fits_its_terminal() {
    let home = Home::new();
    home.fleet_toml(&format!("[tls]\nca = ['/{}']", "long name/".repeat(30)));
    let narrow = "stty cols 60 rows 20; exec \"$FLEET\" config show --color never";
    if require_program("script").is_none() {
        return;
    }
    let script = home.shell(&format!("exec script -qec '{narrow}' /dev/null")).env("SHELL", "/bin/sh");
    let output = good(&script);
    assert!(output.stdout.lines().count() > 12, "{output:?}");
    assert!(output.stdout.lines().all(|line| line.trim_end().chars().count() <= 60), "{output:?}");
}

#[test]
fn a_pipe_is_coloured_only_on_demand() {
    let home = Home::new();
    let show = home.fleet("config show").env("TERM", "xterm");
    assert!(!good(&show).stdout.contains(ESCAPE));
    assert!(good(&show.clone().args(["--color", "always"])).stdout.contains(ESCAPE));
    assert!(
        !good(&show.args(["--color", "always", "--json"])).stdout.contains(ESCAPE),
        "a document never is"
    );
    for words in ["tsl --color always", "config show --config none --color=always"] {
        assert!(home.fleet(words).run().unwrap().stderr.contains(ESCAPE), "{words}");
    }
    assert!(good(&home.fleet("tls --help --color always")).stdout.contains(ESCAPE));
}

#[test]
fn a_reader_that_leaves_is_no_fault() {
    let home = Home::new();
    for words in ["config show", "config show --json", "version", "--help", "completions zsh", "schema tls"] {
        good(&home.fleet(words).closed_stdout());
    }
}

#[test]
fn a_little_more_is_told_on_demand() {
    let home = Home::new();
    home.fleet_toml("");
    let told = |words: &str| home.fleet(words).run().unwrap().stderr;
    assert_eq!(told("config show"), "");
    let info = told("config show -v");
    assert!(
        info.lines().count() == 2 && info.contains("INFO") && info.contains("file=\"fleet.toml\""),
        "{info}"
    );
    assert!(info.starts_with("20") && info.contains(" +00:00 "), "local time with offset: {info}");
    let filtered = home.fleet("config show").env("FLEET_LOG", "fleet=info").run().unwrap().stderr;
    assert!(filtered.contains("file=\"fleet.toml\""), "{filtered}");
    refused(&home.fleet("config show").env("FLEET_LOG", "fleet=loud"), 2, &["\"fleet=loud\""]);
}

#[test]
fn log_lines_are_json_on_demand() {
    let home = Home::new();
    home.fleet_toml("log_format = 'json'");
    let output = home.fleet("config show -v").run().unwrap();
    let lines = json_lines(&output);
    let last = lines.last().unwrap();
    assert_eq!((&last["level"], &last["file"]), (&"info".into(), &"fleet.toml".into()));
    assert_eq!(last["message"], "configuration file read");
    assert!(last["time"].as_str().unwrap().ends_with('Z'), "{last}");
}
