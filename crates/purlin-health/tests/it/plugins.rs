//! The plugins that everybody runs: by us, and by hand.

use purlin_core::Cx;
use purlin_health::checks::{Plugin, Tcp};
use purlin_health::{Cause, Check, CheckOutcome, Measurement, PluginOutput, Status, as_plugin};
use purlin_testkit::{Binary, NginxSettings, Program, Server, ServerSettings, require_program, skip};
use std::path::Path;
use std::time::Duration;

const FOLDER: &str = "/usr/lib/nagios/plugins";

/// A plugin with arguments that make it say OK, and others that make it say CRITICAL.
struct Case {
    name: &'static str,
    ok: Vec<String>,
    critical: Vec<String>,
    /// What it measures differs from run to run.
    varies: bool,
}

fn case(name: &'static str, ok: &str, critical: &str, varies: bool) -> Case {
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    Case { name, ok: words(ok), critical: words(critical), varies }
}

/// The plugins that look at this machine or at nothing.
fn local(old: &Path) -> Vec<Case> {
    let file = old.display();
    vec![
        case("check_dummy", "0 fine", "2 broken", false),
        case("check_cluster", "-s -l web -d 0,0,2 -w 1 -c 2", "-s -l web -d 2,2,2 -w 1 -c 2", false),
        case("check_disk", "-w 0% -c 0% -p /", "-w 100% -c 100% -p /", true),
        case("check_load", "-w 9000,9000,9000 -c 9000,9000,9000", "-w 0,0,0 -c 0,0,0", true),
        case("check_procs", "-w 1:900000 -c 1:900000", "-w 0 -c 0", true),
        case("check_users", "-w 9000 -c 9000", "-w 9000 -c @0:9000", true),
        case(
            "check_file_age",
            &format!("-w 99999999999 -c 99999999999 {file}"),
            &format!("-w 5 -c 5 {file}"),
            true,
        ),
    ]
}

/// What a direct run said.
fn direct(name: &str, args: &[String]) -> (i32, PluginOutput) {
    let output = Binary::new(Path::new(FOLDER).join(name)).args(args).run().unwrap();
    (output.code().unwrap(), PluginOutput::parse(&output.stdout))
}

/// Without what differs from run to run.
fn shape(measurements: &[Measurement], varies: bool) -> Vec<Measurement> {
    let value = |found: &Measurement| if varies { 0.0 } else { found.value };
    measurements
        .iter()
        .map(|found| {
            let mut shape = Measurement::new(found.name.clone(), value(found), found.unit.clone());
            (shape.warning, shape.critical) = (found.warning, found.critical);
            (shape.min, shape.max) = (found.min, found.max);
            shape
        })
        .collect()
}

async fn is_the_same(name: &str, args: &[String], varies: bool, expected: Status) {
    let (code, direct) = direct(name, args);
    let context = format!("{name} {args:?}: {direct:?}");
    assert_eq!(Status::from_exit_code(code), Some(expected), "{context}");
    assert_eq!(direct.unread, Vec::<String>::new(), "{context}");

    let argv = [format!("{FOLDER}/{name}")].into_iter().chain(args.iter().cloned());
    let cx = Cx::background().with_timeout(Duration::from_secs(30));
    let outcome = Plugin::new(argv).unwrap().run(&cx).await;
    let CheckOutcome::Answered(evidence) = &outcome else { panic!("{context}: {outcome:?}") };
    assert_eq!(evidence.status, expected, "{context}");
    assert_eq!(shape(&evidence.measurements, varies), shape(&direct.measurements, varies), "{context}");
    if !varies {
        assert_eq!(evidence.message, direct.line, "{context}");
    }

    // And handed on as a plugin: the same once more.
    let (again, line) = as_plugin(&outcome, &[]);
    let handed_on = PluginOutput::parse(&line);
    assert_eq!(i32::from(again), code, "{context}");
    assert_eq!(handed_on.line, evidence.message, "{context}");
    assert_eq!(handed_on.measurements, evidence.measurements, "{context}");
}

async fn both_ways(case: &Case) {
    is_the_same(case.name, &case.ok, case.varies, Status::Ok).await;
    is_the_same(case.name, &case.critical, case.varies, Status::Critical).await;
}

fn are_there() -> bool {
    let there = Path::new(FOLDER).join("check_dummy").exists();
    if !there {
        skip("monitoring-plugins-basic is not installed");
    }
    there
}

#[tokio::test]
async fn those_that_look_at_this_machine_say_what_they_say_by_hand() {
    if !are_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dump.sql");
    std::fs::write(&file, "select 1").unwrap();
    let written = std::fs::File::options().write(true).open(&file).unwrap();
    let now = written.metadata().unwrap().modified().unwrap();
    written.set_modified(now - Duration::from_secs(3600)).unwrap();
    for case in local(&file) {
        both_ways(&case).await;
    }
}

#[tokio::test]
async fn those_that_ask_a_web_server_say_what_they_say_by_hand() {
    if !are_there() {
        return;
    }
    let Some(nginx) = NginxSettings::new().start().unwrap() else { return };
    let port = nginx.http().port();
    let tcp = format!("-H 127.0.0.1 -p {port} -w 20 -c 30");
    let http = format!("-H 127.0.0.1 -p {port} -w 20 -c 30 -e 200");
    both_ways(&case("check_tcp", &tcp, &format!("{tcp} -E -s GET\\n -e nonsense -M crit"), true)).await;
    let missing = format!("{http} -u /missing");
    both_ways(&case("check_http", &format!("{http} -u /health"), &missing, true)).await;
}

#[tokio::test]
async fn the_one_that_asks_for_ssh_says_what_it_says_by_hand() {
    let (true, Some(server)) = (are_there(), sshd()) else { return };
    let to = |port: u16| format!("-p {port} 127.0.0.1");
    let port = server.address("ssh").port();
    both_ways(&case("check_ssh", &to(port), &format!("-r NoSuchServer {}", to(port)), true)).await;
    drop(server);
    is_the_same("check_ssh", &[format!("-p{port}"), "127.0.0.1".into()], false, Status::Critical).await;
}

fn sshd() -> Option<Server> {
    let (sshd, keygen) = (require_program("sshd")?, require_program("ssh-keygen")?);
    let settings = ServerSettings::new("sshd", move |instance| {
        let key = instance.path("key");
        if !key.exists() {
            instance.run(&Program::new(&keygen).args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&key))?;
        }
        let port = instance.port("ssh").to_string();
        let listen = format!("ListenAddress=127.0.0.1:{port}");
        let program = Program::new(&sshd).args(["-D", "-e", "-f", "/dev/null", "-o", &listen, "-h"]);
        Ok(program.arg(key).args(["-o", "PidFile=none"]))
    });
    // As root it wants a folder of the system.
    Some(settings.port("ssh").as_ordinary_user().start().unwrap())
}

#[tokio::test]
async fn our_own_checks_run_as_plugins() {
    let Some(nginx) = NginxSettings::new().start().unwrap() else { return };
    let cx = Cx::background().with_timeout(Duration::from_secs(10));
    let outcome = Tcp::to(&nginx.http().to_string()).unwrap().run(&cx).await;
    let (code, line) = as_plugin(&outcome, &[]);
    let output = PluginOutput::parse(&line);
    assert_eq!((code, &*output.measurements[0].name), (0, "time"));
    assert!(output.line.starts_with("OK - 127.0.0.1:"), "{line}");

    let address = nginx.http().to_string();
    drop(nginx);
    let outcome = Tcp::to(&address).unwrap().run(&cx).await;
    assert!(matches!(&outcome, CheckOutcome::Failed(failure) if failure.cause == Cause::Refused));
    let (code, line) = as_plugin(&outcome, &[]);
    assert_eq!((code, &*line), (2, "CRITICAL - connection refused (refused in connect)"));
}
