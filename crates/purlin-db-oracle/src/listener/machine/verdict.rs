//! An answer with its words.

use crate::listener::{ListenerAnswer, ListenerStage};
use crate::packet::{Foreign, Refusal};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::listener) struct Verdict {
    pub(in crate::listener) answer: ListenerAnswer,
    pub(in crate::listener) message: String,
    pub(in crate::listener) code: Option<u32>,
    pub(in crate::listener) protocol: Option<u16>,
    pub(in crate::listener) release: Option<String>,
}

impl Verdict {
    fn new(answer: ListenerAnswer) -> Self {
        Self { answer, message: answer.words().to_owned(), code: None, protocol: None, release: None }
    }

    fn told(answer: ListenerAnswer, message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::new(answer) }
    }

    pub(super) fn nobody() -> Self {
        Self::new(ListenerAnswer::NoListener)
    }

    /// Such as a network that cannot be reached, which says nothing about the listener but that it is not to be had.
    pub(super) fn no_way(why: &str) -> Self {
        Self::told(ListenerAnswer::NoListener, format!("there is no way there: {why}"))
    }

    pub(super) fn alive(release: Option<String>) -> Self {
        Self { release, ..Self::new(ListenerAnswer::Up) }
    }

    pub(super) fn accepted(version: u16, services_required: bool) -> Self {
        let answer = match services_required {
            true => ListenerAnswer::EncryptionRequired,
            false => ListenerAnswer::Up,
        };
        Self { protocol: Some(version), ..Self::new(answer) }
    }

    pub(super) fn refused(refusal: Refusal) -> Self {
        let answer = ListenerAnswer::of_code(refusal.code);
        let verdict = match refusal.code {
            Some(code) => Self::told(answer, format!("{} (ORA-{code:05})", answer.words())),
            None => Self::told(answer, format!("{} and does not say why", answer.words())),
        };
        Self { code: refusal.code, release: refusal.release, ..verdict }
    }

    pub(super) fn redirected(message: impl Into<String>) -> Self {
        Self::told(ListenerAnswer::Redirected, message)
    }

    pub(super) fn hung_up(stage: ListenerStage, received: usize) -> Self {
        let answer = ListenerAnswer::Closed(stage);
        match received {
            0 => Self::new(answer),
            count => {
                Self::told(answer, format!("the connection was closed after {count} bytes of an answer"))
            }
        }
    }

    pub(super) fn silent(stage: ListenerStage, received: usize) -> Self {
        let answer = ListenerAnswer::Silent(stage);
        match received {
            0 => Self::new(answer),
            count => Self::told(answer, format!("{count} bytes of an answer, and no more in time")),
        }
    }

    pub(super) fn foreign(foreign: Foreign) -> Self {
        let answer = ListenerAnswer::NotOracle;
        Self::told(answer, format!("{}: {foreign}", answer.words()))
    }
}
