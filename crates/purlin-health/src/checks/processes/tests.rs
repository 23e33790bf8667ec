use super::super::SystemRoots;
use super::*;
use std::path::Path;

/// Processes as the kernel shows them: number, name, state, pages, words.
const ALL: [(u32, &str, char, u32, &str); 5] = [
    (1, "systemd", 'S', 100, "/sbin/init\0splash\0"),
    (40, "java", 'S', 5000, "java\0-Dcatalina.base=/srv/map\0-Xmx2g\0"),
    (41, "java", 'D', 7000, "java\0-Dcatalina.base=/srv/other\0"),
    (50, "a-very-long-nam", 'R', 1, "/opt/a-very-long-name-indeed\0"),
    (60, "defunct", 'Z', 0, ""),
];

fn write(proc: &Path) {
    for (id, name, state, pages, words) in ALL {
        let folder = proc.join(id.to_string());
        std::fs::create_dir_all(&folder).unwrap();
        let stat =
            format!("{id} ({name}) {state} 1 1 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 100 9000 {pages} 184");
        std::fs::write(folder.join("stat"), stat).unwrap();
        std::fs::write(folder.join("cmdline"), words).unwrap();
    }
    // One that ends while it is looked at.
    std::fs::create_dir_all(proc.join("70")).unwrap();
    std::fs::create_dir_all(proc.join("sys")).unwrap();
}

async fn found(check: Processes) -> (f64, f64, Status) {
    match check.run(&Cx::background()).await {
        CheckOutcome::Answered(evidence) => {
            let pages = evidence.measurements[1].value / f64::from(rustix::param::page_size() as u32);
            (evidence.measurements[0].value, pages, evidence.verdict())
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn processes_are_counted_by_all_that_is_known_of_them() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let table = ProcessTable::new().with_roots(SystemRoots::new().proc(folder.path()));
    let all = || Processes::of(&table);
    assert_eq!(found(all()).await, (5.0, 12_101.0, Status::Ok));
    assert_eq!(found(all().name("java")).await, (2.0, 12_000.0, Status::Ok));
    assert_eq!(found(all().name("java").argument("base=/srv/map")).await, (1.0, 5000.0, Status::Ok));
    assert_eq!(found(all().name("a-very-long-name-indeed")).await, (1.0, 1.0, Status::Ok));
    assert_eq!(found(all().state(ProcessState::Zombie).count(Range::up_to(0.0))).await.2, Status::Critical);
    assert_eq!(found(all().state(ProcessState::Stuck)).await, (1.0, 7000.0, Status::Ok));
    assert_eq!(found(all().name("nginx")).await, (0.0, 0.0, Status::Critical));
    let mine = rustix::process::geteuid().as_raw();
    assert_eq!(found(all().user(mine.to_string())).await.0, 5.0);
    assert_eq!(found(all().user((mine + 1).to_string())).await.0, 0.0);
    let unknown = all().user("nobody-of-this-name").run(&Cx::background()).await;
    assert!(matches!(unknown, CheckOutcome::Prober(_)), "{unknown:?}");
}

#[tokio::test]
async fn one_look_serves_all_checks_of_a_moment() {
    let clock = purlin_core::SimClock::new();
    let cx = Cx::background().with_clock(clock.clone());
    let table = ProcessTable::new();
    let checks: Vec<_> = (0..100).map(|_| Processes::of(&table)).collect();
    for check in &checks {
        check.run(&cx).await;
    }
    assert_eq!(table.passes(), 1);
    clock.advance(std::time::Duration::from_secs(2));
    checks[0].run(&cx).await;
    assert_eq!(table.passes(), 2);
    // Who wants more than the last look saw has another one.
    Processes::of(&table).argument("x").run(&cx).await;
    assert_eq!(table.passes(), 3);
}

#[tokio::test]
async fn a_machine_that_shows_no_processes_is_no_failure_of_theirs() {
    let table = ProcessTable::new().with_roots(SystemRoots::new().proc("/no such folder"));
    let CheckOutcome::Prober(error) = Processes::of(&table).run(&Cx::background()).await else { panic!() };
    assert!(error.message().contains("/no such folder: no such file"), "{error}");
}
