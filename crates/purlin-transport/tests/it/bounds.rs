//! Ends, limits and what is left behind, on this machine.

use crate::here::{cx, folder, runs, session, until};
use purlin_core::{Cx, ErrorKind, Outcome};
use purlin_testkit::Canary;
use purlin_transport::{Command, Exit, FaultClass, Host, Local, SessionExt, Transport, TransportDetail};
use std::time::Duration;

#[tokio::test]
async fn the_deadline_ends_the_command_and_all_that_it_started() {
    let session = session().await;
    let (_folder, path) = folder();
    let script = format!("sleep 300 & echo $! > {path}/pid; wait");
    let command = Command::new("sh").args(["-c", &script]);
    let short = Cx::background().with_timeout(Duration::from_millis(600));
    let error = session.run(&short, &command).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Maybe));
    assert!(error.to_string().contains("host here; the command was killed"), "{error}");
    let pid = std::fs::read_to_string(format!("{path}/pid")).unwrap();
    until("the child is gone", || !runs(&pid)).await;
}

#[tokio::test]
async fn a_dropped_call_ends_the_command_and_all_that_it_started() {
    let session = session().await;
    let (_folder, path) = folder();
    let script = format!("sleep 300 & echo $! > {path}/pid; wait");
    let command = Command::new("sh").args(["-c", &script]);
    let file = format!("{path}/pid");
    let written = || std::fs::read_to_string(&file).is_ok_and(|text| text.ends_with('\n'));
    let cx = cx();
    tokio::select! {
        _ = session.run(&cx, &command) => panic!("it ended"),
        () = until("it runs", written) => {}
    }
    let pid = std::fs::read_to_string(&file).unwrap();
    until("the child is gone", || !runs(&pid)).await;
}

#[tokio::test]
async fn a_cancelled_call_says_so() {
    let session = session().await;
    let (cx, canceller) = cx().cancellable();
    let sleeping = Command::new("sleep").arg("300");
    let cancel = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        canceller.cancel();
    };
    let (error, ()) = tokio::join!(session.run(&cx, &sleeping), cancel);
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Cancelled, Outcome::Maybe));
}

#[tokio::test]
async fn an_endless_output_is_bounded_and_flagged() {
    let session = session().await;
    let size: u64 = 64 * 1024 * 1024;
    let command = Command::new("head").args(["-c", &size.to_string(), "/dev/zero"]).keep(1000);
    let output = session.run(&cx(), &command).await.unwrap();
    assert_eq!((output.stdout.bytes().len(), output.stdout.passed_over()), (1000, size - 1000));
    assert!(output.stdout.is_cut() && !output.stderr.is_cut() && output.is_success());
}

#[tokio::test]
async fn input_larger_than_every_buffer_goes_through_while_output_is_read() {
    let session = session().await;
    let input: Vec<u8> = (0..8_000_000_u32).map(|number| (number % 251) as u8).collect();
    let output = session.run(&cx(), &Command::new("cat").stdin(input.clone())).await.unwrap();
    assert!(output.stdout.bytes()[..] == input[..]);
}

#[tokio::test]
async fn a_command_that_does_not_read_its_input_is_no_fault() {
    let session = session().await;
    let command = Command::new("true").stdin(vec![b'x'; 1_000_000]);
    assert!(session.run(&cx(), &command).await.unwrap().is_success());
}

#[tokio::test]
async fn what_a_daemon_holds_open_is_not_waited_for() {
    let session = session().await;
    let command = Command::new("sh").args(["-c", "sleep 60 & echo $!; echo started >&2"]);
    let output = session.run(&cx(), &command).await.unwrap();
    assert!(output.left_open && output.is_success());
    assert_eq!(output.stderr.line(), "started");
    let daemon = output.stdout.line();
    assert!(runs(&daemon), "what a command leaves running is its own affair");
    assert!(session.run(&cx(), &Command::new("kill").arg(&daemon)).await.unwrap().is_success());
}

#[tokio::test]
async fn a_signal_is_told_by_its_name() {
    let session = session().await;
    let output = session.run(&cx(), &Command::new("sh").args(["-c", "kill -TERM $$"])).await.unwrap();
    assert_eq!(output.exit, Exit::Signal("TERM".to_owned()));
}

#[tokio::test]
async fn secrets_stand_in_no_argument_list_and_in_no_debug_form() {
    let session = session().await;
    let canary = Canary::new();
    let secret = canary.secret().expose().clone();
    let command = Command::new("sh")
        .args([
            "-c",
            "tr '\\0' ' ' < /proc/$$/cmdline; tr '\\0' ' ' < /proc/$PPID/cmdline; printf '|%s' \"$TOKEN\"",
        ])
        .env("TOKEN", secret.as_str());
    canary.assert_absent(format!("{command:?}"));
    let output = session.run(&cx(), &command).await.unwrap().checked().unwrap();
    let text = output.stdout.text().into_owned();
    let (lists, value) = text.rsplit_once('|').unwrap();
    canary.assert_absent(lists);
    assert_eq!(value, secret);
}

#[tokio::test]
async fn variables_of_any_text_arrive_and_the_input_is_whole() {
    let session = session().await;
    let odd = "it's\n$HOME `id` \\ \"quoted\" é\n";
    let command = Command::new("sh")
        .args(["-c", "printf '%s|' \"$A\" \"$B\"; pwd; cat"])
        .env("A", odd)
        .env("B", "")
        .dir("/usr")
        .stdin(&b"the input\nof two lines\n"[..]);
    let output = session.run(&cx(), &command).await.unwrap().checked().unwrap();
    assert_eq!(output.stdout.text(), format!("{odd}||/usr\nthe input\nof two lines\n"));
}

#[tokio::test]
async fn a_folder_that_is_not_there_stops_the_command() {
    let session = session().await;
    let output = session.run(&cx(), &Command::new("echo").arg("x").dir("/no/such")).await.unwrap();
    assert_eq!((output.exit.code(), output.stdout.bytes().len()), (Some(126), 0));
    assert!(output.failure().to_string().contains("/no/such"), "{}", output.failure());
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused_before_anything_is_sent() {
    let session = session().await;
    let commands = [
        Command::new(""),
        Command::new("-rf"),
        Command::new("echo").arg("a\0b"),
        Command::new("echo").env("1A", "x"),
        Command::new("echo").env("A B", "x"),
        Command::new("echo").env("A", "x\0"),
        Command::new("echo").dir("\0"),
    ];
    for command in commands {
        let error = session.run(&cx(), &command).await.unwrap_err();
        assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent), "{command:?}");
    }
    let jump = Host::new("here").via(Host::new("gate"));
    let error = Local::new().connect(&cx(), &jump).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_failure_says_the_last_line_and_the_host() {
    let session = session().await;
    let command = Command::new("sh").args(["-c", "echo one >&2; echo 'no such map' >&2; exit 3"]);
    let error = session.run(&cx(), &command).await.unwrap().checked().unwrap_err();
    assert_eq!(error.to_string(), "transport.exec: the command failed (exit 3): no such map (host here)");
    assert_eq!(TransportDetail::class_of(&error), Some(FaultClass::CommandFailed));
    assert_eq!(error.outcome(), Outcome::Sent);
}

#[tokio::test]
async fn a_command_can_be_talked_to_while_it_runs() {
    use purlin_transport::Event;
    let session = session().await;
    let mut running = session.start(&cx(), &Command::new("cat").open_stdin()).await.unwrap();
    for word in ["one\n", "two\n"] {
        running.write(&cx(), word).await.unwrap();
        assert_eq!(running.next(&cx()).await.unwrap(), Some(Event::Stdout(word.into())));
    }
    running.close_stdin(&cx()).await.unwrap();
    assert!(running.write(&cx(), "three").await.is_err());
    assert!(running.output(&cx()).await.unwrap().is_success());
}
