//! Files and folders that may not be written, seen by somebody who is not root.

use crate::support::{Scratch, class, code, connect, cx, run, value};
use purlin_db::{ErrorClass, Value};
use purlin_db_sqlite::{Journal, Mode, Settings};
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

const FOLDER: &str = "PURLIN_TEST_RIGHTS_FOLDER";
const NOBODY: u32 = 65534;

#[tokio::test]
async fn child_without_rights() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let file = |name: &str| Settings::file(Path::new(&folder).join(name));
    for settings in
        [file("plain.db"), file("plain.db").mode(Mode::ReadOnly), file("plain.db").mode(Mode::Create)]
    {
        let mut session = connect(settings).await.unwrap();
        assert_eq!(value(&mut session, "SELECT a FROM t").await, Value::I64(1));
        let error = session.execute(&cx(), "INSERT INTO t VALUES (2)").await.unwrap_err();
        assert_eq!(class(&error), ErrorClass::NotWritable, "{error}");
    }
    // The file could be written, the journal beside it not.
    let mut session = connect(file("open.db")).await.unwrap();
    let error = session.execute(&cx(), "INSERT INTO t VALUES (2)").await.unwrap_err();
    assert_eq!((class(&error), code(&error)), (ErrorClass::NotWritable, 1544), "{error}");
    assert_eq!(value(&mut session, "SELECT a FROM t").await, Value::I64(1));
    let error = connect(file("new.db").mode(Mode::Create)).await.unwrap_err();
    assert_eq!(error.note(), Some("the file cannot be created there"), "{error}");
    let error = connect(file("secret.db")).await.unwrap_err();
    assert!(error.note().unwrap().contains("Permission denied"), "{error}");
    let error = connect(file("wal.db").mode(Mode::ReadOnly)).await.unwrap_err();
    assert!(error.note().is_some_and(|note| note.contains("immutable=1")), "{error:?}");
    let mut session = connect(file("wal.db").immutable()).await.unwrap();
    assert_eq!(value(&mut session, "SELECT a FROM t").await, Value::I64(1));
    println!("all fine");
}

#[tokio::test]
async fn files_and_folders_that_may_not_be_written_are_told_apart() {
    let scratch = Scratch::new();
    for (name, mode) in [("plain.db", 0o444), ("open.db", 0o666), ("secret.db", 0o000), ("wal.db", 0o444)] {
        let path = scratch.folder().join(name);
        let settings = Settings::file(&path).mode(Mode::Create);
        let settings = if name == "wal.db" { settings.journal(Journal::Wal) } else { settings };
        let mut session = connect(settings).await.unwrap();
        run(&mut session, "CREATE TABLE t (a); INSERT INTO t VALUES (1)").await;
        session.close(&cx()).await.unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
    }
    std::fs::set_permissions(scratch.folder(), Permissions::from_mode(0o555)).unwrap();
    // Copied, because the folder of the build need not be open to all.
    let binary = tempfile::tempdir().unwrap();
    std::fs::set_permissions(binary.path(), Permissions::from_mode(0o755)).unwrap();
    let program = binary.path().join("it");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut child = Command::new(&program);
    child.args(["--exact", "rights::child_without_rights", "--nocapture"]).current_dir("/");
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        child.uid(NOBODY).gid(NOBODY);
    }
    let output = child.env(FOLDER, scratch.folder()).output().unwrap();
    std::fs::set_permissions(scratch.folder(), Permissions::from_mode(0o755)).unwrap();
    let said =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("all fine"), "{said}");
}
