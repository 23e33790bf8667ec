//! What hosts cost through purlin: beside russh as it is, and beside scp.
//!
//! The hosts are sshds of their own on loopback; their time is not counted where CPU time is measured.

#![expect(clippy::expect_used, reason = "a round that cannot be measured ends the bench")]
#![expect(clippy::disallowed_methods, reason = "how long a caller waits is told by the wall clock")]

#[path = "transport/line.rs"]
mod line;
#[path = "transport/ours.rs"]
mod ours;
#[path = "transport/raw.rs"]
mod raw;
#[path = "transport/sshds.rs"]
mod sshds;
#[path = "transport/upload.rs"]
mod upload;

use purlin_benches::Measured;
use sshds::Sshds;
use std::io::Result;
use tokio::runtime::Builder;

const HOSTS: usize = 50;
/// How many commands each host is asked for.
pub(crate) const COMMANDS: usize = 20;
/// How many commands one connection is asked for, one after the other.
pub(crate) const SERIAL: usize = 50;

fn main() -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let many = Measured::new(
        "transport.commands",
        "50 hosts connected to, and 20 commands on each by one kept shell, CPU time of the controller",
        "ms",
    )
    .peer("raw russh, one kept sh")
    .goal_ratio(1.3)
    .rounds(5);
    let facts = Measured::new(
        "transport.facts",
        "50 hosts connected to and their facts gathered, CPU time of the controller",
        "ms",
    )
    .goal(300.0)
    .rounds(5);
    let serial = Measured::new(
        "transport.exec",
        "a command on a connection that is there, elapsed time, the middle one of 50",
        "ms",
    )
    .peer("raw russh by its defaults, which leave Nagle's delay on")
    .goal(40.0)
    .rounds(3);
    if many.is_wanted() || facts.is_wanted() {
        let Some(sshds) = Sshds::start(HOSTS) else { return Ok(()) };
        many.run(|| ours::commands(&runtime, &sshds), Some(&mut || raw::commands(&runtime, &sshds)));
        facts.run(|| ours::facts(&runtime, &sshds), None);
    }
    let Some(one) = Sshds::start(1) else { return Ok(()) };
    serial.run(|| ours::serial(&runtime, &one), Some(&mut || raw::serial(&runtime, &one)));
    upload::run(&runtime, &one);
    Ok(())
}
