//! Releases.

use super::conform::conforms;
use super::files::Packed;
use super::stages::{Built, env};
use purlin_core::Cx;
use purlin_deploy::{Landed, Step, steps};
use purlin_testkit::suites::deploy::StepAbility;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

fn versions(work: &Path) -> Vec<String> {
    let entries = fs::read_dir(work.join("map/releases")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}

fn release(packed: &Packed, version: &str) -> steps::Release {
    steps::Release::upload(packed.path()).into("{{ root }}/map").version(version).strip(1)
}

fn built(version: &str) -> Built {
    let packed = Packed::new(version);
    Built::new(release(&packed, version)).keeping(packed.0)
}

#[tokio::test]
async fn releases_conform() {
    // Cut links are tried on the second one alone, which does all that the others do.
    conforms("release first", &[StepAbility::Travels], || built("42")).await;
    conforms("release after another", &[], || {
        built("42").with(|work| {
            fs::create_dir_all(work.join("map/releases/41")).unwrap();
            fs::write(work.join("map/releases/.switched"), "41\n").unwrap();
            symlink("releases/41", work.join("map/current")).unwrap();
        })
    })
    .await;
    conforms("release of one file", &[StepAbility::Travels], || {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("map.war");
        fs::write(&file, "a web application").unwrap();
        Built::new(steps::Release::upload(file).into("{{ root }}/map")).keeping(folder)
    })
    .await;
}

#[tokio::test]
async fn good_and_current_releases_stay_and_failed_ones_go_first() {
    let cx = Cx::background();
    let built = built("0");
    let env = env(&built).await;
    fs::create_dir_all(built.work().join("map/releases/by-hand")).unwrap();
    for version in ["1", "2", "3", "4"] {
        let packed = Packed::new(version);
        let step = release(&packed, version).keep(2);
        let found = step.check(&cx, &env).await.unwrap();
        let outputs = step.apply(&cx, &env, &found).await.unwrap();
        assert_eq!(outputs.get(&steps::Release::VERSION).unwrap(), version);
        let path = outputs.get(&steps::Release::PATH).unwrap();
        assert_eq!(fs::read_to_string(format!("{path}/version")).unwrap(), version);
    }
    assert_eq!(versions(&built.work()), ["3", "4", "by-hand"]);

    // One that is taken back leaves those that were good.
    let packed = Packed::new("5");
    let failed = release(&packed, "5").keep(2);
    let found = failed.check(&cx, &env).await.unwrap();
    failed.apply(&cx, &env, &found).await.unwrap();
    failed.undo(&cx, &env, found.before().unwrap()).await.unwrap();
    assert_eq!(fs::read_link(built.work().join("map/current")).unwrap(), Path::new("releases/4"));
    assert!(!versions(&built.work()).contains(&"5".to_owned()));

    // To keep one alone leaves the way back open nevertheless.
    let next = release(&packed, "6").keep(1);
    let found = next.check(&cx, &env).await.unwrap();
    next.apply(&cx, &env, &found).await.unwrap();
    assert_eq!(versions(&built.work()), ["4", "6", "by-hand"]);
    next.undo(&cx, &env, found.before().unwrap()).await.unwrap();
    assert_eq!(fs::read_link(built.work().join("map/current")).unwrap(), Path::new("releases/4"));
}

#[tokio::test]
async fn a_release_made_of_something_else_blocks_and_one_that_landed_tells_its_outputs() {
    let cx = Cx::background();
    let built = built("42");
    let env = env(&built).await;
    let found = built.step.check(&cx, &env).await.unwrap();
    built.step.apply(&cx, &env, &found).await.unwrap();
    let landed = built.step.reconcile(&cx, &env, found.before().unwrap()).await.unwrap();
    let Landed::Yes(outputs) = landed else { panic!("{landed:?}") };
    assert_eq!(outputs.get(&steps::Release::VERSION).unwrap(), "42");

    let packed = Packed::new("something else");
    let other = steps::Release::upload(packed.path()).into("{{ root }}/map").version("42");
    assert_eq!(other.check(&cx, &env).await.unwrap().word(), "blocked");
    let outside = release(&packed, "../42");
    assert!(outside.check(&cx, &env).await.unwrap_err().message().contains("is no version"));
}
