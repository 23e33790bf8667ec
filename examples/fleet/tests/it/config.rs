//! Which layer counts, and where each value was said.

use crate::support::{Home, good, refused, text};
use purlin_testkit::Binary;
use serde_json::json;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::PathBuf;

#[test]
fn each_layer_beats_the_one_below() {
    let home = Home::new();
    assert_eq!(home.setting("color", "", &[]), (json!("auto"), "built-in".to_owned()));

    let system = home.write("system.toml", "color = 'never'");
    assert_eq!(home.setting("color", "", &[]), (json!("never"), format!("{}:1:9", text(&system))));

    let user = home.write(".config/fleet/config.toml", "color = 'always'");
    assert_eq!(home.setting("color", "", &[]), (json!("always"), format!("{}:1:9", text(&user))));

    let parent = home.write("up/fleet.toml", "color = 'never'");
    assert_eq!(home.setting("color", "", &[]), (json!("never"), format!("{}:1:9", text(&parent))));

    // The nearest file counts; the one in the parent is not read at all.
    home.fleet_toml("\ncolor = 'always'\n[context.lab]\ncolor = 'never'");
    assert_eq!(home.setting("color", "", &[]), (json!("always"), "fleet.toml:2:9".to_owned()));
    assert_eq!(home.setting("color", "--context lab", &[]), (json!("never"), "fleet.toml:4:9".to_owned()));

    let environment = [("FLEET_COLOR", "auto")];
    let said = home.setting("color", "--context lab", &environment);
    assert_eq!(said, (json!("auto"), "environment FLEET_COLOR".to_owned()));
    let said = home.setting("color", "--context lab --color always", &environment);
    assert_eq!(said, (json!("always"), "flag --color".to_owned()));
}

#[test]
fn the_files_that_were_read_are_listed_in_their_order() {
    let home = Home::new();
    let user = home.write("xdg/fleet/config.toml", "");
    home.write(".config/fleet/config.toml", "timeout = 'not read'");
    home.fleet_toml("");
    let show = home.fleet("config show --json").env("XDG_CONFIG_HOME", home.path("xdg"));
    let document = crate::support::json(&good(&show));
    assert_eq!(document["files"], json!([home.path("system.toml"), user, "fleet.toml"]));
}

#[test]
fn a_relative_xdg_folder_and_an_empty_variable_count_as_not_set() {
    let home = Home::new();
    home.write(".config/fleet/config.toml", "timeout = '7s'");
    home.write("up/here/xdg/fleet/config.toml", "timeout = '8s'");
    let environment = [("XDG_CONFIG_HOME", "xdg"), ("FLEET_TIMEOUT", "")];
    assert_eq!(home.setting("timeout", "", &environment).0, json!("7s"));
}

#[test]
fn people_get_a_table_with_value_and_origin() {
    let home = Home::new();
    home.fleet_toml("timeout = \"90s\"");
    let output = good(&home.fleet("config show --log-format text").env("FLEET_COLOR", "never"));
    let rows: Vec<Vec<_>> = output.stdout.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["KEY", "VALUE", "ORIGIN"]);
    assert!(rows.contains(&vec!["timeout", "1m30s", "fleet.toml:1:11"]), "{rows:?}");
    assert!(rows.contains(&vec!["color", "never", "environment", "FLEET_COLOR"]), "{rows:?}");
    assert!(rows.contains(&vec!["log_format", "text", "flag", "--log-format"]), "{rows:?}");
    assert!(rows.contains(&vec!["tls.ca", "-", "built-in"]), "{rows:?}");
}

#[test]
fn a_named_file_stands_in_for_the_search() {
    let home = Home::new();
    home.fleet_toml("timeout = '1s'");
    home.write("up/here/other.toml", "timeout = '2s'");
    home.write("system.toml", "log_format = 'json'");
    assert_eq!(home.setting("timeout", "--config other.toml", &[]).1, "other.toml:1:11");
    let environment = [("FLEET_CONFIG", "other.toml")];
    assert_eq!(home.setting("timeout", "", &environment).1, "other.toml:1:11");
    assert_eq!(home.setting("timeout", "--config fleet.toml", &environment).1, "fleet.toml:1:11");
    // The other layers stay.
    assert_eq!(home.setting("log_format", "--config other.toml", &[]).0, json!("json"));
    assert_eq!(home.setting("timeout", "--config /dev/null", &[]).1, "built-in");
}

#[test]
fn a_file_can_come_by_standard_input() {
    let home = Home::new();
    let show = home.fleet("config show --config -").stdin("timeout = '3s'");
    assert!(good(&show).stdout.contains("<stdin>:1:11"));
}

#[test]
fn contexts_are_chosen_by_flag_environment_or_file() {
    let home = Home::new();
    home.write(
        "system.toml",
        "[context.lab]\ntimeout = '1s'\ncolor = 'never'\n[context.prod]\nprotected = true",
    );
    home.fleet_toml("default_context = 'lab'\ntimeout = '9s'\n[context.lab]\ntimeout = '2s'");
    assert_eq!(home.setting("context", "", &[]), (json!("lab"), "fleet.toml:1:19".to_owned()));
    // One context said in two files: the values are laid over each other one by one.
    assert_eq!(home.setting("timeout", "", &[]), (json!("2s"), "fleet.toml:4:11".to_owned()));
    assert_eq!(home.setting("color", "", &[]).0, json!("never"));
    assert_eq!(home.setting("protected", "", &[]).0, json!(false));

    let environment = [("FLEET_CONTEXT", "prod")];
    assert_eq!(home.setting("context", "", &environment).1, "environment FLEET_CONTEXT");
    assert_eq!(home.setting("protected", "", &environment).0, json!(true));
    assert_eq!(home.setting("timeout", "", &environment).0, json!("9s"), "what the context does not say");
    assert_eq!(home.setting("context", "--context lab", &environment).1, "flag --context");
}

#[test]
fn an_unknown_context_is_refused_with_a_suggestion_and_the_list() {
    let home = Home::new();
    home.fleet_toml("default_context = 'prdo'\n[context.prod]\n[context.lab]");
    refused(
        &home.fleet("config show"),
        2,
        &["fleet.toml:1:19: error[unknown-context]:", "did you mean \"prod\"? known contexts: lab, prod"],
    );
    refused(
        &home.fleet("config show --context la"),
        2,
        &["\"la\" (flag --context)", "did you mean \"lab\"?"],
    );
    let show = home.fleet("config show --config /dev/null --context x");
    refused(&show, 2, &["the configuration files have none", "[context.x]"]);
}

#[test]
fn paths_of_a_file_are_relative_to_it_and_others_to_the_working_folder() {
    let home = Home::new();
    home.write("up/fleet.toml", "[tls]\nca = ['a.pem', '/abs/b.pem']");
    let folder = home.path("up");
    assert_eq!(home.setting("tls.ca", "", &[]).0, json!([folder.join("a.pem"), "/abs/b.pem"]));
    let (value, origin) = home.setting("tls.ca", "", &[("FLEET_TLS_CA", "c.pem:d.pem")]);
    assert_eq!((value, origin.as_str()), (json!(["c.pem", "d.pem"]), "environment FLEET_TLS_CA"));
}

#[test]
fn who_trusts_these_authorities_only_drops_those_added_below() {
    let home = Home::new();
    home.fleet_toml("[tls]\nca = ['a.pem']");
    assert_eq!(home.setting("tls.ca", "", &[]).0, json!([home.work().join("a.pem")]));
    assert_eq!(home.setting("tls.ca", "", &[("FLEET_TLS_CA_ONLY", "b.pem")]).0, json!([]));
}

#[test]
fn a_secret_is_shown_as_its_reference_and_never_fetched() {
    let home = Home::new();
    let shown = |key: &str, environment: &[(&str, &str)]| {
        home.fleet_toml(&format!("[tls]\nclient_certificate = 'me.pem'\nclient_key = {key}"));
        home.setting("tls.client_key", "", environment).0
    };
    assert_eq!(
        shown("{ file = 'me.key' }", &[]),
        json!(format!("file {}", text(&home.work().join("me.key"))))
    );
    assert_eq!(shown("{ env = 'CANARY' }", &[("CANARY", "hunter2")]), json!("env CANARY"));
    let trace = home.path("fetched");
    let command = format!("{{ command = ['touch', '{}'] }}", text(&trace));
    assert_eq!(shown(&command, &[]), json!("command touch …"));
    assert!(!trace.exists());
    let environment = [("FLEET_TLS_CLIENT_KEY", "{ env = 'OTHER' }")];
    assert_eq!(shown("{ env = 'CANARY' }", &environment), json!("env OTHER"));
}

#[test]
fn a_file_of_somebody_else_is_used_only_when_it_is_named() {
    let home = Home::new();
    let path = home.fleet_toml("timeout = '5s'");
    // daemon: a user of every Linux system, and not the one who runs this.
    let given = chown(&path, Some(1), None).is_ok()
        || Binary::new("sudo")
            .args(["-n", "chown", "1", text(&path)])
            .run()
            .is_ok_and(|sudo| sudo.status.success());
    // Only root can give a file away; the rule itself is tested beside its code, for everybody.
    if !given {
        return;
    }
    refused(
        &home.fleet("config show"),
        2,
        &["fleet.toml: error[foreign-owner]:", "user 1", "help:", "--config fleet.toml"],
    );
    assert_eq!(home.setting("timeout", "--config fleet.toml", &[]).0, json!("5s"));
}

#[test]
fn a_file_of_root_is_used_by_everybody() {
    let home = Home::new();
    home.fleet_toml("timeout = '5s'");
    let Some(show) = home.fleet("config show").as_ordinary_user() else { return };
    assert!(good(&show).stdout.contains("fleet.toml:1:11"));
}

/// A folder that is opened again, whatever becomes of the test: nobody could remove it otherwise.
struct Closed(PathBuf);

impl Drop for Closed {
    fn drop(&mut self) {
        let _ = fs::set_permissions(&self.0, Permissions::from_mode(0o755));
    }
}

#[test]
fn a_folder_that_may_not_be_entered_is_told_and_passed_by() {
    let home = Home::new();
    home.write("fleet.toml", "timeout = '5s'");
    let closed = Closed(home.path("up"));
    // Whoever may not enter the folder above can still have been put below it. The owner closes it from inside.
    let show = if rustix::process::geteuid().is_root() {
        fs::set_permissions(&closed.0, Permissions::from_mode(0o600)).unwrap();
        home.fleet("config show").as_ordinary_user()
    } else {
        Some(home.shell("chmod 0600 .. && exec \"$FLEET\" config show"))
    };
    let Some(show) = show else { return };
    let output = show.run().unwrap();
    drop(closed);
    assert_eq!(output.code(), Some(0), "{output:?}");
    assert_eq!(output.stderr.matches("warning[folder-closed]").count(), 1, "{output:?}");
    assert!(output.stdout.contains(&format!("{}:1:11", text(&home.path("fleet.toml")))), "{output:?}");
}

#[test]
fn a_variable_that_is_nearly_ours_is_told_and_a_stranger_is_not() {
    let home = Home::new();
    let show = home.fleet("config show").env("FLEET_TIMEOT", "5s").env("FLEET_MYSQL_ADDRESS", "x");
    let output = show.run().unwrap();
    assert_eq!(output.code(), Some(0));
    assert_eq!(
        output.stderr,
        "warning[unknown-variable]: unknown environment variable FLEET_TIMEOT\n  help: did you mean FLEET_TIMEOUT?\n"
    );
    good(&show.arg("-q"));
}
