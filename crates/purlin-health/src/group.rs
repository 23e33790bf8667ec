//! Views for those who ask whether a program lives, is ready, has started, or how it is in depth.

use crate::{Aggregate, Blind, CheckId, CheckState, Judgement, Member, State, Status};
use purlin_core::Diagnostic;
use serde::{Deserialize, Serialize};

/// What somebody asks of a program, as Kubernetes and balancers do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Group {
    /// Whether it must be started anew. Holds only what a restart would cure, so nothing that is asked of other
    /// machines: a fleet whose database is slow must not be restarted.
    Live,
    /// Whether it can be given work.
    Ready,
    /// Whether it has come up; once it has, it stays so.
    Startup,
    /// Everything, for people.
    Deep,
}

impl Group {
    /// The word under which it is asked for.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Ready => "ready",
            Self::Startup => "startup",
            Self::Deep => "deep",
        }
    }

    /// What is wrong with this check in this group: one that goes to a `target` has no place in live.
    pub fn lint(self, check: &CheckId, target: Option<&str>) -> Option<Diagnostic> {
        let target = target.filter(|_| self == Self::Live)?;
        let message =
            format!("{:?} asks {target:?}, and live may hold no check of another machine", check.as_str());
        let help = "a restart of this program would not cure it: put it into ready or deep";
        Some(Diagnostic::error("remote-in-live", message).help(help))
    }

    /// What it makes of its members.
    ///
    /// Live believes in what it does not know yet or no more (who is asked before the first result lives), and an empty
    /// one is fine, since who answers lives. Ready and startup want to know: a pending or stale member is a failed one.
    /// Deep is honest: it is unknown where somebody is.
    pub fn judge<'a>(self, members: impl IntoIterator<Item = &'a CheckState>) -> Judgement {
        let worst = match self {
            Self::Live => Aggregate::worst().blind(Blind::LeftOut),
            Self::Ready | Self::Startup => Aggregate::worst().blind(Blind::AsFailed),
            Self::Deep => Aggregate::worst(),
        };
        let mut judged = worst.judge(members.into_iter().map(Member::from));
        let is_empty = judged.up + judged.failed + judged.blind == 0;
        if is_empty && self != Self::Deep {
            judged.status = Status::Ok;
        }
        judged
    }
}

/// Whether a program has come up: it stays so from the first time on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Startup(bool);

impl Startup {
    /// Looks again, if it is still needed.
    pub fn look<'a>(&mut self, members: impl IntoIterator<Item = &'a CheckState>) -> bool {
        self.0 = self.0 || members.into_iter().all(|state| matches!(state.state(), State::Up));
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cadence, Event, StateRules, step};
    use purlin_core::SimClock;
    use std::time::Duration;

    #[test]
    fn live_holds_no_check_of_another_machine() {
        let fault = Group::Live.lint(&"db".into(), Some("db1.lon:3306")).unwrap();
        assert_eq!(fault.code, "remote-in-live");
        assert!(fault.message.contains("\"db\"") && fault.message.contains("db1.lon:3306"));
        assert_eq!(Group::Live.lint(&"disk".into(), None), None);
        assert_eq!(Group::Ready.lint(&"db".into(), Some("db1.lon:3306")), None);
    }

    #[test]
    fn before_the_first_result_it_lives_and_is_not_ready() {
        let clock = SimClock::new();
        let rules = StateRules::new(&Cadence::every(Duration::from_secs(1)));
        let pending = CheckState::pending(clock.now());
        let words = |state: &CheckState| {
            [Group::Live, Group::Ready, Group::Startup, Group::Deep].map(|group| group.judge([state]).status)
        };
        assert_eq!(words(&pending), [Status::Ok, Status::Critical, Status::Critical, Status::Unknown]);
        let (up, _) = step(&pending, Event::Result(Status::Ok), clock.now(), &rules);
        assert_eq!(words(&up), [Status::Ok; 4]);
        let (stale, _) = step(&up, Event::Expired, clock.now(), &rules);
        assert_eq!(words(&stale), words(&pending));
        let (down, _) = step(&up, Event::Result(Status::Critical), clock.now(), &rules);
        assert_eq!(words(&down), [Status::Critical; 4]);

        let mut startup = Startup::default();
        assert!(!startup.look([&up, &pending]));
        assert!(startup.look([&up, &up]));
        assert!(startup.look([&down]));
        assert_eq!(Group::Ready.judge([]).status, Status::Ok);
    }
}
