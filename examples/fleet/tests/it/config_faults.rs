//! Configuration that cannot be used: told whole, with places, and with exit code 2.

use crate::support::{Home, good, json_lines, refused, text};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

#[test]
fn every_fault_of_every_file_is_told_in_one_pass() {
    let home = Home::new();
    let system = home.write("system.toml", "color = 'purple'\n");
    home.fleet_toml(
        "timeot = '5s'\n\
         timeout = 5\n\
         log_format = 'jsno'\n\
         default_context = 'labb'\n\
         [tls]\n\
         ca = ['a.pem', 1]\n\
         client_key = { fiel = 'x' }\n\
         [context.lab]\n\
         timeout = '5'\n\
         [context.lab.tls]\n\
         server_nmae = 'x'\n\
         [context.prod]\n\
         protected = 'yes'\n",
    );
    let output = refused(&home.fleet("config show").env("FLEET_TIMEOUT", "0s"), 2, &[]);
    let heads: Vec<_> = output.stderr.lines().filter(|line| !line.starts_with("  help:")).collect();
    let system = format!("{}:1:9: error[bad-value]: color: unknown value \"purple\"", text(&system));
    assert_eq!(
        heads,
        [
            "error[bad-value]: environment variable FLEET_TIMEOUT: \"0s\" leaves no time at all",
            &system,
            "fleet.toml:1:1: error[unknown-key]: unknown key \"timeot\"",
            "fleet.toml:2:11: error[wrong-type]: timeout is a number",
            "fleet.toml:3:14: error[bad-value]: log_format: unknown value \"jsno\"",
            "fleet.toml:4:19: error[unknown-context]: there is no context \"labb\"",
            "fleet.toml:6:16: error[wrong-type]: tls.ca[1] is a number",
            "fleet.toml:7:16: error[unknown-key]: unknown key \"fiel\" in [tls.client_key]",
            "fleet.toml:9:11: error[bad-value]: context.lab.timeout: \"5\" has no unit: write 5s or 5ms",
            "fleet.toml:11:1: error[unknown-key]: unknown key \"server_nmae\" in [context.lab.tls]",
            "fleet.toml:13:13: error[wrong-type]: context.prod.protected is a text",
        ]
    );
    let suggestions = ["\"timeout\"", "\"json\"", "\"lab\"", "\"file\"", "\"server_name\""];
    for suggestion in suggestions {
        assert!(output.stderr.contains(&format!("did you mean {suggestion}?")), "{}", output.stderr);
    }
}

#[test]
fn several_faults_of_syntax_are_told_beside_the_others() {
    let home = Home::new();
    home.fleet_toml("timeout = 10s\ncolor = \"auto\nlog_frmat = 'text'\ntimeout = '5s'\n[tls]\nca = [1]\n");
    let output = refused(&home.fleet("config show"), 2, &["the key \"timeout\" stands here a second time"]);
    for place in [
        "1:11: error[syntax]",
        "2:14: error[syntax]",
        "3:1: error[unknown-key]",
        "4:1: error[duplicate-key]",
        "6:7: error[wrong-type]",
    ] {
        assert!(output.stderr.contains(&format!("fleet.toml:{place}")), "{place}: {}", output.stderr);
    }
}

#[test]
fn behind_a_broken_header_nothing_is_made_up() {
    let home = Home::new();
    home.fleet_toml("timeot = '5s'\n[tls\nserver_name = 'x'\n");
    let output = refused(&home.fleet("config show"), 2, &["1:1: error[unknown-key]", "2:5: error[syntax]"]);
    assert!(!output.stderr.contains("server_name"), "{}", output.stderr);
}

#[test]
fn a_key_of_the_wrong_shape_is_told_with_the_right_one() {
    let home = Home::new();
    let told = |text: &str, told: &[&str]| {
        home.fleet_toml(text);
        refused(&home.fleet("config show"), 2, told);
    };
    told("context = 'lab'", &["1:11: error[wrong-type]", "[context.NAME]", "default_context"]);
    told("[context]\nlab = 1", &["2:7: error[wrong-type]", "[context.lab]"]);
    told("tls = 1", &["1:7: error[wrong-type]", "[tls]"]);
    told("protected = true", &["1:1: error[unknown-key]", "known keys:"]);
    told("[tls]\nca = 'a.pem'", &["2:6: error[wrong-type]", "[\"a.pem\"]"]);
    told("[tls]\nserver_name = ''", &["2:15: error[bad-value]: tls.server_name: \"\" is neither"]);
    told("[tls]\nclient_key = 'hunter2'", &["2:14: error[wrong-type]", "{ env ="]);
    told("[tls]\nclient_key = {}", &["2:14: error[bad-value]", "one source"]);
    told("[tls]\nclient_key = { env = 'A', file = 'b' }", &["2:14: error[bad-value]", "one source"]);
    told("[tls]\nclient_key = { command = [] }", &["2:26: error[bad-value]", "the program first"]);
    told("[tls]\nclient_certificate = 'me.pem'", &["2:22: error[missing-key]", "tls.client_key"]);
    told("[tls]\nserver_name = 'a b'", &["2:15: error[bad-value]: tls.server_name: \"a b\"", "help:"]);
    told("[context.'']\ncolor = 'never'", &["1:10: error[bad-value]: context: the name is empty"]);
}

#[test]
fn half_an_identity_is_told_beside_other_faults_and_in_every_context() {
    let home = Home::new();
    home.fleet_toml(
        "timeot = '5s'\n\
         [context.a]\n\
         tls.client_certificate = 'a.pem'\n\
         [context.b]\n\
         tls.client_key = { env = 'KEY' }\n\
         [context.c]\n\
         tls.client_key = { env = 'KEY' }\n\
         tls.client_certificate = 'c.pem'\n\
         [context.d]\n\
         tls.client_certificate = 'd.pem'\n\
         tls.client_key = 1\n",
    );
    let heads = |output: &purlin_testkit::Output| -> Vec<String> {
        output.stderr.lines().filter(|line| !line.starts_with("  help:")).map(str::to_owned).collect()
    };
    let told = [
        "fleet.toml:1:1: error[unknown-key]: unknown key \"timeot\"",
        "fleet.toml:3:26: error[missing-key]: tls.client_certificate is set, but tls.client_key is not",
        "fleet.toml:5:18: error[missing-key]: tls.client_key is set, but tls.client_certificate is not",
        "fleet.toml:11:18: error[wrong-type]: context.d.tls.client_key is a number",
    ];
    assert_eq!(heads(&refused(&home.fleet("config show"), 2, &[])), told);
    assert_eq!(heads(&refused(&home.fleet("config show --context a"), 2, &[])), told);
    home.fleet_toml("");
    refused(
        &home.fleet("config show").env("FLEET_TLS_CLIENT_CERTIFICATE", "me.pem"),
        2,
        &["error[missing-key]", "(environment FLEET_TLS_CLIENT_CERTIFICATE)"],
    );
    let server_name = home.fleet("config show").env("FLEET_TLS_SERVER_NAME", "a b");
    refused(&server_name, 2, &["environment variable FLEET_TLS_SERVER_NAME: \"a b\""]);
}

#[test]
fn a_link_that_leads_nowhere_is_told() {
    let home = Home::new();
    let told = ["error[not-found]: there is no such file: its link leads nowhere", "help:"];
    home.write("up/fleet.toml", "timeout = '5s'");
    for name in ["up/here/fleet.toml", ".config/fleet/config.toml"] {
        let link = home.path(name);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink("nowhere.toml", &link).unwrap();
        let place = format!("{}: ", text(&link));
        refused(&home.fleet("config show"), 2, &[&place, told[0], told[1]]);
        fs::remove_file(link).unwrap();
    }
    good(&home.fleet("config show"));
}

#[test]
fn a_byte_order_mark_is_no_column() {
    let home = Home::new();
    home.fleet_toml("\u{feff}timeot = '5s'");
    refused(&home.fleet("config show"), 2, &["fleet.toml:1:1: error[unknown-key]"]);
    let path = home.fleet_toml("");
    fs::write(&path, b"\xef\xbb\xbfa = '\xff'").unwrap();
    refused(&home.fleet("config show"), 2, &["fleet.toml:1:6: error[not-utf8]"]);
    home.fleet_toml("\u{feff}timeout = '5s'");
    assert_eq!(home.setting("timeout", "", &[]).1, "fleet.toml:1:11");
}

#[test]
fn a_secret_in_the_environment_is_read_as_in_a_file() {
    let home = Home::new();
    let show = home.fleet("config show").env("FLEET_TLS_CLIENT_KEY", "{ fiel = 'x' }");
    refused(&show, 2, &["FLEET_TLS_CLIENT_KEY:1:3: error[unknown-key]", "did you mean \"file\"?"]);
    // The secret itself is never taken, nor repeated.
    let output = refused(&home.fleet("config show").env("FLEET_TLS_CLIENT_KEY", "hunter2"), 2, &["error["]);
    assert!(!output.stderr.contains("hunter2"), "{}", output.stderr);
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    let home = Home::new();
    fs::create_dir(home.work().join("fleet.toml")).unwrap();
    refused(&home.fleet("config show"), 2, &["fleet.toml: error[not-a-file]: this is a folder"]);
    mknodat(CWD, home.path("pipe"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
    let named = |name: &str| home.fleet("config show --config").arg(name);
    // Nobody writes to the pipe: whoever opened it as a file would wait for ever.
    refused(&named(text(&home.path("pipe"))), 2, &["error[not-a-file]: this is a pipe", "help:"]);
    refused(&named("/dev/zero"), 2, &["error[not-a-file]: this is a device"]);
    refused(&named("none.toml"), 2, &["none.toml: error[not-found]"]);
    refused(&named("../../system.toml/x"), 2, &["error[unreadable]: cannot be read: not a directory"]);
}

#[test]
fn a_huge_file_is_refused_unread() {
    let home = Home::new();
    let path = home.fleet_toml("");
    File::options().write(true).open(&path).unwrap().set_len(100 * 1024 * 1024).unwrap();
    // Less memory than the file: who read it would fail in another way.
    let show = home.fleet("config show").address_space(90 * 1024 * 1024);
    refused(&show, 2, &["fleet.toml: error[too-large]: larger than 1MiB"]);
    refused(
        &home.fleet("config show --config -").stdin(vec![b'\n'; 1024 * 1024 + 1]),
        2,
        &["<stdin>: error[too-large]"],
    );
    good(&home.fleet("config show --config -").stdin(vec![b'\n'; 1024 * 1024]));
}

#[test]
fn text_that_is_not_utf8_is_told_with_its_place() {
    let home = Home::new();
    let path = home.fleet_toml("");
    fs::write(&path, b"# \xc3\xa4\ntimeout = '\xff'").unwrap();
    refused(&home.fleet("config show"), 2, &["fleet.toml:2:12: error[not-utf8]"]);
}

#[test]
fn columns_count_characters() {
    let home = Home::new();
    home.fleet_toml("tls = { server_name = 'ä', c2 = 1 }");
    refused(&home.fleet("config show"), 2, &["fleet.toml:1:28: error[unknown-key]: unknown key"]);
}

#[test]
fn a_file_that_anybody_may_change_is_refused_wherever_it_is() {
    let home = Home::new();
    let paths = [home.fleet_toml(""), home.write(".config/fleet/config.toml", ""), home.path("system.toml")];
    for path in &paths {
        fs::set_permissions(path, Permissions::from_mode(0o646)).unwrap();
        refused(&home.fleet("config show"), 2, &["error[world-writable]", "(mode 0646)", "chmod o-w"]);
        fs::set_permissions(path, Permissions::from_mode(0o664)).unwrap();
        good(&home.fleet("config show"));
    }
}

#[test]
fn a_file_that_may_not_be_read_is_told() {
    let home = Home::new();
    let path = home.fleet_toml("");
    fs::set_permissions(&path, Permissions::from_mode(0o000)).unwrap();
    let Some(show) = home.fleet("config show").as_ordinary_user() else { return };
    refused(&show, 2, &["fleet.toml: error[unreadable]: cannot be read: permission denied", "help:"]);
}

#[test]
fn a_flood_of_faults_is_counted() {
    let home = Home::new();
    home.fleet_toml(&"x\n".repeat(500_000));
    let output = refused(&home.fleet("config show"), 2, &["error[more-faults]: 499000 more faults"]);
    assert_eq!(output.stderr.matches("error[syntax]").count(), 1000);
}

#[test]
fn faults_are_json_lines_where_log_lines_are() {
    let home = Home::new();
    home.fleet_toml("timeot = '5s'\ncolor = 1");
    let output = refused(&home.fleet("config show --log-format json --json"), 2, &[]);
    let lines = json_lines(&output);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["level"], "error");
    assert_eq!(lines[0]["kind"], "invalid");
    assert_eq!(lines[0]["code"], "unknown-key");
    assert_eq!(
        (&lines[0]["file"], &lines[0]["line"], &lines[0]["column"]),
        (&"fleet.toml".into(), &1.into(), &1.into())
    );
    assert!(lines[0].get("severity").is_none(), "the level says it: {}", lines[0]);
    assert_eq!(lines[0]["help"], "did you mean \"timeout\"?");
}

#[test]
fn what_needs_no_configuration_does_not_read_it() {
    let home = Home::new();
    home.fleet_toml("[broken");
    for words in ["version", "schema tls", "completions bash", "--help", "man pages"] {
        good(&home.fleet(words));
    }
}
