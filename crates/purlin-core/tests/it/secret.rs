use purlin_core::{Cx, ErrorKind, Outcome, Secret, SecretRef, SecretSource};
use std::path::Path;
use std::time::Duration;

async fn resolve(source: &SecretRef) -> purlin_core::Result<String> {
    Ok(source.resolve(&Cx::background()).await?.expose().clone())
}

#[test]
fn debug_shows_nothing() {
    let secret = Secret::from("hunter2");
    assert_eq!(format!("{secret:?} {:?}", SecretRef::literal(secret.clone())), "*** SecretRef(literal ***)");
    let command = SecretRef::command(["vault", "-token=hunter2"]);
    assert_eq!(format!("{command:?}"), "SecretRef(command vault …)");
}

#[tokio::test]
async fn a_file_is_read_anew_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("password");
    let source = SecretRef::file(&path);
    std::fs::write(&path, "first\r\n").unwrap();
    assert_eq!(resolve(&source).await.unwrap(), "first");
    std::fs::write(&path, " second\n\n").unwrap();
    assert_eq!(resolve(&source).await.unwrap(), " second\n", "only the last line break goes");
}

#[tokio::test]
async fn bad_files_are_told_by_kind_and_name() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        SecretRef::file(path)
    };
    for (source, kind, words) in [
        (SecretRef::file(folder.path().join("missing")), ErrorKind::NotFound, "no such file or directory"),
        (SecretRef::file(folder.path()), ErrorKind::Invalid, "is a directory"),
        (write("empty", b"\n"), ErrorKind::Invalid, "the secret is empty"),
        (write("binary", b"hunter2\xff"), ErrorKind::Invalid, "the secret is not UTF-8"),
        (write("large", &[b'x'; 70_000]), ErrorKind::Invalid, "the secret is larger than 64 KiB"),
        (SecretRef::file(Path::new("/dev/zero")), ErrorKind::Invalid, "the secret is larger than 64 KiB"),
    ] {
        let error = resolve(&source).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(words), "{error}");
        assert_eq!(error.note(), Some(source.to_string().as_str()));
        assert_eq!(error.outcome(), Outcome::NotSent);
        assert!(!format!("{error:#} {error:?}").contains("hunter2"));
    }
}

#[tokio::test]
async fn a_fifo_nobody_writes_to_ends_with_the_call() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let cx = Cx::background().with_timeout(Duration::from_millis(50));
    let error = SecretRef::file(&path).resolve(&cx).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Timeout, "no answer within 50ms"));
    // The thread that opens it is let go.
    drop(std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap());
}

#[tokio::test]
async fn the_environment() {
    assert_eq!(resolve(&SecretRef::env("PATH")).await.unwrap(), std::env::var("PATH").unwrap());
    let error = resolve(&SecretRef::env("PURLIN_SURELY_NOT_SET")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "secret.resolve: the environment variable is not set (env PURLIN_SURELY_NOT_SET)"
    );
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

fn shell(script: &str) -> SecretRef {
    SecretRef::command(["sh", "-c", script])
}

#[tokio::test]
async fn a_command_s_output_is_the_secret() {
    assert_eq!(resolve(&shell("echo hunter2; echo noise >&2")).await.unwrap(), "hunter2");
    let all = shell("head -c 60000 /dev/zero | tr '\\0' x");
    assert_eq!(resolve(&all).await.unwrap().len(), 60_000);
}

#[tokio::test]
async fn a_command_that_fails_says_why_and_not_what_it_printed() {
    let error = resolve(&shell("echo hunter2; echo 'vault: sealed' >&2; exit 3")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.message().ends_with("exit status: 3): vault: sealed"), "{error}");
    assert!(!format!("{error:?}").contains("hunter2"));
    let error = resolve(&SecretRef::command(["/nonexistent/vault"])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.message().starts_with("the command cannot be started"), "{error}");
    let error = resolve(&SecretRef::command(Vec::<String>::new())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_command_that_floods_is_cut_off() {
    for script in ["cat /dev/zero", "cat /dev/zero >&2 & exec cat /dev/zero"] {
        let error = resolve(&shell(script)).await.unwrap_err();
        assert_eq!(error.message(), "the secret is larger than 64 KiB");
    }
    // A flood of complaints alone is read and thrown away.
    assert_eq!(resolve(&shell("head -c 1000000 /dev/zero >&2; echo hunter2")).await.unwrap(), "hunter2");
}

#[tokio::test]
async fn a_command_that_hangs_is_killed_with_its_children() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let script = format!("sleep 1000 & echo $! > {0}; echo $$ >> {0}; wait", pids.display());
    let cx = Cx::background().with_timeout(Duration::from_secs(1));
    let error = shell(&script).resolve(&cx).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Timeout, "no answer within 1s"));
    let pids = std::fs::read_to_string(pids).unwrap();
    assert_eq!(pids.lines().count(), 2);
    for pid in pids.lines() {
        wait_until(|| !is_running(pid));
    }
}

#[tokio::test]
async fn what_a_command_leaves_running_is_not_waited_for() {
    assert_eq!(resolve(&shell("sleep 5 & echo hunter2")).await.unwrap(), "hunter2");
}

#[tokio::test]
async fn nothing_is_left_open() {
    let leaks = purlin_testkit_counts();
    for _ in 0..20 {
        let _ = resolve(&shell("echo hunter2")).await;
        let _ = resolve(&shell("exit 1")).await;
    }
    wait_until(|| purlin_testkit_counts() <= leaks);
}

fn purlin_testkit_counts() -> (usize, usize) {
    let count = |path| std::fs::read_dir(path).unwrap().count();
    (count("/proc/self/fd"), count("/proc/self/task"))
}

/// A process that was killed and not reaped yet by whoever adopted it is not running.
fn is_running(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

fn wait_until(mut done: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if done() {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("it did not come to pass");
}

#[derive(serde::Deserialize)]
struct Config {
    #[allow(dead_code, reason = "only its being there counts")]
    password: SecretRef,
}

#[test]
fn one_form_in_configuration_files() {
    for text in ["{ env = \"X\" }", "{ file = \"/run/x\" }", "{ command = [\"pass\", \"show\"] }"] {
        toml::from_str::<Config>(&format!("password = {text}")).unwrap();
    }
    for (text, why) in [
        ("\"hunter2\"", "invalid type: string"),
        ("{ env = \"X\", file = \"/x\" }", "one of { env"),
        ("{}", "one of { env"),
        ("{ command = [] }", "a list of words"),
        ("{ literal = \"x\" }", "unknown field `literal`"),
    ] {
        let error = toml::from_str::<Config>(&format!("password = {text}")).err().expect(text);
        assert!(error.to_string().contains(why), "{text}: {error}");
    }
}
