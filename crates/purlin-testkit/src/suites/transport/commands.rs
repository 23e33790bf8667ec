//! Commands: what goes in and what comes out.

use super::cases::cases;
use super::script::{BOTH, CAT, TRUE};
use super::stage::{Case, Stage, command, ensure, equal, failed};
use crate::suites::Suite;
use purlin_core::{Cx, ErrorKind, Outcome};
use purlin_transport::{Command, Event, Exit, SessionExt};

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases!(suite, stage, "commands";
        both_outputs_and_the_status_come [];
        a_program_that_is_not_there_is_status_127 [];
        input_is_given_and_ended [];
        nothing_begins_after_the_end_of_the_call [];
        what_no_host_can_run_is_refused [];
        a_failure_names_the_host [];
        several_run_at_once [];
        arguments_arrive_as_they_are ["evaluates"];
        variables_and_folder_are_set ["evaluates"];
        a_variable_is_in_no_argument_list ["evaluates"];
        large_input_and_output_pass_each_other ["evaluates"];
        binary_output_is_kept ["evaluates"];
        an_output_without_end_is_bounded_and_flagged ["evaluates"];
        a_signal_is_told ["evaluates"];
        a_program_that_may_not_run_is_status_126 ["evaluates"];
        what_a_daemon_holds_open_is_not_waited_for ["evaluates"];
        it_can_be_talked_to ["evaluates"];
    );
}

async fn both_outputs_and_the_status_come(stage: &Stage<'_>) -> Case {
    let output = stage.run(&command(BOTH)).await?;
    equal("standard output", &output.stdout.text().into_owned(), &"out".to_owned())?;
    equal("standard error", &output.stderr.text().into_owned(), &"err".to_owned())?;
    equal("the exit", &output.exit, &Exit::Code(7))?;
    ensure(
        !output.is_success() && !output.left_open && !output.stdout.is_cut(),
        "it is told as something else",
    )
}

async fn a_program_that_is_not_there_is_status_127(stage: &Stage<'_>) -> Case {
    let output = stage.run(&Command::new("purlin-no-such-program").arg("x")).await?;
    equal("the exit", &output.exit, &Exit::Code(127))?;
    let named = output.stderr.text().contains("purlin-no-such-program");
    ensure(named, format!("it is not named in {:?}", output.stderr))
}

async fn input_is_given_and_ended(stage: &Stage<'_>) -> Case {
    let output = stage.run(&command(CAT).stdin(&b"one\n\0two"[..])).await?;
    equal("what came back", &output.stdout.bytes()[..], &b"one\n\0two"[..])?;
    let output = stage.run(&command(CAT)).await?;
    equal("what came back of nothing", &output.stdout.bytes().len(), &0)
}

async fn nothing_begins_after_the_end_of_the_call(stage: &Stage<'_>) -> Case {
    let (cx, canceller) = Cx::background().cancellable();
    canceller.cancel();
    let error = failed("a cancelled call", stage.session.run(&cx, &command(TRUE)).await)?;
    equal("the kind", &error.kind(), &ErrorKind::Cancelled)?;
    equal("the outcome", &error.outcome(), &Outcome::NotSent)?;
    let error = failed("a cancelled call", stage.transport.connect(&cx, &stage.host()).await)?;
    equal("the outcome", &error.outcome(), &Outcome::NotSent)
}

async fn what_no_host_can_run_is_refused(stage: &Stage<'_>) -> Case {
    let commands =
        [Command::new(""), Command::new("-x"), command(TRUE).arg("a\0"), command(TRUE).env("a b", "x")];
    for command in commands {
        let error = failed("a command that cannot be", stage.run(&command).await)?;
        equal("the kind", &error.kind(), &ErrorKind::Invalid)?;
        equal("the outcome", &error.outcome(), &Outcome::NotSent)?;
    }
    Ok(())
}

async fn a_failure_names_the_host(stage: &Stage<'_>) -> Case {
    let error = failed("a failed command", stage.run(&command(BOTH)).await?.checked())?;
    ensure(error.to_string().contains(&stage.host().name), format!("the host is not named in {error}"))?;
    let error = failed("an impossible command", stage.run(&Command::new("")).await)?;
    ensure(error.to_string().contains(&stage.host().name), format!("the host is not named in {error}"))
}

/// More than OpenSSH allows of them on one connection.
async fn several_run_at_once(stage: &Stage<'_>) -> Case {
    let commands: Vec<_> = (0..20).map(|number| command(CAT).stdin(format!("number {number}"))).collect();
    let mut running = Vec::new();
    for command in &commands {
        running.push(Box::pin(stage.run(command)));
    }
    for (number, output) in super::stage::all(running).await.into_iter().enumerate() {
        equal("what came back", &output?.stdout.text().into_owned(), &format!("number {number}"))?;
    }
    Ok(())
}

async fn arguments_arrive_as_they_are(stage: &Stage<'_>) -> Case {
    let odd = [
        "", "a b", "'", "\"", "$HOME", "`id`", "\\", "\n", "*", "~", "-n", "é", "!!", "#", "a=b", "{a,b}",
        "%s",
    ];
    let output = stage.run(&Command::new("printf").arg("[%s]\\n").args(odd)).await?;
    let wanted: String = odd.iter().map(|word| format!("[{word}]\n")).collect();
    equal("what arrived", &output.stdout.text().into_owned(), &wanted)
}

async fn variables_and_folder_are_set(stage: &Stage<'_>) -> Case {
    let odd = "it's\n$HOME `id` \\ \"q\" é\n";
    let script = "printf '%s|' \"$ODD\" \"$EMPTY\"; pwd; cat";
    let printing = command(&["sh", "-c", script]).env("ODD", odd).env("EMPTY", "").dir("/usr");
    let output = stage.run(&printing.stdin(&b"the input"[..])).await?;
    equal("what arrived", &output.stdout.text().into_owned(), &format!("{odd}||/usr\nthe input"))
}

async fn a_variable_is_in_no_argument_list(stage: &Stage<'_>) -> Case {
    let canary = crate::Canary::new();
    let script = "cat /proc/$$/cmdline /proc/$PPID/cmdline | tr '\\0' ' '; printf '\\n%s' \"$TOKEN\"";
    let output =
        stage.run(&command(&["sh", "-c", script]).env("TOKEN", canary.secret().expose().as_str())).await?;
    let text = output.stdout.text().into_owned();
    let (lists, value) = text.rsplit_once('\n').ok_or_else(|| format!("only {text:?} came"))?;
    canary.assert_absent(lists);
    ensure(value == canary.secret().expose(), "the variable has another value")
}

async fn large_input_and_output_pass_each_other(stage: &Stage<'_>) -> Case {
    let input: Vec<u8> = (0..5_000_000_u32).map(|number| (number % 251) as u8).collect();
    let output = stage.run(&command(CAT).stdin(input.clone())).await?;
    ensure(output.stdout.bytes()[..] == input[..], "what came back is something else")
}

async fn binary_output_is_kept(stage: &Stage<'_>) -> Case {
    let output = stage.run(&command(&["printf", "\\000\\377\\r\\n\\001"])).await?;
    equal("what came", &output.stdout.bytes()[..], &b"\0\xff\r\n\x01"[..])
}

async fn an_output_without_end_is_bounded_and_flagged(stage: &Stage<'_>) -> Case {
    let size = 20_000_000;
    let output = stage.run(&command(&["head", "-c", "20000000", "/dev/zero"]).keep(1000)).await?;
    equal("what was kept", &output.stdout.bytes().len(), &1000)?;
    equal("what was passed over", &output.stdout.passed_over(), &(size - 1000))
}

async fn a_signal_is_told(stage: &Stage<'_>) -> Case {
    let output = stage.run(&command(&["sh", "-c", "kill -KILL $$"])).await?;
    equal("the exit", &output.exit, &Exit::Signal("KILL".to_owned()))
}

async fn a_program_that_may_not_run_is_status_126(stage: &Stage<'_>) -> Case {
    let output = stage.run(&Command::new("/etc/passwd")).await?;
    equal("the exit", &output.exit, &Exit::Code(126))
}

async fn what_a_daemon_holds_open_is_not_waited_for(stage: &Stage<'_>) -> Case {
    let output = stage.run(&command(&["sh", "-c", "sleep 100 & echo $!"])).await?;
    ensure(output.is_success() && output.left_open, format!("it is told as {output:?}"))?;
    stage.run(&command(&["kill", &output.stdout.line()])).await?;
    stage.works().await
}

async fn it_can_be_talked_to(stage: &Stage<'_>) -> Case {
    let cx = Stage::cx();
    let mut running = stage.session.start(&cx, &command(CAT).open_stdin()).await?;
    for word in ["one\n", "two\n"] {
        running.write(&cx, word).await?;
        equal("what it said", &running.next(&cx).await?, &Some(Event::Stdout(word.into())))?;
    }
    running.close_stdin(&cx).await?;
    ensure(running.output(&cx).await?.is_success(), "it did not end well")
}
