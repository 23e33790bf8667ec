//! The suites over what is here.

use async_trait::async_trait;
use purlin_core::{Cx, Result};
use purlin_deploy::{Journal, MemoryJournal, Step, StepEnv, Variables, steps};
use purlin_testkit::suites::deploy::{JournalSubject, StepAbility, StepStage, StepSubject, journal, step};
use purlin_transport::{Host, Local, Transport};
use std::path::Path;
use std::sync::{Arc, Mutex};

fn golden(name: &str) -> String {
    format!("{}/tests/golden/{name}.txt", env!("CARGO_MANIFEST_DIR"))
}

struct Memory;

#[async_trait]
impl JournalSubject for Memory {
    fn implementation(&self) -> &str {
        "memory"
    }

    async fn empty(&self) -> Result<Arc<dyn Journal>> {
        Ok(Arc::new(MemoryJournal::new()))
    }
}

#[tokio::test]
async fn the_journal_in_memory_conforms() {
    journal(&Memory).await.assert_golden(golden("journal.memory"));
}

/// A step over a folder of this machine that is made for each stage.
struct Here {
    kind: &'static str,
    make: fn() -> Arc<dyn Step>,
    abilities: Vec<StepAbility>,
    folder: Mutex<Option<tempfile::TempDir>>,
}

/// Every name below a folder, with what it is.
fn seen(folder: &Path) -> String {
    let Ok(entries) = std::fs::read_dir(folder) else { return "nothing".to_owned() };
    let mut lines: Vec<String> = entries
        .flatten()
        .map(|entry| {
            let content = std::fs::read_to_string(entry.path()).unwrap_or_default();
            format!("{} {content:?}", entry.file_name().display())
        })
        .collect();
    lines.sort();
    lines.join("\n")
}

#[async_trait]
impl StepSubject for Here {
    fn implementation(&self) -> &str {
        self.kind
    }

    fn abilities(&self) -> Vec<StepAbility> {
        self.abilities.clone()
    }

    async fn stage(&self) -> Result<StepStage> {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        std::fs::write(root.join("there"), "v1\n").unwrap();
        let session = Local::new().connect(&Cx::background(), &Host::new("web01")).await?;
        let env =
            StepEnv::new(session).with_variables(&Variables::new().with("root", root.to_str().unwrap()));
        *self.folder.lock().unwrap() = Some(folder);
        Ok(StepStage::new((self.make)(), env, move || seen(&root)))
    }
}

fn here(kind: &'static str, make: fn() -> Arc<dyn Step>) -> Here {
    let abilities = vec![StepAbility::Sees, StepAbility::Undoes, StepAbility::Tells];
    Here { kind, make, abilities, folder: Mutex::new(None) }
}

#[tokio::test]
async fn a_file_conforms() {
    let new = here("file.new", || Arc::new(steps::File::new("{{ root }}/{{ host }}", "v1\n")));
    step(&new).await.assert_golden(golden("step.file.new"));
    let other = here("file.other", || Arc::new(steps::File::new("{{ root }}/there", "v2\n").mode(0o600)));
    step(&other).await.assert_golden(golden("step.file.other"));
}

#[tokio::test]
async fn a_command_conforms() {
    let made = here("command", || {
        let command =
            steps::Command::creates(["cp", "{{ root }}/there", "{{ root }}/made"], "{{ root }}/made");
        Arc::new(command.undo(["rm", "-f", "{{ root }}/made"]))
    });
    step(&made).await.assert_golden(golden("step.command"));
}
