//! Checks that run on their target.

use crate::here::{cx, folder, until};
use purlin_core::{Cx, ErrorKind};
use purlin_health::checks::{Disk, FileAge, Load, Mount, Plugin, ProcessTable, Processes, Systemd, Tcp};
use purlin_health::{
    Cadence, Check, CheckOutcome, CheckSet, CheckSpec, Monitor, Needs, Skip, State, as_plugin,
};
use purlin_transport::fake::{Connecting, FakeTransport, Reply};
use purlin_transport::{Host, Local, Target, Transport};
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn here() -> Target {
    Target::new(Arc::new(Local::new()), Host::new("here"))
}

/// One of each kind, with a folder and a stand-in for systemctl.
fn kinds(path: &str) -> Vec<Arc<dyn Check>> {
    let systemctl = format!("{path}/systemctl");
    let said =
        "#!/bin/sh\nprintf 'LoadState=loaded\\nActiveState=active\\nSubState=running\\nNRestarts=3\\n'\n";
    std::fs::write(&systemctl, said).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&systemctl, mode).unwrap();
    std::fs::write(format!("{path}/a b.gz"), "x").unwrap();
    let processes = Processes::of(&ProcessTable::new());
    vec![
        Arc::new(Load::new()),
        Arc::new(Disk::at("/").unwrap()),
        Arc::new(Disk::at("/no such folder").unwrap()),
        Arc::new(Mount::at("/proc").unwrap().file_system("proc")),
        Arc::new(Mount::at("/proc").unwrap().reading("self/stat")),
        Arc::new(Mount::at("/no such mount").unwrap()),
        Arc::new(FileAge::newest(format!("{path}/*.gz")).unwrap()),
        Arc::new(FileAge::newest(format!("{path}/*.war")).unwrap()),
        Arc::new(processes.clone()),
        Arc::new(processes.clone().name("no-such-process")),
        Arc::new(processes.clone().argument("purlin_transport").user("root")),
        Arc::new(processes.user("no-such-user")),
        Arc::new(Systemd::unit("map.service").unwrap().systemctl(systemctl)),
        Arc::new(Systemd::unit("map.service").unwrap().systemctl("/no such program")),
        Arc::new(Plugin::new(["sh", "-c", "echo 'Q WARNING | q=7;5;10'; exit 1"]).unwrap()),
        Arc::new(Plugin::new(["sh", "-c", "kill -9 $$"]).unwrap()),
        Arc::new(Plugin::new(["/no such plugin"]).unwrap()),
    ]
}

/// What an outcome comes to: its end, the exit code of a plugin, and the names of what was measured.
fn shape(outcome: &CheckOutcome) -> (&'static str, u8, Vec<String>) {
    let (end, measured) = match outcome {
        CheckOutcome::Answered(evidence) => ("answered", &*evidence.measurements),
        CheckOutcome::Failed(_) => ("failed", &[][..]),
        CheckOutcome::Prober(_) => ("prober", &[][..]),
        _ => ("skipped", &[][..]),
    };
    let names = measured.iter().map(|found| found.name.to_string()).collect();
    (end, as_plugin(outcome, &[]).0, names)
}

/// The local form of each check, and the same on the target.
async fn says_the_same(target: &Target, path: &str) {
    for check in kinds(path) {
        let local = check.run(&cx()).await;
        let there = target.place(check.clone()).unwrap().run(&cx()).await;
        assert_eq!(shape(&there), shape(&local), "{check:?}\n{local:?}\n{there:?}");
    }
}

#[tokio::test]
async fn each_kind_says_on_the_target_what_it_says_here() {
    let (_folder, path) = folder();
    says_the_same(&here(), &path).await;
}

#[cfg(feature = "ssh")]
#[tokio::test]
async fn each_kind_says_over_ssh_what_it_says_here() {
    let Some(server) = crate::ssh::server::start().await else { return };
    let target = Target::new(Arc::new(server.transport()), server.host());
    let path = server.sshd.folder().display().to_string();
    says_the_same(&target, &path).await;
    let outcome = target.way().run(&cx()).await;
    assert!(matches!(outcome, CheckOutcome::Answered(_)), "{outcome:?}");
}

#[tokio::test]
async fn all_that_are_due_are_asked_in_one_round_trip() {
    let target = here();
    let table = ProcessTable::new();
    let checks: Vec<_> = (0..20)
        .map(|number| match number % 3 {
            0 => target.check(Load::new()),
            1 => target.check(Processes::of(&table).name(format!("p{number}"))),
            _ => target.check(Plugin::new(["echo", &format!("plugin {number}")]).unwrap()),
        })
        .collect::<Result<_, _>>()
        .unwrap();
    let running: Vec<_> =
        checks.into_iter().map(|check| tokio::spawn(async move { check.run(&cx()).await })).collect();
    for (number, run) in running.into_iter().enumerate() {
        let outcome = run.await.unwrap();
        let CheckOutcome::Answered(evidence) = outcome else { panic!("{number}: {outcome:?}") };
        if number % 3 == 2 {
            assert_eq!(evidence.message, format!("plugin {number}"));
        }
    }
    assert_eq!(target.round_trips(), 1);
    // They are due together, whatever their names are.
    let due: Vec<_> = [target.check(Load::new()).unwrap(), target.check(Disk::at("/").unwrap()).unwrap()]
        .iter()
        .map(|check| check.due_with().map(str::to_owned))
        .collect();
    assert_eq!(due, [Some("here".to_owned()), Some("here".to_owned())]);
}

#[tokio::test]
async fn one_that_hangs_is_cut_off_and_asked_by_itself_from_then_on() {
    let target = here();
    let hangs = target.check(Plugin::new(["sleep", "600"]).unwrap()).unwrap();
    let load = target.check(Load::new()).unwrap();
    let short = || Cx::background().with_timeout(4 * SECOND);
    let slow = tokio::spawn({
        let hangs = hangs.clone();
        async move { hangs.run(&short()).await }
    });
    tokio::task::yield_now().await;
    let answered = load.run(&short()).await;
    assert!(matches!(answered, CheckOutcome::Answered(_)), "{answered:?}");
    // Nobody knows whether it would have ended in all of its time.
    let cut = slow.await.unwrap();
    let CheckOutcome::Prober(error) = &cut else { panic!("{cut:?}") };
    assert!(error.to_string().contains("asked by itself"), "{error}");

    let trips = target.round_trips();
    let outcome = hangs.run(&Cx::background().with_timeout(SECOND)).await;
    let CheckOutcome::Failed(failure) = &outcome else { panic!("{outcome:?}") };
    assert!(failure.message.contains("it does not end on the target"), "{failure:?}");
    assert_eq!(target.round_trips(), trips, "it is kept away from the others");
}

#[tokio::test]
async fn a_call_that_is_dropped_half_way_costs_nobody_else_an_answer() {
    let target = here();
    let first = target.check(Plugin::new(["sleep", "3"]).unwrap()).unwrap();
    let leader = tokio::spawn(async move { first.run(&cx()).await });
    let others: Vec<_> = (0..5)
        .map(|number| {
            let check = target.check(Plugin::new(["echo", &format!("{number}")]).unwrap()).unwrap();
            tokio::spawn(async move { check.run(&cx()).await })
        })
        .collect();
    until("they are asked", || target.round_trips() > 0).await;
    leader.abort();
    for (number, other) in others.into_iter().enumerate() {
        let outcome = other.await.unwrap();
        let CheckOutcome::Answered(evidence) = outcome else { panic!("{outcome:?}") };
        assert_eq!(evidence.message, number.to_string());
    }
}

/// A host with five checks, whose load is told by a script.
fn scripted() -> (FakeTransport, Target, CheckSet) {
    let transport = FakeTransport::new();
    let question = Load::new().on_target().unwrap().question();
    transport
        .host("web01")
        .on([question.text.as_ref()], Reply::stdout("0.5 0.6 0.7 1/100 4711\n2\n"))
        .on(["true"], Reply::stdout(""));
    let shared: Arc<dyn Transport> = Arc::new(transport.clone());
    let target = Target::new(shared, Host::new("web01"));
    let mut checks = CheckSet::new().with(CheckSpec::new(target.way_id(), target.way()));
    for number in 0..5 {
        let check = target.check(Load::new()).unwrap();
        let spec = CheckSpec::new(format!("web01/load{number}"), check);
        checks = checks.with(spec.needs(Needs::check(target.way_id())));
    }
    (transport, target, checks)
}

#[tokio::test(start_paused = true)]
async fn a_host_that_is_gone_is_one_problem_and_its_checks_are_unreachable() {
    let (transport, target, checks) = scripted();
    transport.host("web01").connecting(Connecting::Refuse);
    let cx = Cx::background().with_timeout(3600 * SECOND);
    let monitor = Monitor::start(&cx, checks, Cadence::every(10 * SECOND)).await.unwrap();
    let states = |wanted: State| {
        monitor
            .snapshot()
            .iter()
            .filter(|it| it.state == wanted)
            .map(|it| it.id.to_string())
            .collect::<Vec<_>>()
    };
    cx.sleep(120 * SECOND).await.unwrap();
    // One problem, and whatever hangs on it says nothing of its own.
    assert_eq!(states(State::Down), ["web01/transport"]);
    assert_eq!(states(State::Pending).len(), 5);
    let load = monitor.get("web01/load0").unwrap();
    assert!(load.message.contains("web01/transport"), "{load:?}");
    let outcome = target.check(Load::new()).unwrap().run(&cx).await;
    let CheckOutcome::Skipped(Skip::Dependency(way)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(way, target.way_id());

    transport.host("web01").connecting(Connecting::Accept);
    cx.sleep(60 * SECOND).await.unwrap();
    assert_eq!(states(State::Up).len(), 6);
    monitor.shutdown(&cx).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_round_is_one_round_trip_also_in_a_monitor() {
    let (_transport, target, checks) = scripted();
    let cx = Cx::background().with_timeout(3600 * SECOND);
    let monitor = Monitor::start(&cx, checks, Cadence::every(10 * SECOND)).await.unwrap();
    monitor.settled(&cx).await.unwrap();
    // From the first full round on.
    cx.sleep(20 * SECOND).await.unwrap();
    let before = target.round_trips();
    cx.sleep(100 * SECOND).await.unwrap();
    assert_eq!(target.round_trips() - before, 10);
    monitor.shutdown(&cx).await.unwrap();
}

#[tokio::test]
async fn what_cannot_run_there_is_refused() {
    let error = here().check(Tcp::to("127.0.0.1:1").unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("\"tcp\""), "{error}");
}

#[cfg(feature = "inventory")]
#[tokio::test]
async fn a_host_of_an_inventory_has_one_target() {
    use purlin_transport::{Reach, Targets};

    let estate = purlin_inventory::Inventory::load(&cx(), ["web01,web02,"]).await.unwrap();
    let targets = Targets::new();
    let local: Arc<dyn Transport> = Arc::new(Local::new());
    let of = |name: &str| targets.reached(local.clone(), &Reach::of(estate.host(name).unwrap()).unwrap());
    let outcome = of("web01").check(Load::new()).unwrap().run(&cx()).await;
    assert!(matches!(outcome, CheckOutcome::Answered(_)), "{outcome:?}");
    assert_eq!((of("web01").round_trips(), of("web02").round_trips()), (1, 0));
    assert_eq!(of("web02").way_id().as_str(), "web02/transport");
}

#[tokio::test]
async fn one_that_hangs_with_nobody_behind_it_is_a_failure_each_time() {
    let target = here();
    let hangs = target.check(Plugin::new(["sleep", "600"]).unwrap()).unwrap();
    for _ in 0..2 {
        let outcome = hangs.run(&Cx::background().with_timeout(2 * SECOND)).await;
        let CheckOutcome::Failed(failure) = &outcome else { panic!("{outcome:?}") };
        assert!(failure.message.contains("it does not end on the target"), "{failure:?}");
    }
}
