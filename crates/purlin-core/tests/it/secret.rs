//! Secrets: never shown, wiped, fetched anew.

use purlin_core::{Cx, ErrorKind, Outcome, Secret, SecretRef, SecretSource, Wipe};
use purlin_testkit::Leaks;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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

struct Watched(Arc<AtomicBool>);

impl Wipe for Watched {
    fn wipe(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[test]
fn a_secret_is_wiped_when_it_is_dropped() {
    let wiped = Arc::new(AtomicBool::new(false));
    let secret = Secret::new(Watched(wiped.clone()));
    assert!(!wiped.load(Ordering::Acquire));
    drop(secret);
    assert!(wiped.load(Ordering::Acquire));
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_of_a_dropped_secret_is_left_in_memory() {
    use std::os::unix::fs::FileExt;
    let memory = std::fs::File::open("/proc/self/mem").unwrap();
    let read = |address: usize, length: usize| {
        let mut bytes = vec![0; length];
        memory.read_exact_at(&mut bytes, address as u64).unwrap();
        bytes
    };
    let word = b"hunter2 ";
    let holds = |bytes: Vec<u8>| bytes.chunks(word.len()).any(|chunk| chunk == word);
    let text = Secret::new("hunter2 ".repeat(512));
    let bytes = Secret::new(word.repeat(512));
    let addresses = [text.expose().as_ptr() as usize, bytes.expose().as_ptr() as usize];
    for address in addresses {
        assert!(holds(read(address, 4096)), "the test itself sees nothing");
    }
    drop((text, bytes));
    for address in addresses {
        assert!(!holds(read(address, 4096)));
    }
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
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.message().ends_with("50ms"), "{error}");
    // The thread that opens it is let go.
    drop(std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn one_thread_waits_for_a_file_that_does_not_answer_however_many_ask() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fifo");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let source = SecretRef::file(&path);
    // Of this test alone, since nextest gives each a process of its own.
    let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
    let before = threads();
    for _ in 0..5 {
        let cx = Cx::background().with_timeout(Duration::from_millis(20));
        let error = source.clone().resolve(&cx).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::NotSent));
    }
    assert_eq!(threads(), before + 1);
    drop(std::fs::OpenOptions::new().read(true).write(true).open(&path).unwrap());
    wait_until(|| threads() == before);
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "hunter2\n").unwrap();
    assert_eq!(resolve(&source).await.unwrap(), "hunter2");
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
async fn what_a_command_printed_is_kept_out_of_its_complaint() {
    let long = format!("{}…", "x".repeat(200));
    for (script, told) in [
        ("echo hunter2; echo 'hunter2 is no token' >&2; exit 1", "*** is no token"),
        ("printf 'hun\\nhunter2\\n'; echo 'not hunter2' >&2; exit 1", "not ***"),
        ("printf 'bad \\033[2Jtoken\\r' >&2; exit 1", "bad \\u{1b}[2Jtoken"),
        ("printf 'bad \\342\\200\\256token' >&2; exit 1", "bad \\u{202e}token"),
        ("head -c 300 /dev/zero | tr '\\0' x >&2; exit 1", long.as_str()),
        // A line whose beginning is lost could be the rest of the secret.
        ("echo hunter2; head -c 9000 /dev/zero | tr '\\0' x >&2; echo ter2 >&2; exit 1", ""),
        ("head -c 9000 /dev/zero >&2; echo >&2; echo sealed >&2; exit 1", "sealed"),
    ] {
        let error = resolve(&shell(script)).await.unwrap_err();
        let expected = if told.is_empty() { "exit status: 1)".to_owned() } else { format!("): {told}") };
        assert!(error.message().ends_with(&expected), "{script}: {error}");
    }
}

#[tokio::test]
async fn commands_of_one_reference_run_side_by_side() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "cd {} && touch $$ && until [ $(ls | wc -l) -ge 2 ]; do sleep 0.01; done; echo hunter2",
        folder.path().display()
    );
    let source = shell(&script);
    let (one, other) = tokio::join!(resolve(&source), resolve(&source));
    assert_eq!((one.unwrap(), other.unwrap()), ("hunter2".to_owned(), "hunter2".to_owned()));
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
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.message().ends_with("1s"), "{error}");
    let pids = std::fs::read_to_string(pids).unwrap();
    assert_eq!(pids.lines().count(), 2);
    for pid in pids.lines() {
        wait_until(|| !is_running(pid));
    }
}

/// Set for a second run of the test: where the command writes its numbers.
const PIDS: &str = "PURLIN_TEST_SECRET_PIDS";

#[tokio::test]
#[expect(clippy::exit, reason = "a program that ends at once is what is tested")]
async fn a_command_that_hangs_does_not_outlive_a_program_that_ends_at_once() {
    if let Some(pids) = std::env::var_os(PIDS) {
        let script = format!("sleep 1000 & echo $! > {0}; echo $$ >> {0}; wait", Path::new(&pids).display());
        let cx = Cx::background().with_timeout(Duration::from_millis(500));
        let error = shell(&script).resolve(&cx).await.unwrap_err();
        std::process::exit(if error.kind() == ErrorKind::Timeout { 7 } else { 8 });
    }
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let name = "secret::a_command_that_hangs_does_not_outlive_a_program_that_ends_at_once";
    let program = std::env::current_exe().unwrap();
    let run = std::process::Command::new(program).args(["--exact", name]).env(PIDS, &pids).output().unwrap();
    assert_eq!(run.status.code(), Some(7), "{run:?}");
    let pids = std::fs::read_to_string(pids).unwrap();
    assert_eq!(pids.lines().count(), 2);
    for pid in pids.lines() {
        wait_until(|| !is_running(pid));
    }
}

#[tokio::test]
async fn a_command_whose_caller_leaves_while_it_starts_is_ended_too() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..purlin_testkit::count(20, 500) {
        let pid = folder.path().join(round.to_string());
        let source = shell(&format!("echo $$ > {}; exec sleep 1000", pid.display()));
        let cx = Cx::background();
        let mut resolving = source.resolve(&cx);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(resolving.as_mut().poll(&mut context).is_pending());
        std::thread::sleep(Duration::from_micros(100 * round));
        drop(resolving);
    }
    // None is left in any group that this process has started.
    let own = std::process::id().to_string();
    wait_until(|| children_of(&own).is_empty());
    for pid in std::fs::read_dir(folder.path()).unwrap() {
        // Empty where it was killed before it could write.
        let pid = std::fs::read_to_string(pid.unwrap().path()).unwrap();
        assert!(pid.is_empty() || !is_running(pid.trim()), "{pid}");
    }
}

fn children_of(parent: &str) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{parent}/task")).unwrap();
    let children = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("children"));
    let lists = tasks.filter_map(|task| children(task.ok()?).ok());
    lists.flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[tokio::test]
async fn what_a_command_leaves_running_is_not_waited_for() {
    assert_eq!(resolve(&shell("sleep 5 & echo hunter2")).await.unwrap(), "hunter2");
}

#[tokio::test]
async fn nothing_is_left_open() {
    // What is made once and kept is made here.
    let _ = resolve(&shell("echo hunter2")).await;
    let leaks = Leaks::start().unwrap();
    for _ in 0..purlin_testkit::count(20, 500) {
        let _ = resolve(&shell("echo hunter2")).await;
        let _ = resolve(&shell("exit 1")).await;
        let cx = Cx::background().with_timeout(Duration::from_millis(5));
        let _ = shell("sleep 1000").resolve(&cx).await;
    }
    leaks.check().unwrap();
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
        ("\"hunter2\"", "one of { env"),
        ("4711", "one of { env"),
        ("47.11", "one of { env"),
        ("true", "one of { env"),
        ("[\"hunter2\"]", "one of { env"),
        ("{ env = \"X\", file = \"/x\" }", "one of { env"),
        ("{}", "one of { env"),
        ("{ env = 4711 }", "the name of a variable"),
        ("{ file = [\"hunter2\"] }", "a path"),
        ("{ command = [] }", "a list of words"),
        ("{ command = \"vault -token=hunter2\" }", "a list of words"),
        ("{ command = [\"vault\", 4711] }", "a list of words"),
        ("{ literal = \"hunter2\" }", "unknown field `literal`"),
        ("{ env = \"X\", value = \"hunter2\" }", "unknown field `value`"),
    ] {
        let error = toml::from_str::<Config>(&format!("password = {text}")).err().expect(text);
        // Its Display quotes the line; what a loader tells is the message.
        let message = error.message();
        assert!(message.contains(why), "{text}: {message}");
        assert!(!["hunter2", "4711", "47.11"].iter().any(|value| message.contains(value)), "{message}");
    }
    for text in ["\"hunter2\"", "4711", "-4711", "47.11", "null", "[\"hunter2\"]", "{\"env\":{\"x\":4711}}"] {
        let error = serde_json::from_str::<SecretRef>(text).unwrap_err().to_string();
        assert!(!["hunter2", "4711", "47.11"].iter().any(|value| error.contains(value)), "{error}");
    }
}
