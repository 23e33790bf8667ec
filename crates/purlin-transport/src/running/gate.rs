//! What `sudo` says before the command begins: a pure machine over its standard error.

use crate::FaultClass;
use crate::launch::GateWords;
use purlin_core::Error;

/// More than any lecture; a command that never says its mark is no command of ours.
const LECTURE: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Gate {
    words: GateWords,
    has_password: bool,
    /// What was said and not yet understood.
    said: Vec<u8>,
    /// What was said and no prompt.
    lecture: Vec<u8>,
    asked: bool,
}

/// What follows from what was said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// More has to be heard.
    Wait,
    /// The password is to be written.
    Password,
    /// The command has begun; this is the first of its own standard error.
    In(Vec<u8>),
    /// It is of no use to go on.
    Refused,
}

impl Gate {
    pub(super) fn new(words: GateWords, has_password: bool) -> Self {
        Self { words, has_password, said: Vec::new(), lecture: Vec::new(), asked: false }
    }

    pub(super) fn hear(&mut self, bytes: &[u8]) -> Turn {
        self.said.extend_from_slice(bytes);
        let mark = format!("{}\n", self.words.mark);
        if let Some(at) = find(&self.said, mark.as_bytes()) {
            return Turn::In(self.said.split_off(at + mark.len()));
        }
        if let Some(at) = find(&self.said, self.words.prompt.as_bytes()) {
            let rest = self.said.split_off(at + self.words.prompt.len());
            self.said.truncate(at);
            self.lecture.append(&mut self.said);
            self.said = rest;
            let first = !std::mem::replace(&mut self.asked, true);
            return if first && self.has_password { Turn::Password } else { Turn::Refused };
        }
        if self.said.len() > LECTURE { Turn::Refused } else { Turn::Wait }
    }

    /// Why the command was not run.
    pub(super) fn refusal(&self, user: &str) -> Error {
        let text = [self.lecture.as_slice(), &self.said].concat();
        let text = String::from_utf8_lossy(&text).to_lowercase();
        let said = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if said(&["must have a tty", "no tty present", "a terminal is required"]) {
            let message =
                format!("sudo wants a terminal (requiretty, or no password given) to become {user}");
            FaultClass::BecomeNeedsTty.error(message)
        } else if self.asked && self.has_password {
            FaultClass::BecomePassword.error(format!("sudo does not accept the password to become {user}"))
        } else if said(&["password is required", "password for"]) || self.asked {
            FaultClass::BecomePassword.error(format!("sudo wants a password to become {user}"))
        } else if said(&["unknown user"]) {
            FaultClass::BecomeDenied.error(format!("sudo knows no user {user}"))
        } else if said(&["not found", "no such file"]) {
            FaultClass::BecomeDenied.error("there is no sudo on the host")
        } else {
            let line = text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
            FaultClass::BecomeDenied.error(format!("sudo does not let us become {user}: {}", line.trim()))
        }
    }
}

fn find(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|part| part == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(has_password: bool) -> Gate {
        Gate::new(GateWords { mark: "purlin-1-in".into(), prompt: "purlin-1-password".into() }, has_password)
    }

    #[test]
    fn a_mark_opens_it_however_it_comes_in_pieces() {
        let text = b"We trust you have received the lecture\npurlin-1-in\nits own words";
        for size in 1..text.len() {
            let (mut gate, mut own) = (gate(false), None::<Vec<u8>>);
            for part in text.chunks(size) {
                match &mut own {
                    Some(own) => own.extend_from_slice(part),
                    None => match gate.hear(part) {
                        Turn::In(rest) => own = Some(rest),
                        turn => assert_eq!(turn, Turn::Wait),
                    },
                }
            }
            assert_eq!(own.as_deref(), Some(&b"its own words"[..]));
        }
    }

    #[test]
    fn the_password_is_given_once_and_only_when_asked_for() {
        let mut gate = gate(true);
        assert_eq!(gate.hear(b"lecture\n"), Turn::Wait);
        assert_eq!(gate.hear(b"purlin-1-password"), Turn::Password);
        assert_eq!(gate.hear(b"Sorry, try again.\npurlin-1-password"), Turn::Refused);
        let error = gate.refusal("root");
        assert_eq!(error.message(), "sudo does not accept the password to become root");
        assert_eq!(error.outcome(), purlin_core::Outcome::NotSent);
    }

    #[test]
    fn refusals_are_told_apart() {
        let cases = [
            ("sudo: a password is required\n", FaultClass::BecomePassword),
            ("sudo: sorry, you must have a tty to run sudo\n", FaultClass::BecomeNeedsTty),
            ("sudo: unknown user nosuch\n", FaultClass::BecomeDenied),
            ("dep is not in the sudoers file.\n", FaultClass::BecomeDenied),
            ("sh: 1: exec: sudo: not found\n", FaultClass::BecomeDenied),
        ];
        for (text, class) in cases {
            let mut gate = gate(false);
            assert_eq!(gate.hear(text.as_bytes()), Turn::Wait);
            let error = gate.refusal("root");
            assert_eq!(crate::TransportDetail::class_of(&error), Some(class), "{text}");
        }
    }

    #[test]
    fn an_endless_lecture_is_refused() {
        assert_eq!(gate(false).hear(&vec![b'x'; LECTURE + 1]), Turn::Refused);
    }
}
