//! Kept shells.

use super::cases::cases;
use super::script::{ECHO_PROBE, SLEEP_PROBE, STATUS_PROBE};
use super::stage::{Case, SHORT, Stage, ensure, equal, failed, probe};
use crate::suites::Suite;
use purlin_core::{Cx, ErrorKind, Outcome};
use purlin_transport::{Exit, Probe, Shell, ShellSettings};

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases!(suite, stage, "shells";
        many_probes_are_answered_in_order ["shell"];
        a_slow_probe_does_not_hinder_the_others ["shell"];
        the_call_s_deadline_ends_it ["shell"];
        a_dropped_call_leaves_no_answer_behind ["shell"];
        callers_share_it ["shell"];
        what_cannot_be_asked_is_refused ["shell"];
        a_probe_changes_nothing_for_the_next ["shell", "evaluates"];
        one_shell_is_kept ["shell", "evaluates"];
    );
}

fn shell(stage: &Stage<'_>) -> Shell {
    Shell::new(stage.session.clone(), ShellSettings::new())
}

async fn echoes(shell: &Shell) -> Case {
    let answer = shell.ask(&Stage::cx(), &probe(ECHO_PROBE)).await?;
    equal("the answer", &answer.stdout.text().into_owned(), &"a b'c\n".to_owned())
}

async fn many_probes_are_answered_in_order(stage: &Stage<'_>) -> Case {
    let probes: Vec<Probe> =
        (0..60).map(|n| probe(if n % 2 == 0 { ECHO_PROBE } else { STATUS_PROBE })).collect();
    let shell = shell(stage);
    for _ in 0..2 {
        for (number, answer) in shell.ask_all(&Stage::cx(), &probes).await.into_iter().enumerate() {
            let answer = answer?;
            let wanted = if number % 2 == 0 { ("a b'c\n", "", 0) } else { ("out", "err", 7) };
            let got = (&*answer.stdout.text(), &*answer.stderr.text(), answer.exit.code().unwrap_or(-1));
            ensure(got == wanted, format!("answer {number} is {got:?} instead of {wanted:?}"))?;
        }
    }
    Ok(())
}

async fn a_slow_probe_does_not_hinder_the_others(stage: &Stage<'_>) -> Case {
    let shell = shell(stage);
    let probes = [probe(ECHO_PROBE), probe(SLEEP_PROBE).limit(SHORT), probe(STATUS_PROBE)];
    let mut answers = shell.ask_all(&Stage::cx(), &probes).await.into_iter();
    let mut next = || answers.next().ok_or("an answer is missing");
    next()??;
    let error = failed("a probe without end", next()?)?;
    equal("the kind", &error.kind(), &ErrorKind::Timeout)?;
    equal("the outcome", &error.outcome(), &Outcome::Maybe)?;
    ensure(error.to_string().contains(&stage.host().name), format!("the host is not named in {error}"))?;
    equal("the exit", &next()??.exit, &Exit::Code(7))
}

async fn the_call_s_deadline_ends_it(stage: &Stage<'_>) -> Case {
    let shell = shell(stage);
    echoes(&shell).await?;
    let probes = [probe(SLEEP_PROBE), probe(ECHO_PROBE)];
    let answers = shell.ask_all(&Cx::background().with_timeout(SHORT), &probes).await;
    equal("the number of answers", &answers.len(), &2)?;
    for answer in answers {
        equal("the kind", &failed("an answer", answer)?.kind(), &ErrorKind::Timeout)?;
    }
    echoes(&shell).await
}

async fn a_dropped_call_leaves_no_answer_behind(stage: &Stage<'_>) -> Case {
    let shell = shell(stage);
    for _ in 0..3 {
        let _ = tokio::time::timeout(SHORT / 3, shell.ask(&Stage::cx(), &probe(SLEEP_PROBE))).await;
        echoes(&shell).await?;
    }
    Ok(())
}

async fn callers_share_it(stage: &Stage<'_>) -> Case {
    let shell = shell(stage);
    let (one, two, three) = tokio::join!(echoes(&shell), echoes(&shell), echoes(&shell));
    one.and(two).and(three)
}

async fn what_cannot_be_asked_is_refused(stage: &Stage<'_>) -> Case {
    let shell = shell(stage);
    let probes = [probe(ECHO_PROBE).arg("a\0"), probe(STATUS_PROBE)];
    let mut answers = shell.ask_all(&Stage::cx(), &probes).await;
    let last = answers.pop().ok_or("an answer is missing")??;
    equal("the exit", &last.exit, &Exit::Code(7))?;
    let error = failed("a NUL", answers.pop().ok_or("an answer is missing")?)?;
    equal("the kind", &error.kind(), &ErrorKind::Invalid)
}

async fn a_probe_changes_nothing_for_the_next(stage: &Stage<'_>) -> Case {
    let shell = shell(stage);
    shell
        .ask(
            &Stage::cx(),
            &Probe::new("cd /; A=1; export A; set -e; exec 2>&1 </dev/null; trap 'echo x' EXIT"),
        )
        .await?;
    shell.ask(&Stage::cx(), &Probe::new("if; then ((")).await?;
    let answer = shell.ask(&Stage::cx(), &Probe::new("false; echo \"${A-unset}\"; cat")).await?;
    equal("what is set", &answer.stdout.text().into_owned(), &"unset\n".to_owned())
}

async fn one_shell_is_kept(stage: &Stage<'_>) -> Case {
    let shell = shell(stage);
    let first = shell.ask(&Stage::cx(), &Probe::new("echo $$")).await?;
    let second = shell.ask(&Stage::cx(), &Probe::new("echo $$")).await?;
    equal("the shell", &second.stdout, &first.stdout)
}
