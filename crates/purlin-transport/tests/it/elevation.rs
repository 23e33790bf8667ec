//! Commands as somebody else: with the real sudo where the tests may use it, and with stand-ins for what one says that
//! would need another configuration of the machine.

use crate::here::{cx, folder, session};
use purlin_core::{ErrorKind, Outcome};
use purlin_testkit::{Canary, require_program, skip};
use purlin_transport::quote;
use purlin_transport::{
    Become, Command, FaultClass, Output, Probe, SessionExt, Shell, ShellSettings, TransportDetail,
};
use std::os::unix::fs::PermissionsExt;

/// Passes over the options that a `sudo` is given, up to the command.
const OPTIONS: &str =
    "p=; while [ \"$1\" != -- ]; do case $1 in -p) p=$2; shift;; -u) shift;; esac; shift; done; shift\n";

/// Runs it by a stand-in for sudo.
async fn by(script: &str, become_: Become, command: Command) -> purlin_core::Result<Output> {
    let (_folder, path) = folder();
    let file = format!("{path}/sudo");
    std::fs::write(&file, format!("#!/bin/sh\n{OPTIONS}{script}\n")).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    session().await.run(&cx(), &command.elevated(become_.program(&file))).await
}

const ASKS: &str = "printf %s \"$p\" >&2; IFS= read -r w; if [ \"$w\" = right ]; then exec \"$@\"; fi\n\
                    echo 'Sorry, try again.' >&2; printf %s \"$p\" >&2; read -r w; exit 1";

#[tokio::test]
async fn the_real_sudo_lets_root_become_somebody_else() {
    if require_program("sudo").is_none() {
        return;
    }
    let session = session().await;
    let own = session.run(&cx(), &Command::new("id").arg("-un")).await.unwrap().stdout.line();
    if own != "root" {
        return skip("only root becomes somebody else without a password");
    }
    let as_nobody = Become::user("nobody");
    let command = Command::new("sh")
        .args(["-c", "id -un; echo \"$A\"; cat; echo err >&2"])
        .env("A", "it's")
        .stdin(&b"input"[..])
        .elevated(as_nobody.clone());
    let output = session.run(&cx(), &command).await.unwrap().checked().unwrap();
    assert_eq!(
        (output.stdout.text().as_ref(), output.stderr.line().as_str()),
        ("nobody\nit's\ninput", "err")
    );

    let shell = Shell::new(session.clone(), ShellSettings::new().elevated(as_nobody));
    assert_eq!(shell.ask(&cx(), &Probe::new("id -un")).await.unwrap().stdout.line(), "nobody");

    let unknown = Command::new("true").elevated(Become::user("no-such-user"));
    let error = session.run(&cx(), &unknown).await.unwrap_err();
    assert_eq!(TransportDetail::class_of(&error), Some(FaultClass::BecomeDenied), "{error}");
    assert_eq!(error.message(), "sudo knows no user no-such-user");
}

#[tokio::test]
async fn a_password_is_given_when_it_is_asked_for() {
    let password = Canary::new();
    let script = ASKS.replace("right", &quote(password.secret().expose()));
    let become_ = Become::root().password(password.secret().clone());
    password.assert_absent(format!("{become_:?}"));
    let command = Command::new("cat").stdin(&b"the input"[..]);
    let output = by(&script, become_, command).await.unwrap();
    assert_eq!(output.stdout.text(), "the input");
    password.assert_absent(output.stderr.bytes());
}

#[tokio::test]
async fn a_password_that_nobody_asks_for_reaches_nobody() {
    let password = Canary::new();
    let become_ = Become::root().password(password.secret().clone());
    let command = Command::new("cat").stdin(&b"the input"[..]);
    let output = by("echo lecture >&2; exec \"$@\"", become_, command).await.unwrap();
    assert_eq!((output.stdout.text().as_ref(), output.stderr.text().as_ref()), ("the input", ""));
}

#[tokio::test]
async fn a_wrong_password_is_told_and_given_once() {
    let password = Canary::new();
    let become_ = Become::root().password(password.secret().clone());
    let error = by(ASKS, become_, Command::new("true")).await.unwrap_err();
    assert_eq!(TransportDetail::class_of(&error), Some(FaultClass::BecomePassword), "{error}");
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unauthenticated, Outcome::NotSent));
    assert_eq!(error.message(), "sudo does not accept the password to become root");
    password.assert_absent(format!("{error:#} {error:?}"));
}

#[tokio::test]
async fn refusals_are_told_apart_and_nothing_was_run() {
    let cases = [
        ("echo 'sudo: a password is required' >&2; exit 1", FaultClass::BecomePassword),
        ("echo 'sudo: sorry, you must have a tty to run sudo' >&2; exit 1", FaultClass::BecomeNeedsTty),
        ("echo 'dep is not in the sudoers file.' >&2; exit 1", FaultClass::BecomeDenied),
        ("exit 0", FaultClass::BecomeDenied),
    ];
    for (script, class) in cases {
        let error = by(script, Become::root(), Command::new("true")).await.unwrap_err();
        assert_eq!(TransportDetail::class_of(&error), Some(class), "{error}");
        assert_eq!(error.outcome(), Outcome::NotSent);
        assert!(error.to_string().contains("host here"), "{error}");
    }
    let nowhere = Command::new("true").elevated(Become::root().program("/no/such/sudo"));
    let error = session().await.run(&cx(), &nowhere).await.unwrap_err();
    assert_eq!(error.message(), "there is no sudo on the host");
}

#[tokio::test]
async fn a_command_that_speaks_like_sudo_is_not_taken_for_it() {
    let command = Command::new("sh").args(["-c", "echo 'sudo: a password is required' >&2; exit 1"]);
    let output = by("exec \"$@\"", Become::root(), command).await.unwrap();
    assert_eq!(
        (output.exit.code(), output.stderr.line().as_str()),
        (Some(1), "sudo: a password is required")
    );
}

#[tokio::test]
async fn names_that_would_be_options_are_refused() {
    for become_ in [Become::user(""), Become::user("-s"), Become::root().program("-x")] {
        let command = Command::new("true").elevated(become_);
        let error = session().await.run(&cx(), &command).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent));
    }
}
