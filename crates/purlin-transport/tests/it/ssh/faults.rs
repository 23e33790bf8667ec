//! Hosts that are not as they should be.

use super::server::{start, with};
use crate::here::cx;
use purlin_core::{Cx, ErrorKind, Outcome};
use purlin_testkit::{Canary, Leaks, SshdSettings, capture};
use purlin_transport::{Command, Probe, SessionExt, Shell, ShellSettings, Transport, WriteFile};
use std::time::Duration;

#[tokio::test]
async fn start_files_that_print_and_fail_do_no_harm_to_a_kept_shell() {
    let Some(server) = with(SshdSettings::new().option("ForceCommand", FORCED)).await else { return };
    let session = server.transport().connect(&cx(), &server.host()).await.unwrap();
    let shell = Shell::new(session, ShellSettings::new());
    let answer = shell.ask(&cx(), &Probe::new("echo fine")).await.unwrap();
    assert_eq!(answer.stdout.text(), "fine\n");
}

/// What a banner and a broken start file do before the command.
const FORCED: &str = "echo 'Welcome!'; echo 'stty: no terminal' >&2; false; eval \"$SSH_ORIGINAL_COMMAND\"";

#[tokio::test]
async fn a_host_without_a_posix_shell_is_told_so() {
    let Some(server) = with(SshdSettings::new().option("ForceCommand", "echo this account is closed")).await
    else {
        return;
    };
    let session = server.transport().connect(&cx(), &server.host()).await.unwrap();
    let shell = Shell::new(session, ShellSettings::new());
    let error = shell.ask(&cx(), &Probe::new("echo fine")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unsupported, Outcome::NotSent), "{error}");
    assert!(error.to_string().contains("this account is closed"), "{error}");
}

#[tokio::test]
async fn a_file_below_a_file_is_refused() {
    let Some(server) = start().await else { return };
    let session = server.transport().connect(&cx(), &server.host()).await.unwrap();
    let error = session.write(&cx(), &WriteFile::new("/dev/null/x", "x")).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::NotFound, Outcome::Sent), "{error}");
    let error = session.write(&cx(), &WriteFile::new("/proc/x", "x")).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Sent, "{error}");
    assert!(error.to_string().contains("/proc/x") && error.to_string().contains("web01"), "{error}");
}

#[tokio::test]
async fn an_upload_that_is_cut_off_leaves_the_old_file_and_nothing_else() {
    let Some(server) = start().await else { return };
    let session = server.transport().connect(&cx(), &server.host()).await.unwrap();
    let path = format!("{}/map.conf", server.sshd.folder().display());
    session.put(&cx(), &path, "old".into()).await.unwrap();
    let proxied = WriteFile::new(&*path, vec![7; 40_000_000]);
    let (short, canceller) = Cx::background().cancellable();
    let file = proxied.on_progress(move |progress| {
        if progress.sent > 5_000_000 {
            canceller.cancel();
        }
    });
    let error = session.write(&short, &file).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    assert!(error.to_string().contains("the old file is left as it was"), "{error}");
    assert_eq!(session.contents(&cx(), &path).await.unwrap(), "old");
    let names: Vec<String> = session
        .list(&cx(), server.sshd.folder().to_str().unwrap())
        .await
        .unwrap()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(names, ["map.conf"]);
}

#[tokio::test]
async fn no_secret_is_told_to_anybody() {
    let Some(server) = start().await else { return };
    let canary = Canary::new();
    let secret = canary.secret().expose().clone();
    let session = server.transport().connect(&cx(), &server.host()).await.unwrap();
    let command = Command::new("sh").args(["-c", "exit 3"]).env("TOKEN", secret.as_str());
    let failing = async { session.run(&cx(), &command).await.unwrap().checked().unwrap_err() };
    let error = failing.await;
    canary.assert_absent(format!("{error:#} {error:?} {command:?} {session:?}"));
    let ((), told) = capture(|| tracing::info!(?command, ?session, "what was run"));
    canary.assert_absent(told);
    canary.assert_absent(server.sshd.server().log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_left_when_the_transport_goes() {
    let Some(server) = start().await else { return };
    let leaks = Leaks::start().unwrap();
    {
        let ssh = server.transport();
        let session = ssh.connect(&cx(), &server.host()).await.unwrap();
        let shell = Shell::new(session.clone(), ShellSettings::new());
        assert!(shell.ask(&cx(), &Probe::new(":")).await.unwrap().is_success());
        let _ = session.start(&cx(), &Command::new("sleep").arg("60")).await.unwrap();
    }
    // Calls that are dropped at any point of a log-in leave nothing either.
    for time in 0..20 {
        let ssh = server.transport();
        let connecting = async { ssh.connect(&cx(), &server.host()).await };
        let _ = tokio::time::timeout(Duration::from_millis(time * 3), connecting).await;
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let checked = tokio::task::spawn_blocking(move || leaks.within(Duration::from_secs(20)).check());
    checked.await.unwrap().unwrap();
}
