//! What is run, and how it is shown.

use super::{lines, local, of};
use crate::support::{Terminal, good, refused};
use serde_json::json;

#[test]
fn what_is_the_same_is_shown_once() {
    let home = local(4);
    let same = home.fleet("run -i hosts.ini all -- printf one\\ntwo\\n");
    assert_eq!(good(&same).stdout, "4 hosts: same (h[01-04])\n  one\n  two\n");
    let one = home.fleet("run -i hosts.ini h02 -- true");
    assert_eq!(good(&one).stdout, "h02\n  (no output)\n");
    // No shell reads the words.
    let words = home.fleet("run -i hosts.ini h01 -- printf <%s> $HOME *").arg("two words");
    assert_eq!(good(&words).stdout, "h01\n  <$HOME><*><two words>\n");
}

#[test]
fn a_command_that_fails_is_1_and_its_words_are_shown() {
    let home = local(3);
    let script = "echo out; echo err >&2; exit 3";
    let output = home.fleet("run -i hosts.ini all -- sh -c").arg(script).run().unwrap();
    assert_eq!(output.code(), Some(1), "{output:?}");
    assert_eq!(output.stdout, "3 hosts: same, exit 3 (h[01-03])\n  out\n  standard error:\n    err\n");
    let missing = home.fleet("run -i hosts.ini h01 -- /no/such/program").run().unwrap();
    assert_eq!(missing.code(), Some(1), "{missing:?}");
    assert!(missing.stdout.starts_with("h01: exit 127\n"), "{missing:?}");
}

#[test]
fn what_differs_is_shown_apart_the_largest_group_first() {
    let home = local(5);
    // Whoever comes first makes the folder, and finds the others fail.
    let output = home.fleet("run -i hosts.ini all --forks 1 -- mkdir once").run().unwrap();
    assert_eq!(output.code(), Some(1), "{output:?}");
    let told: Vec<&str> = output.stdout.lines().collect();
    assert_eq!(told[0], "4 hosts: same, exit 1 (h[02-05])", "{output:?}");
    assert!(told.contains(&"h01") && told.contains(&"5 hosts: 1 fine, 4 failed"), "{output:?}");
}

#[test]
fn machines_get_a_line_for_each_host() {
    let home = local(3);
    let found = lines(&home, "run", &good(&home.fleet("run -i hosts.ini all --json -- echo fine")));
    assert_eq!(found.len(), 3);
    let line = of(&found, "h02");
    assert_eq!(
        (&line["state"], &line["exit"], &line["stdout"], &line["stderr"], &line["error"]),
        (&json!("ok"), &json!(0), &json!("fine\n"), &json!(""), &json!(null))
    );
    assert!(line["duration_ms"].as_f64().unwrap() > 0.0);

    let killed = home.fleet("run -i hosts.ini h01 --json -- sh -c").arg("kill -KILL $$").run().unwrap();
    assert_eq!(killed.code(), Some(1), "{killed:?}");
    let found = lines(&home, "run", &killed);
    assert_eq!(
        (&found[0]["state"], &found[0]["exit"], &found[0]["signal"]),
        (&json!("failed"), &json!(null), &json!("KILL"))
    );
}

#[test]
fn binary_output_and_endless_output_stay_what_they_are() {
    let home = local(1);
    let binary = good(&home.fleet("run -i hosts.ini h01 --json -- printf \\377\\001"));
    let found = lines(&home, "run", &binary);
    assert_eq!((&found[0]["stdout"], &found[0]["stdout_base64"]), (&json!(null), &json!("/wE=")));

    let flood = "run -i hosts.ini h01 --keep 4KiB";
    let script = "head -c 50000000 /dev/zero | tr '\\0' x";
    let output = good(&home.fleet(&format!("{flood} --json -- sh -c")).arg(script));
    let found = lines(&home, "run", &output);
    assert_eq!(found[0]["stdout"].as_str().unwrap().len(), 4096);
    assert_eq!(found[0]["stdout_passed_over"], 50_000_000 - 4096);
    let page = good(&home.fleet(&format!("{flood} -- sh -c")).arg("head -c 5000 /dev/zero | tr '\\0' x"));
    assert!(page.stdout.contains("(904 bytes more of its output are not shown)"), "{page:?}");
}

#[test]
fn what_would_move_the_cursor_is_shown_instead_and_tabs_stay() {
    let home = local(1);
    let output = good(&home.fleet("run -i hosts.ini h01 -- printf a\\tb\\033[2Jc\\r\\n"));
    assert_eq!(output.stdout, "h01\n  a\tb\\u{1b}[2Jc\n");
}

#[test]
fn up_to_ten_hosts_nobody_is_asked_and_beyond_somebody_must_say_yes() {
    let home = local(11);
    good(&home.fleet("run -i hosts.ini all:!h11 -- touch ten"));
    assert!(home.path("up/here/ten").exists());
    let eleven = "run -i hosts.ini all";
    refused(&home.fleet(&format!("{eleven} -- touch eleven")), 2, &["error[not-confirmed]", "say --yes"]);
    assert!(!home.path("up/here/eleven").exists());
    let told = good(&home.fleet(&format!("{eleven} --dry-run -- touch eleven"))).stdout;
    assert_eq!(told, "would run on 11 hosts: h[01-11]; nothing was run\n  'touch' 'eleven'\n");
    let found =
        lines(&home, "run", &good(&home.fleet(&format!("{eleven} --dry-run --json -- touch eleven"))));
    assert!(found.len() == 11 && found.iter().all(|line| line["state"] == "would"), "{found:?}");
    assert!(!home.path("up/here/eleven").exists());
    assert!(
        good(&home.fleet(&format!("{eleven} --yes -- touch eleven"))).stdout.starts_with("11 hosts: same")
    );
    assert!(home.path("up/here/eleven").exists());
}

#[test]
fn on_a_terminal_it_shows_hosts_and_command_and_asks() {
    for (answer, code) in [("n", 1), ("y", 0)] {
        let home = local(11);
        let Some(mut terminal) = Terminal::start(&home, "run -i hosts.ini all -- touch it", &[]) else {
            return;
        };
        terminal.answer("Go on? [y/N]", answer);
        let output = terminal.wait();
        assert_eq!(output.code(), Some(code), "{output:?}");
        assert!(output.stdout.contains("target   11 hosts: h[01-11]"), "{output:?}");
        assert!(output.stdout.contains("  'touch' 'it'"), "{output:?}");
        assert_eq!(home.path("up/here/it").exists(), code == 0);
    }
}

#[test]
fn a_protected_context_wants_its_name_for_one_host_too() {
    let home = local(1);
    home.fleet_toml("[context.prod]\nprotected = true\n");
    let run = |words: &str| home.fleet(&format!("run -i hosts.ini h01 --context prod {words} -- touch it"));
    refused(&run(""), 2, &["protected", "--yes=prod"]);
    refused(&run("--yes"), 2, &["--yes=prod"]);
    assert!(!home.path("up/here/it").exists());
    good(&run("--yes=prod"));
    assert!(home.path("up/here/it").exists());
}

#[test]
fn a_selector_and_a_pattern_are_both_heeded() {
    let home = local(0);
    home.write(
        "up/here/estate.toml",
        "purlin = 1\n\
         [hosts.\"web01.lon\"]\ntransport = \"local\"\nroles = [\"web\"]\nsite = \"lon\"\n\
         [hosts.\"web02.lds\"]\ntransport = \"local\"\nroles = [\"web\"]\nsite = \"lds\"\n\
         [hosts.\"db1.lon\"]\ntransport = \"local\"\nroles = [\"db\"]\nsite = \"lon\"\n",
    );
    let run = |words: &str| good(&home.fleet(&format!("run -i estate.toml {words} -- echo it"))).stdout;
    assert_eq!(run("--select role=web"), "2 hosts: same (web02.lds,web01.lon)\n  it\n");
    assert_eq!(run("--select role=web *.lon"), "web01.lon\n  it\n");
}
