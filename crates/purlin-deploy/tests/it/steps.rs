//! Ready steps, each over this machine, in a folder.

mod calls;
mod conform;
mod drains;
mod files;
#[cfg(feature = "config")]
mod kinds;
mod releases;
mod services;
mod stages;
mod waits;

use purlin_core::Cx;
use purlin_deploy::{Before, Finding, Step, StepEnv, Undo, steps};
use purlin_transport::{Host, Local, Transport};

async fn env(folder: &tempfile::TempDir) -> StepEnv {
    let session = Local::new().connect(&Cx::background(), &Host::new("web01")).await.unwrap();
    StepEnv::new(session)
        .with_variables(&purlin_deploy::Variables::new().with("root", folder.path().to_str().unwrap()))
}

fn before(finding: &Finding) -> Before {
    finding.before().cloned().unwrap()
}

#[tokio::test]
async fn a_file_is_written_proven_and_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let (cx, env) = (Cx::background(), env(&folder).await);
    let path = folder.path().join("web01.conf");
    let step = steps::File::new("{{ root }}/{{ host }}.conf", "v1\n").mode(0o640);

    let found = step.check(&cx, &env).await.unwrap();
    assert_eq!(found.word(), "change");
    assert!(found.text().ends_with("+v1\n"), "{}", found.text());
    let outputs = step.apply(&cx, &env, &found).await.unwrap();
    step.verify(&cx, &env, &outputs).await.unwrap();
    assert_eq!(step.check(&cx, &env).await.unwrap(), Finding::NoChange);

    let newer = steps::File::new("{{ root }}/{{ host }}.conf", "v2\n").mode(0o640);
    let change = newer.check(&cx, &env).await.unwrap();
    newer.apply(&cx, &env, &change).await.unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "v2\n");
    assert_eq!(newer.undo(&cx, &env, &before(&change)).await.unwrap(), Undo::Undone);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "v1\n");
    assert_eq!(newer.undo(&cx, &env, &before(&change)).await.unwrap(), Undo::NotNeeded);
    assert_eq!(step.undo(&cx, &env, &before(&found)).await.unwrap(), Undo::Undone);
    assert!(!path.exists());
}

#[tokio::test]
async fn a_command_says_what_it_will_do_and_fails_with_its_last_lines() {
    let folder = tempfile::tempdir().unwrap();
    let (cx, env) = (Cx::background(), env(&folder).await);
    let step = steps::Command::creates(["touch", "{{ root }}/made"], "{{ root }}/made");
    let found = step.check(&cx, &env).await.unwrap();
    assert_eq!(found.word(), "change");
    step.apply(&cx, &env, &found).await.unwrap();
    assert_eq!(step.check(&cx, &env).await.unwrap(), Finding::NoChange);

    let broken = steps::Command::always(["sh", "-c", "echo first; echo last >&2; exit 3"], "to see");
    let found = broken.check(&cx, &env).await.unwrap();
    assert_eq!(found.word(), "may");
    let error = broken.apply(&cx, &env, &found).await.unwrap_err();
    assert!(error.message().contains("exit 3") && error.message().contains("last"), "{error}");

    let blank = steps::File::new("{{ rot }}/x", "v");
    let error = blank.check(&cx, &env).await.unwrap_err();
    assert!(error.message().contains("\"rot\" has no value"), "{error}");
}
