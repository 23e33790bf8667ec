use crate::gone::{eventually, state};
use purlin_testkit::{Binary, FuseMount};
use std::process::{Command, Stdio};

fn stat(mount: &FuseMount) -> Command {
    let mut command = Command::new("stat");
    command.args(["-f", "-c", "%b %a %T"]).arg(mount.path()).stdout(Stdio::piped());
    command
}

#[test]
fn it_answers_falls_silent_speaks_and_is_gone() {
    let Some(mount) = FuseMount::start().unwrap() else { return };
    let listed = Binary::new("ls").args(["-a", "-1"]).arg(mount.path()).run().unwrap();
    assert_eq!(listed.stdout, "", "{listed:?}");
    let output = stat(&mount).output().unwrap();
    assert!(output.stdout.starts_with(b"1000 250 "), "{output:?}");

    mount.fall_silent();
    let mut stuck = stat(&mount).spawn().unwrap();
    eventually("the question has come", || mount.waiting() == 1);
    // It heeds no signal: only the answer ends it, and it ends by the signal then.
    stuck.kill().unwrap();
    eventually("it waits for nothing else", || state(stuck.id()) == Some('D'));
    assert!(stuck.try_wait().unwrap().is_none());
    mount.speak();
    stuck.wait().unwrap();

    // Whoever is stuck when it is dropped is set free.
    mount.fall_silent();
    let mut stuck = stat(&mount).spawn().unwrap();
    eventually("the question has come", || mount.waiting() == 1);
    let path = mount.path().to_owned();
    drop(mount);
    assert!(!stuck.wait().unwrap().success());
    assert!(!path.exists());
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    assert!(!mounts.contains(&*path.to_string_lossy()), "{mounts}");
}
