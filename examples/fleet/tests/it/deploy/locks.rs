//! Two who deploy to the same hosts.

use super::{DEPLOY, deploy, document, events, home, plan, run_of};
use crate::support::{Home, good, refused};
use purlin_testkit::{Running, Signal};

const WAITS: &str = "[[step]]\nname = \"wait\"\nkind = \"command\"\n\
    argv = [\"sh\", \"-c\", \"touch begun; for i in $(seq 600); do test -e go && break; sleep 0.1; done\"]\n\
    always = \"it waits\"\neffect = \"idempotent\"\nundo = [\"true\"]\n\
    [[step]]\nname = \"after\"\nkind = \"file\"\npath = \"out/after\"\ncontent = \"v1\\n\"\n";

/// One whose second step waits for a file.
fn waiting() -> Home {
    let home = home(&DEPLOY.replace("[[gate]] ", &format!("{WAITS}[[gate]] ")));
    good(&plan(&home));
    home
}

/// Starts the run, and waits until it is at that step.
fn start(home: &Home) -> Running {
    let running = deploy(home, "apply plan.json --yes --json").spawn().unwrap();
    for _ in 0..600 {
        if home.path("up/here/begun").exists() {
            return running;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("it has not begun a minute later");
}

#[test]
fn of_two_with_state_of_their_own_one_runs_and_the_other_is_told_who_does() {
    let home = waiting();
    let running = start(&home);
    let other = |words: &str| deploy(&home, words).env("FLEET_STATE_DIR", home.path("other"));
    good(&other("plan -i estate.toml -f deploy.toml --out other.json --json"));
    let controller = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let said = ["kim deploys here from", controller.trim(), ", since 2", "in run 2"];
    refused(&other("apply other.json --yes --json"), 1, &said);
    let status = document(&home, "deploy-status", &good(&deploy(&home, "status --json")));
    assert_eq!((&status["state"], &status["operator"]), (&"running".into(), &"kim".into()));
    home.write("up/here/go", "");
    let output = running.wait().unwrap();
    assert_eq!(output.code(), Some(0), "{output:?}");
    let run = run_of(&events(&home, &output));
    assert_eq!(status["run"], run);
}

#[test]
fn a_signal_finishes_the_step_and_leaves_the_run_to_resume() {
    for (signal, code) in [(Signal::Interrupt, 130), (Signal::Terminate, 143)] {
        let home = waiting();
        let running = start(&home);
        running.signal(signal).unwrap();
        running.wait_for_stdout("the process that drives it was ended").unwrap();
        home.write("up/here/go", "");
        let output = running.wait().unwrap();
        assert_eq!(output.code(), Some(code), "{output:?}");
        assert!(output.stderr.contains("deploy resume"), "{output:?}");
        let run = run_of(&events(&home, &output));
        let status = deploy(&home, "status --json").run().unwrap();
        let status = document(&home, "deploy-status", &status);
        assert_eq!((&status["run"], &status["state"]), (&run.as_str().into(), &"parked".into()));
        assert_eq!(status["hosts"][0]["state"], "verified", "the step in flight is finished: {status:#}");

        let output = good(&deploy(&home, "resume --yes --json"));
        let told = events(&home, &output);
        assert_eq!(told.last().map(|event| event["detail"]["ending"].clone()), Some("succeeded".into()));
    }
}

#[test]
fn a_run_that_was_cut_off_is_unlocked_with_a_reason_and_resumed() {
    let home = waiting();
    let running = start(&home);
    running.signal(Signal::Kill).unwrap();
    let output = running.wait().unwrap();
    let run = run_of(&events(&home, &output));
    home.write("up/here/go", "");
    let words = format!("unlock {run} --yes --json --reason gone");
    refused(&deploy(&home, &words), 1, &["kim", "is driven by"]);
    let unlocked = good(&deploy(&home, &format!("{words} --force")));
    assert_eq!(document(&home, "deploy-unlock", &unlocked)["operator"], "kim");
    let output = good(&deploy(&home, "resume --yes --json"));
    let told = events(&home, &output);
    assert_eq!(told.last().map(|event| event["detail"]["ending"].clone()), Some("succeeded".into()));
}
