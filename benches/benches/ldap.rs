//! What directories cost through purlin, beside ldap3, which the wire is, at the same slapd.
//!
//! The time of the server is not counted: it is another process.

#![expect(clippy::expect_used, reason = "a round that cannot be measured ends the bench")]

#[path = "ldap/memory.rs"]
mod memory;
#[path = "ldap/ours.rs"]
mod ours;
#[path = "ldap/peer.rs"]
mod peer;

use purlin_benches::{Measured, nanoseconds_each};
use purlin_testkit::{Slapd, SlapdSettings, TestCa};
use std::io::{Error, Result};
use tokio::runtime::{Builder, Runtime};

/// How many people the server has.
const PEOPLE: u32 = 10_000;
/// Look-ups of a round, and how many are under way at once.
const LOOK_UPS: u32 = 20_000;
const AT_ONCE: u32 = 64;
const CONNECTS: u32 = 20;

fn main() -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    if let Some(child) = memory::Child::asked_for() {
        return child.run(&runtime);
    }
    let slapd = SlapdSettings::new().users(PEOPLE as usize).start().map_err(Error::other)?;
    let Some(slapd) = slapd else { return Err(Error::other("there is no slapd")) };
    look_ups(&runtime, &slapd);
    stream(&runtime, &slapd);
    memory::run(&slapd);
    connects(&runtime)
}

/// The name of one of the people; neighbours are not asked for one after the other.
fn person(number: u32) -> String {
    format!("u{:06}", 1 + number.wrapping_mul(7919) % PEOPLE)
}

fn look_ups(runtime: &Runtime, slapd: &Slapd) {
    let ours = runtime.block_on(ours::open(slapd.ldap(), 1));
    let raw = runtime.block_on(peer::open(slapd.ldap()));
    let what = "a typed look-up of a user by name, 64 at once on one connection";
    Measured::new("ldap.look_up_64", what, "ns").peer("ldap3").goal_ratio(1.05).rounds(7).run(
        || nanoseconds_each(LOOK_UPS, || runtime.block_on(ours::look_ups(&ours))),
        Some(&mut || nanoseconds_each(LOOK_UPS, || runtime.block_on(peer::look_ups(&raw)))),
    );
    let what = "the same one after the other";
    let few = LOOK_UPS / 10;
    Measured::new("ldap.look_up_1", what, "ns").peer("ldap3").rounds(7).run(
        || nanoseconds_each(few, || runtime.block_on(ours::one_by_one(&ours, few))),
        Some(&mut || nanoseconds_each(few, || runtime.block_on(peer::one_by_one(&raw, few)))),
    );
    drop(ours);
    drop(raw);
}

fn stream(runtime: &Runtime, slapd: &Slapd) {
    let ours = runtime.block_on(ours::open(slapd.ldap(), 1));
    let raw = runtime.block_on(peer::open(slapd.ldap()));
    let what = "each of 10,000 entries with six attributes, in pages of 1,000";
    Measured::new("ldap.stream", what, "ns").peer("ldap3").goal_ratio(1.0).rounds(7).run(
        || nanoseconds_each(PEOPLE, || runtime.block_on(ours::stream(&ours))),
        Some(&mut || nanoseconds_each(PEOPLE, || runtime.block_on(peer::stream(&raw)))),
    );
    drop(ours);
    drop(raw);
}

/// What a caller waits for, and no CPU time: the delay of Nagle's algorithm costs none.
fn connects(runtime: &Runtime) -> Result<()> {
    let ca = TestCa::new().map_err(Error::other)?;
    let leaf = ca.leaf().name("localhost").issue().map_err(Error::other)?;
    let settings = SlapdSettings::new().tls(leaf.path(), leaf.key_path());
    let Some(slapd) = settings.start().map_err(Error::other)? else { return Ok(()) };
    let port = slapd.ldaps().map_or(0, |address| address.port());
    let tls = runtime.block_on(ours::secure(port, ca.path()));
    let what = "to connect over TLS and log in, as the clock has it";
    // ldap3's own way to TLS is not compiled in: in one build of the workspace it would be in purlin-ldap as well.
    let round = || {
        let cx = ours::cx();
        let begun = cx.now();
        (0..CONNECTS).for_each(|_| runtime.block_on(ours::log_in(&tls)));
        cx.now().since(begun).as_secs_f64() * 1e3 / f64::from(CONNECTS)
    };
    Measured::new("ldap.connect_bind", what, "ms").goal(3.0).rounds(7).run(round, None);
    Ok(())
}
