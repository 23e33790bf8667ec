//! Servers that do what no OpenSSH would.

use super::inside::{Inside, Oddity};
use crate::here::cx;
use purlin_core::{Cx, ErrorKind, Outcome, Secret};
use purlin_transport::{Command, FaultClass, SessionExt, Ssh, Transport, TransportDetail};
use std::time::Duration;

fn class(error: &purlin_core::Error) -> Option<FaultClass> {
    TransportDetail::class_of(error)
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

#[tokio::test]
async fn a_password_answers_questions_that_are_not_shown() {
    let inside = Inside::start(Oddity::Asks).await;
    let right = Ssh::new(inside.settings().password(secret("right")));
    right.connect(&cx(), &inside.host()).await.unwrap();
    let wrong = Ssh::new(inside.settings().password(secret("wrong")));
    let error = wrong.connect(&cx(), &inside.host()).await.unwrap_err();
    assert_eq!(
        (class(&error), error.outcome()),
        (Some(FaultClass::LoginDenied), Outcome::NotSent),
        "{error}"
    );
    assert!(error.message().contains("the password to its questions"), "{error}");
    assert!(!format!("{error:#} {error:?}").contains("wrong"), "{error:?}");
}

#[tokio::test]
async fn a_password_is_given_where_passwords_are_taken() {
    let inside = Inside::start(Oddity::TakesPassword).await;
    let right = Ssh::new(inside.settings().password(secret("right")));
    right.connect(&cx(), &inside.host()).await.unwrap();
    let wrong = Ssh::new(inside.settings().password(secret("wrong")));
    let error = wrong.connect(&cx(), &inside.host()).await.unwrap_err();
    assert_eq!(class(&error), Some(FaultClass::LoginDenied), "{error}");
}

#[tokio::test]
async fn a_flood_before_the_login_does_no_harm() {
    let inside = Inside::start(Oddity::Banner).await;
    let session = inside.transport().connect(&cx(), &inside.host()).await.unwrap();
    let output = session.run(&cx(), &Command::new("cat").stdin(&b"fine"[..])).await.unwrap();
    assert_eq!(output.stdout.text(), "fine");
}

#[tokio::test]
async fn new_keys_in_the_middle_of_an_upload_lose_nothing() {
    let inside = Inside::start(Oddity::Rekeys).await;
    let session = inside.transport().connect(&cx(), &inside.host()).await.unwrap();
    let input: Vec<u8> = (0..2_000_000_u32).map(|number| (number % 249) as u8).collect();
    let output = session.run(&cx(), &Command::new("cat").stdin(input.clone())).await.unwrap();
    assert!(output.stdout.bytes()[..] == input[..], "{} bytes came back", output.stdout.bytes().len());
}

#[tokio::test]
async fn a_link_that_is_cut_before_the_status_leaves_the_command_in_doubt() {
    let inside = Inside::start(Oddity::None).await;
    let session = inside.transport().connect(&cx(), &inside.host()).await.unwrap();
    let error = session.run(&cx(), &Command::new("cut")).await.unwrap_err();
    assert_eq!((class(&error), error.outcome()), (Some(FaultClass::LinkLost), Outcome::Maybe), "{error}");
    assert!(error.to_string().contains("the roof fell in"), "{error}");
    // The session comes back by itself.
    let output = session.run(&cx(), &Command::new("cat").stdin(&b"again"[..])).await.unwrap();
    assert_eq!(output.stdout.text(), "again");
}

#[tokio::test]
async fn an_end_without_a_status_is_no_success() {
    let inside = Inside::start(Oddity::None).await;
    let session = inside.transport().connect(&cx(), &inside.host()).await.unwrap();
    let error = session.run(&cx(), &Command::new("no-status")).await.unwrap_err();
    assert_eq!((class(&error), error.outcome()), (Some(FaultClass::LinkLost), Outcome::Maybe), "{error}");
    let output = session.run(&cx(), &Command::new("status-first")).await.unwrap();
    assert_eq!((output.exit.code(), output.stdout.text().as_ref()), (Some(3), "late"));
}

#[tokio::test]
async fn a_host_that_reads_no_more_is_left_at_the_deadline() {
    let inside = Inside::start(Oddity::None).await;
    let session = inside.transport().connect(&cx(), &inside.host()).await.unwrap();
    let mut input = b"stall".to_vec();
    input.resize(20_000_000, b'x');
    let short = Cx::background().with_timeout(Duration::from_millis(500));
    let error = session.run(&short, &Command::new("cat").stdin(input)).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Maybe), "{error}");
    assert!(error.to_string().contains("may run on"), "{error}");
}

#[tokio::test]
async fn refused_channels_and_commands_are_busy_and_nothing_was_run() {
    for oddity in [Oddity::RefusesChannels, Oddity::RefusesCommands] {
        let inside = Inside::start(oddity).await;
        let session = inside.transport().connect(&cx(), &inside.host()).await.unwrap();
        let error = session.run(&cx(), &Command::new("cat")).await.unwrap_err();
        assert_eq!(
            (class(&error), error.outcome()),
            (Some(FaultClass::Busy), Outcome::NotSent),
            "{oddity:?}: {error}"
        );
    }
}
