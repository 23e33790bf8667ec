//! Kept shells on this machine.

use crate::here::{cx, folder, runs, session, until};
use purlin_core::{Cx, ErrorKind, Outcome};
use purlin_transport::{Probe, Shell, ShellSettings};
use std::time::Duration;

async fn shell() -> Shell {
    Shell::new(session().await, ShellSettings::new())
}

#[tokio::test]
async fn many_probes_are_answered_in_order() {
    let shell = shell().await;
    let probes: Vec<Probe> =
        (0..200).map(|number| Probe::new("echo \"$1\"; exit $(($1 % 7))").arg(number.to_string())).collect();
    for _ in 0..2 {
        for (number, answer) in shell.ask_all(&cx(), &probes).await.into_iter().enumerate() {
            let answer = answer.unwrap();
            assert_eq!(answer.stdout.line(), number.to_string());
            assert_eq!(answer.exit.code(), i32::try_from(number % 7).ok());
        }
    }
}

#[tokio::test]
async fn one_shell_serves_all_probes() {
    let shell = shell().await;
    let pid = Probe::new("echo $PPID; echo $$");
    let first = shell.ask(&cx(), &pid).await.unwrap();
    let second = shell.ask(&cx(), &pid).await.unwrap();
    assert_eq!(first.stdout, second.stdout);
}

#[tokio::test]
async fn a_probe_changes_nothing_for_the_next_one() {
    let shell = shell().await;
    shell
        .ask(&cx(), &Probe::new("cd /; A=1; export A; set -e; exec 2>&1; trap 'echo x' EXIT"))
        .await
        .unwrap();
    let answer = shell.ask(&cx(), &Probe::new("false; echo \"${A-unset}\"; cat")).await.unwrap();
    assert_eq!((answer.stdout.text().as_ref(), answer.exit.code()), ("unset\n", Some(0)));
    let broken = shell.ask(&cx(), &Probe::new("if; then ((")).await.unwrap();
    assert!(!broken.is_success() && !broken.stderr.bytes().is_empty());
    assert_eq!(shell.ask(&cx(), &Probe::new("echo on")).await.unwrap().stdout.line(), "on");
}

#[tokio::test]
async fn binary_output_and_both_outputs_come_whole() {
    let shell = shell().await;
    let probe = Probe::new("head -c 70000 /dev/zero; printf '\\001\\n\\n'; echo err >&2; printf last >&2");
    let answer = shell.ask(&cx(), &probe).await.unwrap();
    assert_eq!(answer.stdout.bytes().len(), 70_003);
    assert_eq!(answer.stderr.text(), "err\nlast");
    let cut = shell.ask(&cx(), &probe.keep(10)).await.unwrap();
    assert_eq!((cut.stdout.bytes().len(), cut.stdout.passed_over()), (10, 69_993));
}

#[tokio::test]
async fn a_slow_probe_is_ended_and_those_behind_it_are_answered() {
    let shell = shell().await;
    let (_folder, path) = folder();
    let slow =
        Probe::new("sleep 300 & echo $! > \"$1/pid\"; wait").arg(&path).limit(Duration::from_millis(500));
    let answers = shell.ask_all(&cx(), &[Probe::new("echo one"), slow, Probe::new("echo three")]).await;
    assert_eq!(answers[0].as_ref().unwrap().stdout.line(), "one");
    let error = answers[1].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Timeout, Outcome::Maybe));
    assert!(error.to_string().contains("the shell was ended"), "{error}");
    assert_eq!(answers[2].as_ref().unwrap().stdout.line(), "three");
    let pid = std::fs::read_to_string(format!("{path}/pid")).unwrap();
    until("what the probe started is gone", || !runs(&pid)).await;
}

#[tokio::test]
async fn the_call_s_deadline_ends_all_and_says_what_was_not_asked() {
    let shell = shell().await;
    let short = Cx::background().with_timeout(Duration::from_millis(700));
    let probes = [Probe::new("echo one"), Probe::new("sleep 300"), Probe::new("echo three")];
    let answers = shell.ask_all(&short, &probes).await;
    assert!(answers[0].is_ok());
    let outcomes: Vec<_> = answers[1..].iter().map(|answer| answer.as_ref().unwrap_err().outcome()).collect();
    assert_eq!(outcomes, [Outcome::Maybe, Outcome::NotSent]);
    assert_eq!(shell.ask(&cx(), &Probe::new("echo again")).await.unwrap().stdout.line(), "again");
}

#[tokio::test]
async fn a_dropped_call_leaves_no_answer_behind() {
    let shell = shell().await;
    assert!(shell.ask(&cx(), &Probe::new(":")).await.is_ok());
    let probe = Probe::new("sleep 0.2; echo old");
    let cx = cx();
    tokio::select! {
        _ = shell.ask(&cx, &probe) => panic!("it was faster"),
        () = tokio::time::sleep(Duration::from_millis(50)) => {}
    }
    assert_eq!(shell.ask(&cx, &Probe::new("echo new")).await.unwrap().stdout.line(), "new");
}

#[tokio::test]
async fn a_shell_that_ended_meanwhile_is_replaced() {
    let shell = shell().await;
    let pid = shell.ask(&cx(), &Probe::new("echo $$")).await.unwrap().stdout.line();
    let gone = shell.ask(&cx(), &Probe::new("kill -9 $$; sleep 60")).await.unwrap_err();
    assert_eq!(gone.outcome(), Outcome::Maybe, "{gone}");
    let next = shell.ask(&cx(), &Probe::new("echo $$")).await.unwrap().stdout.line();
    assert_ne!(pid, next);
}

#[tokio::test]
async fn what_cannot_be_asked_does_not_hinder_the_others() {
    let shell = shell().await;
    let probes = [Probe::new("echo \0"), Probe::new("echo fine")];
    let answers = shell.ask_all(&cx(), &probes).await;
    assert_eq!(answers[0].as_ref().unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(answers[1].as_ref().unwrap().stdout.line(), "fine");
    let none = shell.ask_all(&cx(), &[]).await;
    assert!(none.is_empty());
}
