//! A command is a new process, and knows of no dead server.

use super::ldap;
use crate::support::{Home, good};
use purlin_testkit::{Slapd, SlapdSettings};

/// Look-ups one after the other, each by a process of its own.
fn twenty(home: &Home, first: &Slapd, second: &Slapd) {
    let (first, second) = (super::url(first), super::url(second));
    for _ in 0..20 {
        let words = ["user", "u000001", "--url", &first, "--url", &second, "--base", Slapd::BASE];
        assert!(good(&ldap(home, &words)).stdout.contains("/home/u000001"));
    }
}

fn pair() -> Option<(Slapd, Slapd)> {
    let second = SlapdSettings::new().id(2).start().unwrap()?;
    Some((SlapdSettings::new().start().unwrap()?, second))
}

#[test]
fn with_the_first_server_silent_each_of_twenty_look_ups_answers() {
    let Some((first, second)) = pair() else { return };
    first.server().pause().unwrap();
    twenty(&Home::new(), &first, &second);
}

#[test]
fn with_the_first_server_killed_each_of_twenty_look_ups_answers() {
    let Some((mut first, second)) = pair() else { return };
    first.server_mut().kill().unwrap();
    twenty(&Home::new(), &first, &second);
}
