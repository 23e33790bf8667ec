//! Files, folders, links, locks, archives.

use super::conform::conforms;
use super::stages::{Built, env};
use purlin_core::{Cx, SecretRef};
use purlin_deploy::{Finding, Undo, steps};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

/// A folder with `map/version` in it, packed: the same bytes for the same text.
pub(crate) struct Packed(pub(crate) tempfile::TempDir);

impl Packed {
    pub(crate) fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("map")).unwrap();
        fs::write(folder.path().join("map/version"), text).unwrap();
        let packed = Self(folder);
        let plain = ["--mtime=@0", "--sort=name", "--owner=0", "--group=0", "--mode=go-w"];
        let mut tar = Command::new("tar");
        tar.args(plain).arg("-czf").arg(packed.path()).arg("-C").arg(packed.0.path()).arg("map");
        assert!(tar.status().unwrap().success());
        packed
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.0.path().join("map.tar.gz")
    }
}

fn old(work: &Path) {
    fs::write(work.join("map.conf"), "port = 1\n").unwrap();
}

#[tokio::test]
async fn files_conform() {
    let file = || steps::File::new("{{ root }}/map.conf", "port = 8080\n").mode(0o640);
    conforms("file fresh", &[], move || Built::new(file())).await;
    conforms("file over an old one", &[], move || Built::new(file()).with(old)).await;
    conforms("file sensitive", &[], move || Built::new(file().sensitive()).with(old)).await;
}

#[tokio::test]
async fn commands_conform() {
    let undo = ["rm", "-f", "{{ root }}/made"];
    conforms("command creates", &[], move || {
        let command =
            steps::Command::creates(["cp", "{{ root }}/map.conf", "{{ root }}/made"], "{{ root }}/made");
        Built::new(command.undo(undo)).with(old)
    })
    .await;
    conforms("command unless", &[], move || {
        let command = steps::Command::unless(["touch", "{{ root }}/made"], ["test", "-e", "{{ root }}/made"]);
        Built::new(command.undo(undo).idempotent())
    })
    .await;
}

#[tokio::test]
async fn templates_conform() {
    conforms("template", &[], || {
        let secret = SecretRef::literal("hunter2-hunter2".to_owned());
        let step =
            steps::Template::new("{{ root }}/map.conf", "host = {{ host }}\npassword = {{ password }}\n");
        let mut built = Built::new(step.secret("password", secret)).with(old);
        built.secrets.push("hunter2-hunter2".to_owned());
        built
    })
    .await;
}

#[tokio::test]
async fn directories_conform() {
    let step = || steps::Directory::new("{{ root }}/srv/map/logs").mode(0o750);
    conforms("directory fresh", &[], move || Built::new(step())).await;
    conforms("directory of another mode", &[], move || {
        Built::new(step()).with(|work| fs::create_dir_all(work.join("srv/map/logs")).unwrap())
    })
    .await;
}

#[tokio::test]
async fn links_conform() {
    let step = || steps::Link::new("{{ root }}/current", "releases/2");
    let folders = |work: &Path| {
        fs::create_dir_all(work.join("releases/1")).unwrap();
        fs::create_dir_all(work.join("releases/2")).unwrap();
    };
    conforms("link fresh", &[], move || Built::new(step()).with(folders)).await;
    conforms("link switched", &[], move || {
        Built::new(step()).with(folders).with(|work| symlink("releases/1", work.join("current")).unwrap())
    })
    .await;
}

#[tokio::test]
async fn locks_conform() {
    conforms("lock", &[], || {
        let mut built = Built::new(steps::Lock::new("{{ root }}/deploying"));
        // It holds the time.
        built.ignored.push("/owner");
        built
    })
    .await;
}

#[tokio::test]
async fn archives_conform() {
    conforms("archive", &[], || {
        let packed = Packed::new("42");
        Built::new(steps::Archive::new(packed.path(), "{{ root }}/map-42").strip(1)).keeping(packed.0)
    })
    .await;
}

#[tokio::test]
async fn a_variable_that_is_not_there_is_named_with_its_template() {
    let built = Built::new(steps::Template::new("{{ root }}/map.conf", "a\nport = {{ prot }}\n"));
    let error = built.step.check(&Cx::background(), &env(&built).await).await.unwrap_err();
    assert!(error.message().contains("\"prot\" has no value"), "{error}");
    assert!(error.message().contains("map.conf"), "{error}");
}

#[tokio::test]
async fn a_secret_and_what_it_replaces_are_in_no_finding() {
    let secret = SecretRef::literal("hunter2-hunter2".to_owned());
    let step =
        steps::Template::new("{{ root }}/map.conf", "password = {{ password }}\n").secret("password", secret);
    let built =
        Built::new(step).with(|work| fs::write(work.join("map.conf"), "password = older-one\n").unwrap());
    let found = built.step.check(&Cx::background(), &env(&built).await).await.unwrap();
    let text = serde_json::to_string(&found).unwrap();
    for secret in ["hunter2", "older-one", "b2xkZXItb25l"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn what_is_in_the_way_blocks() {
    let cx = Cx::background();
    let folder = |work: &Path| fs::create_dir(work.join("there")).unwrap();
    let packed = Packed::new("1");
    let blocked: [Built; 4] = [
        Built::new(steps::File::new("{{ root }}/there", "x")).with(folder),
        Built::new(steps::Link::new("{{ root }}/there", "x")).with(folder),
        Built::new(steps::Archive::new(packed.path(), "{{ root }}/there")).with(folder),
        Built::new(steps::Directory::new("{{ root }}/there/below"))
            .with(|work| fs::write(work.join("there"), "x").unwrap()),
    ];
    for built in blocked {
        let found = built.step.check(&cx, &env(&built).await).await.unwrap();
        assert_eq!(found.word(), "blocked", "{:?}: {found:?}", built.step);
    }
}

#[tokio::test]
async fn a_link_never_leads_nowhere_and_is_not_taken_from_others() {
    let cx = Cx::background();
    let built = Built::new(steps::Link::new("{{ root }}/current", "releases/3"));
    let env = env(&built).await;
    let found = built.step.check(&cx, &env).await.unwrap();
    let error = built.step.apply(&cx, &env, &found).await.unwrap_err();
    assert!(error.message().contains("is not there"), "{error}");
    assert!(!built.work().join("current").is_symlink());

    fs::create_dir_all(built.work().join("releases/3")).unwrap();
    built.step.apply(&cx, &env, &found).await.unwrap();
    fs::remove_file(built.work().join("current")).unwrap();
    symlink("releases/4", built.work().join("current")).unwrap();
    let error = built.step.undo(&cx, &env, found.before().unwrap()).await.unwrap_err();
    assert!(error.message().contains("leads to releases/4"), "{error}");
}

#[tokio::test]
async fn a_folder_with_something_in_it_is_not_removed() {
    let cx = Cx::background();
    let built = Built::new(steps::Directory::new("{{ root }}/map"));
    let env = env(&built).await;
    let found = built.step.check(&cx, &env).await.unwrap();
    built.step.apply(&cx, &env, &found).await.unwrap();
    fs::write(built.work().join("map/log"), "x").unwrap();
    let undo = built.step.undo(&cx, &env, found.before().unwrap()).await.unwrap();
    assert!(matches!(undo, Undo::Irreversible { .. }), "{undo:?}");
    assert!(built.work().join("map/log").exists());
}

#[tokio::test]
async fn a_lock_says_who_has_it_and_is_given_back_by_its_run_alone() {
    let cx = Cx::background();
    let built = Built::new(steps::Lock::new("{{ root }}/deploying"));
    let (ours, theirs) = (env(&built).await, env(&built).await);
    let theirs = theirs.with_attempt("run-2".into(), "lock".into(), 1, purlin_core::Fence::new(2));
    let found = built.step.check(&cx, &ours).await.unwrap();
    built.step.apply(&cx, &theirs, &found).await.unwrap();

    let Finding::Blocked { why } = built.step.check(&cx, &ours).await.unwrap() else { panic!() };
    assert!(why.contains("run run-2") && why.contains("step lock"), "{why}");
    let error = built.step.apply(&cx, &ours, &found).await.unwrap_err();
    assert_eq!(error.outcome(), purlin_core::Outcome::NotSent);
    let before = found.before().unwrap();
    assert_eq!(built.step.undo(&cx, &ours, before).await.unwrap(), Undo::NotNeeded);
    assert_eq!(built.step.undo(&cx, &theirs, before).await.unwrap(), Undo::Undone);
    assert!(!built.work().join("deploying").exists());
}

#[tokio::test]
async fn an_archive_that_changed_since_it_was_planned_is_refused() {
    let cx = Cx::background();
    let packed = Packed::new("42");
    let built = Built::new(steps::Archive::new(packed.path(), "{{ root }}/map"));
    let env = env(&built).await;
    let found = built.step.check(&cx, &env).await.unwrap();
    fs::copy(Packed::new("43").path(), packed.path()).unwrap();
    let error = built.step.apply(&cx, &env, &found).await.unwrap_err();
    assert!(error.message().contains("no longer the file"), "{error}");
    assert_eq!(fs::read_dir(built.work()).unwrap().count(), 0);
}
