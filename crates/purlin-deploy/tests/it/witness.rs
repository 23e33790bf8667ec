//! Commands that outlive their link and their controller.

use crate::support::{deployment, records};
use purlin_core::Cx;
use purlin_deploy::{Deployer, Ending, Force, Holder, Journal, MemoryJournal, Record, Rollout, steps};
use std::sync::Arc;
use std::time::Duration;

/// A command that goes on until somebody says so, and writes a line each time that it is run.
fn slow(folder: &std::path::Path, code: u8) -> steps::Command {
    let root = folder.display();
    let script = format!(
        "echo run >> {root}/count; while [ ! -e {root}/go ]; do sleep 0.05; done; echo told; echo last >&2; exit {code}"
    );
    steps::Command::always(["sh", "-c", script.as_str()], "to see").at_most_once()
}

async fn until(exists: &std::path::Path) {
    while !exists.exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The controller dies while the command runs; another one waits for the command's own end.
async fn left_and_resumed(code: u8) -> (purlin_deploy::RunReport, String, Vec<purlin_deploy::Entry>) {
    let (folder, cx) = (tempfile::tempdir().unwrap(), Cx::background());
    let journal = Arc::new(MemoryJournal::new());
    let accepted = Rollout::all().accept_irreversible("it is a test");
    let deployment =
        deployment(folder.path(), "map 42", 1).step("slow", slow(folder.path(), code)).rollout(accepted);
    let deployer = Deployer::new(journal.clone() as Arc<dyn Journal>, Holder::new("kim", "desk"));
    let plan = deployer.plan(&cx, &deployment).await.unwrap();
    let count = folder.path().join("count");
    tokio::select! {
        ended = deployer.apply(&cx, &deployment, &plan) => panic!("it ended: {ended:?}"),
        () = until(&count) => {}
    }
    let run = journal.runs(&cx).await.unwrap()[0].run.clone();
    deployer.unlock(&cx, &run, Force::Yes, "its process is gone").await.unwrap();
    let go = folder.path().join("go");
    let resumed = deployer.resume(&cx, &deployment, &run);
    let (report, ()) = tokio::join!(resumed, async {
        // The new one is there before the command ends.
        while records(&*journal, &run)
            .await
            .iter()
            .all(|entry| !matches!(entry.record, Record::Resumed { .. }))
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        std::fs::write(&go, "").unwrap();
    });
    let entries = records(&*journal, &run).await;
    (report.unwrap(), std::fs::read_to_string(count).unwrap(), entries)
}

#[tokio::test]
async fn a_command_outlives_its_controller_and_runs_once() {
    let (report, count, entries) = left_and_resumed(0).await;
    assert_eq!(report.ending, Some(Ending::Succeeded), "{report:?}");
    assert_eq!(count, "run\n");
    let started = entries.iter().filter(|entry| matches!(entry.record, Record::Started { .. })).count();
    assert_eq!(started, 1);
}

#[tokio::test]
async fn a_command_that_failed_while_nobody_looked_waits_for_a_person() {
    let (report, count, _) = left_and_resumed(3).await;
    assert_eq!(report.ending, Some(Ending::NeedsPerson), "{report:?}");
    assert_eq!(count, "run\n");
    let open = report.hosts[0].open.join("\n");
    assert!(open.contains("exit 3") && open.contains("last"), "{open}");
}
