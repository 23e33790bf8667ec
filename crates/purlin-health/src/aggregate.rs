//! Several checks in one word.

#[cfg(test)]
mod tests;

use crate::{CheckState, State, Status};
use serde::Serialize;

/// What one check contributes to an [`Aggregate`].
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Member {
    /// What it says; none where nobody can tell: pending, stale or unknown.
    pub status: Option<Status>,
    /// How much it counts for; 1 unless set.
    pub weight: f64,
}

impl Member {
    /// A member that says this. [`Status::Unknown`] says nothing.
    pub fn new(status: Status) -> Self {
        Self { status: (status != Status::Unknown).then_some(status), weight: 1.0 }
    }

    /// Sets how much it counts for; below zero is nothing.
    #[must_use]
    pub fn weight(mut self, weight: f64) -> Self {
        self.weight = weight.max(0.0);
        self
    }
}

impl From<&CheckState> for Member {
    /// What is sure counts: one that is suspect is still up, one that recovers still down.
    fn from(state: &CheckState) -> Self {
        Self::new(match state.state() {
            State::Pending => Status::Unknown,
            _ if state.is_stale() => Status::Unknown,
            State::Down | State::Recovering => Status::Critical,
            State::Suspect => Status::Ok,
            State::Up => state.status(),
        })
    }
}

/// What is done about members of whom nobody can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Blind {
    /// Where they could decide the answer, it is unknown.
    Honest,
    /// They count as failed.
    AsFailed,
    /// They are left out, as if they were not members.
    LeftOut,
}

/// How several checks become one word. A warning is up.
///
/// ```
/// use purlin_health::{Aggregate, Member, Status};
///
/// let two_of_three = Aggregate::quorum(2);
/// let members = [Status::Ok, Status::Critical, Status::Unknown].map(Member::new);
/// // The third one decides, and nobody can tell.
/// assert_eq!(two_of_three.judge(members).status, Status::Unknown);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Aggregate {
    rule: Rule,
    blind: Blind,
    fail_open: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    Worst,
    Quorum(usize),
    /// Shares of the weight that must be up, lest it warns or is critical.
    Share {
        warning: f64,
        critical: f64,
    },
}

/// What an [`Aggregate`] makes of its members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Judgement {
    /// The word.
    pub status: Status,
    /// How many are up.
    pub up: usize,
    /// How many failed.
    pub failed: usize,
    /// Of how many nobody can tell.
    pub blind: usize,
    /// So many failed at once that the observer is suspected instead of them.
    pub doubts_observer: bool,
}

impl Aggregate {
    /// The worst of them.
    pub const fn worst() -> Self {
        Self::of(Rule::Worst)
    }

    /// Fine while so many are up, else critical.
    pub const fn quorum(up: usize) -> Self {
        Self::of(Rule::Quorum(up))
    }

    /// By weight, in percent: a warning when less than `warning` is up, critical when less than `critical` is. Where all
    /// weigh the same it is a percentage of the members.
    pub const fn percent(warning: f64, critical: f64) -> Self {
        Self::of(Rule::Share { warning, critical })
    }

    const fn of(rule: Rule) -> Self {
        Self { rule, blind: Blind::Honest, fail_open: None }
    }

    /// Sets what is done about members of whom nobody can tell. Default: [`Blind::Honest`].
    #[must_use]
    pub const fn blind(mut self, blind: Blind) -> Self {
        self.blind = blind;
        self
    }

    /// Fails open: when more than this percentage of the members failed at once, the observer is more likely ill than
    /// they are. The word is then a warning, which keeps them in use, and the judgement says so (Envoy calls it the panic
    /// threshold). Default: never.
    #[must_use]
    pub const fn fail_open_above(mut self, percent: f64) -> Self {
        self.fail_open = Some(percent);
        self
    }

    /// What it makes of these members. Of none of them nobody can tell: that is unknown.
    pub fn judge(&self, members: impl IntoIterator<Item = Member>) -> Judgement {
        let mut sums = Sums::NOTHING;
        members.into_iter().for_each(|member| sums.add(member, self.blind));
        let status = match (sums.count(), self.rule) {
            (0, _) => Status::Unknown,
            (_, Rule::Worst) => sums.worst,
            (_, Rule::Quorum(up)) => honest(quorum(sums.up, up), quorum(sums.up + sums.blind, up)),
            (_, Rule::Share { warning, critical }) => {
                let share = |up: f64| share(up, sums.weight, warning, critical);
                honest(share(sums.up_weight), share(sums.up_weight + sums.blind_weight))
            }
        };
        let doubts_observer = self.fail_open.is_some_and(|percent| sums.percent_failed() > percent);
        Judgement {
            status: if doubts_observer { Status::Warning } else { status },
            up: sums.up,
            failed: sums.failed,
            blind: sums.blind,
            doubts_observer,
        }
    }
}

struct Sums {
    up: usize,
    failed: usize,
    blind: usize,
    weight: f64,
    up_weight: f64,
    blind_weight: f64,
    worst: Status,
}

impl Sums {
    const NOTHING: Self = Self {
        up: 0,
        failed: 0,
        blind: 0,
        weight: 0.0,
        up_weight: 0.0,
        blind_weight: 0.0,
        worst: Status::Ok,
    };

    fn add(&mut self, member: Member, blind: Blind) {
        let status = match (member.status, blind) {
            (Some(status), _) => status,
            (None, Blind::Honest) => Status::Unknown,
            (None, Blind::AsFailed) => Status::Critical,
            (None, Blind::LeftOut) => return,
        };
        self.worst = self.worst.max(status);
        self.weight += member.weight;
        match status {
            Status::Ok | Status::Warning => {
                self.up += 1;
                self.up_weight += member.weight;
            }
            Status::Unknown => {
                self.blind += 1;
                self.blind_weight += member.weight;
            }
            Status::Critical => self.failed += 1,
        }
    }

    const fn count(&self) -> usize {
        self.up + self.failed + self.blind
    }

    #[expect(clippy::cast_precision_loss, reason = "2^52 checks are more than there are")]
    fn percent_failed(&self) -> f64 {
        if self.count() == 0 { 0.0 } else { self.failed as f64 * 100.0 / self.count() as f64 }
    }
}

/// If the blind ones cannot change it, that; otherwise nobody can tell.
fn honest(all_failed: Status, all_up: Status) -> Status {
    if all_failed == all_up { all_failed } else { Status::Unknown }
}

const fn quorum(up: usize, wanted: usize) -> Status {
    if up >= wanted { Status::Ok } else { Status::Critical }
}

fn share(up: f64, weight: f64, warning: f64, critical: f64) -> Status {
    // Members of no weight at all: none of it is up.
    let percent = if weight > 0.0 { up * 100.0 / weight } else { 0.0 };
    if percent < critical {
        Status::Critical
    } else if percent < warning {
        Status::Warning
    } else {
        Status::Ok
    }
}
