//! Mounts whose server falls silent.

use purlin_core::{Cx, ErrorKind};
use purlin_health::checks::{Disk, FileAge, Mount, ProcessTable, Processes, Touch};
use purlin_health::{Cause, Check, CheckOutcome, Failure, as_plugin};
use purlin_testkit::{Binary, FuseMount, Leaks, count};
use std::path::Path;
use std::time::Duration;

/// Where a test finds the mount that another process made silent.
const VARIABLE: &str = "PURLIN_TEST_SILENT_MOUNT";

fn brief() -> Cx {
    Cx::background().with_timeout(Duration::from_secs(2))
}

fn path(mount: &FuseMount) -> &str {
    mount.path().to_str().unwrap()
}

async fn failure(check: &impl Check) -> Failure {
    match check.run(&brief()).await {
        CheckOutcome::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}

async fn is_well(check: &impl Check) {
    let outcome = check.run(&Cx::background().with_timeout(Duration::from_secs(30))).await;
    assert!(matches!(outcome, CheckOutcome::Answered(_)), "{outcome:?}");
}

/// Until nothing of it is out any more; the test runner ends a test that waits for ever.
async fn all_back(touch: &Touch) {
    while touch.stats().stuck > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_silent_mount_is_told_at_the_deadline_and_asked_by_one_child_only() {
    let Some(mount) = FuseMount::start().unwrap() else { return };
    let touch = Touch::new();
    let check = Mount::at(path(&mount)).unwrap().file_system("fuse.silent").touch(&touch);
    is_well(&check).await;

    mount.fall_silent();
    let first = failure(&check).await;
    assert_eq!(first.cause, Cause::Timeout);
    assert!(first.message.starts_with(&format!("{} does not answer", path(&mount))), "{}", first.message);
    for _ in 0..100 {
        let again = failure(&check).await;
        let said = format!("{} is still stuck since 2", path(&mount));
        assert!(again.cause == Cause::Timeout && again.message.starts_with(&said), "{}", again.message);
    }
    let stats = touch.stats();
    assert_eq!((stats.running, stats.stuck, stats.started, stats.given_up), (0, 1, 2, 1));
    assert_eq!(as_plugin(&check.run(&brief()).await, &[]).0, 2);

    mount.speak();
    all_back(&touch).await;
    is_well(&check).await;
    assert_eq!(touch.stats().started, 3);

    // The server is gone, the mount is not: whoever asks is told so at once.
    mount.fall_silent();
    failure(&check).await;
    drop(mount);
    all_back(&touch).await;
}

#[tokio::test]
async fn two_checks_of_one_mount_send_one_child() {
    let Some(mount) = FuseMount::start().unwrap() else { return };
    let touch = Touch::new();
    let there = Mount::at(path(&mount)).unwrap().touch(&touch);
    let room = Disk::at(path(&mount)).unwrap().touch(&touch);
    tokio::join!(is_well(&there), is_well(&room));
    assert_eq!(touch.stats().started, 2);

    mount.fall_silent();
    let (there, room) = tokio::join!(failure(&there), failure(&room));
    assert_eq!((there.cause, room.cause, touch.stats().started), (Cause::Timeout, Cause::Timeout, 3));
}

#[tokio::test]
async fn those_that_are_stuck_are_counted_and_capped_over_all_mounts() {
    let mounts: Vec<_> = (0..3).map_while(|_| FuseMount::start().unwrap()).collect();
    let [one, two, three] = mounts.as_slice() else { return };
    let touch = Touch::at_most(2);
    let check = |mount: &FuseMount| Mount::at(path(mount)).unwrap().touch(&touch);
    for (others, mount) in [one, two].into_iter().enumerate() {
        mount.fall_silent();
        // On a busy machine a child can be killed before it has asked: it is gone then, not stuck.
        for _ in 0..20 {
            failure(&check(mount)).await;
            if touch.stats().stuck > others {
                break;
            }
        }
    }
    assert_eq!(touch.stats().stuck, 2);
    // The third one may be well: that it cannot be looked at is not its fault.
    match check(three).run(&brief()).await {
        CheckOutcome::Prober(error) => assert_eq!(error.kind(), ErrorKind::RateLimited),
        other => panic!("{other:?}"),
    }
    one.speak();
    while touch.stats().stuck == 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    is_well(&check(three)).await;
}

#[test]
fn a_process_ends_although_its_mount_is_stuck() {
    let Some(mount) = FuseMount::start().unwrap() else { return };
    mount.fall_silent();
    let this = std::env::current_exe().unwrap();
    let test = "mounts::asked_in_a_process_of_its_own";
    let ended = Binary::new(this).args(["--exact", test, "--nocapture"]).env(VARIABLE, path(&mount)).run();
    let output = ended.unwrap();
    assert_eq!(output.code(), Some(0), "{output:?}");
    assert!(output.stdout.contains("ended with the mount stuck"), "{output:?}");
    // The child is still there, waiting for its answer.
    assert_eq!(mount.waiting(), 1);
}

/// For the test above; on its own it asks a mount that is always there.
#[test]
fn asked_in_a_process_of_its_own() {
    let silent = std::env::var(VARIABLE).ok();
    let check = Mount::at(silent.as_deref().unwrap_or("/proc")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = runtime.block_on(check.run(&brief()));
    drop(runtime);
    match (silent, outcome) {
        (None, CheckOutcome::Answered(_)) => {}
        (Some(path), CheckOutcome::Failed(failure)) if failure.cause == Cause::Timeout => {
            assert!(Path::new("/proc/self/mountinfo").exists() && failure.message.starts_with(&path));
            println!("ended with the mount stuck");
        }
        (silent, outcome) => panic!("{silent:?}: {outcome:?}"),
    }
}

/// Half of them are cut off on their way, at moments that differ.
#[tokio::test]
async fn runs_that_end_and_runs_that_are_cut_off_leave_nothing() {
    let touch = Touch::new();
    let table = ProcessTable::new().with_age(Duration::ZERO);
    let checks: [Box<dyn Check>; 4] = [
        Box::new(Mount::at("/proc").unwrap().touch(&touch)),
        Box::new(Disk::at("/").unwrap().touch(&touch)),
        Box::new(FileAge::newest("/etc/*").unwrap().touch(&touch)),
        Box::new(Processes::of(&table).argument("x")),
    ];
    let long = Cx::background().with_timeout(Duration::from_secs(60));
    for check in &checks {
        check.run(&long).await;
    }
    let leaks = Leaks::start().unwrap();
    for round in 0..count(1000, 100_000) {
        let check = &checks[round % checks.len()];
        if round % 8 < 4 {
            check.run(&long).await;
        } else {
            let cut = Cx::background().with_timeout(Duration::from_micros(fastrand::u64(..4000)));
            let _ = tokio::time::timeout(Duration::from_micros(fastrand::u64(..4000)), check.run(&cut)).await;
        }
    }
    all_back(&touch).await;
    assert_eq!(touch.stats().running, 0);
    leaks.check().unwrap();
}
