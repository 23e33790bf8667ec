//! What hangs on what, and whether it can be reached.

use super::build;
use crate::{CheckId, CheckState, Needs, State};
use purlin_core::{Diagnostics, Instant, Place};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Whether what a check hangs on is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "three-valued logic has three values")]
pub enum Reach {
    /// It is: a failure of the check is the check's own.
    Reachable,
    /// It is not: a failure of the check says nothing about it.
    Unreachable,
    /// That is being found out.
    Undetermined,
}

/// What a check contributes to those that hang on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Condition {
    /// It is up, by a result of this moment.
    Met(Instant),
    /// It is down.
    Unmet,
    /// Nobody can tell yet.
    Undetermined,
}

impl From<&CheckState> for Condition {
    /// Suspected, recovering, pending and stale checks are undetermined.
    fn from(state: &CheckState) -> Self {
        match (state.state(), state.last_result()) {
            (State::Down, _) => Self::Unmet,
            (State::Up, Some(last)) if !state.is_stale() => Self::Met(last),
            _ => Self::Undetermined,
        }
    }
}

/// What some checks hang on, with the numbers that checks have in the order in which they were named.
#[derive(Debug, Clone)]
pub(super) enum Need {
    Check(usize),
    AtLeast(usize, Box<[Need]>),
}

impl Need {
    pub(super) fn checks(&self, each: &mut dyn FnMut(usize)) {
        match self {
            Self::Check(number) => each(*number),
            Self::AtLeast(_, needs) => needs.iter().for_each(|need| need.checks(each)),
        }
    }
}

/// What hangs on what in a whole set of checks: a graph without circles.
///
/// It is brought up to date when a check changes, along the edges to those that hang on it and to those behind them:
/// nobody waits for a grandchild's own next result.
///
/// ```
/// use purlin_core::SimClock;
/// use purlin_health::{CheckId, Condition, Dependencies, Needs, Reach};
///
/// let checks: [(CheckId, Option<Needs>); 3] = [
///     ("switch".into(), None),
///     ("host".into(), Some(Needs::check("switch"))),
///     ("app".into(), Some(Needs::check("host"))),
/// ];
/// let mut dependencies =
///     Dependencies::build(checks.iter().map(|(id, needs)| (id, needs.as_ref())), |_| None).unwrap();
///
/// // Nobody asked the host again, and still the application is known to be behind a dead switch.
/// let now = SimClock::new().now();
/// dependencies.update(1, Condition::Met(now));
/// assert_eq!(dependencies.update(0, Condition::Unmet), [1, 2]);
/// assert_eq!(dependencies.reach(2), Reach::Unreachable);
/// assert_eq!(dependencies.suppressed_by(2).map(CheckId::as_str), Some("switch"));
/// ```
#[derive(Debug, Clone)]
pub struct Dependencies {
    pub(super) names: Vec<CheckId>,
    pub(super) needs: Vec<Option<Need>>,
    /// Who hangs on it.
    pub(super) children: Vec<Box<[usize]>>,
    /// Parents have lower ranks than those that hang on them.
    pub(super) rank: Vec<usize>,
    own: Vec<Condition>,
    reach: Vec<Reach>,
}

impl Dependencies {
    /// Reads who hangs on whom; checks are numbered from 0 in this order, and all are undetermined at first. `place`
    /// says where a check was declared, for messages.
    ///
    /// # Errors
    /// All faults of the whole set: `duplicate-check`, `unknown-check` (with what was probably meant), `needs-cycle`
    /// (with every name on the circle), `needs-impossible` (three of two).
    pub fn build<'a>(
        checks: impl IntoIterator<Item = (&'a CheckId, Option<&'a Needs>)>,
        place: impl Fn(&CheckId) -> Option<Place>,
    ) -> Result<Self, Diagnostics> {
        let plan = build::plan(checks, &place)?;
        let mut built = Self {
            own: vec![Condition::Undetermined; plan.names.len()],
            reach: vec![Reach::Reachable; plan.names.len()],
            names: plan.names,
            needs: plan.needs,
            children: plan.children,
            rank: plan.rank,
        };
        let mut order: Vec<usize> =
            (0..built.names.len()).filter(|check| built.needs[*check].is_some()).collect();
        order.sort_by_key(|check| built.rank[*check]);
        for check in order {
            built.reach[check] = built.judge(check, None);
        }
        Ok(built)
    }

    /// Notes what a check contributes now. Returns those whose reach changed by it, parents before children; nothing is
    /// allocated where nobody hangs on it or nothing changed.
    pub fn update(&mut self, check: usize, condition: Condition) -> Vec<usize> {
        let (Some(own), Some(children)) = (self.own.get_mut(check), self.children.get(check)) else {
            return Vec::new();
        };
        let is_other = std::mem::discriminant(own) != std::mem::discriminant(&condition);
        *own = condition;
        if !is_other || children.is_empty() {
            return Vec::new();
        }
        let mut changed = Vec::new();
        // By rank, so that each is judged once, after all that it hangs on.
        let mut open: BTreeSet<_> = children.iter().map(|child| (self.rank[*child], *child)).collect();
        while let Some((_, child)) = open.pop_first() {
            let reach = self.judge(child, None);
            if reach != self.reach[child] {
                self.reach[child] = reach;
                changed.push(child);
                open.extend(self.children[child].iter().map(|child| (self.rank[*child], *child)));
            }
        }
        changed
    }

    /// Whether what this check hangs on is there, as far as is known. Without needs it is reachable.
    pub fn reach(&self, check: usize) -> Reach {
        self.reach.get(check).copied().unwrap_or(Reach::Reachable)
    }

    /// The same, asked by somebody who saw the check fail at that moment: a direct parent that was up by an older result
    /// is undetermined until it has been asked again. One that answers since then was reached by way of its own parents.
    pub fn reach_since(&self, check: usize, moment: Instant) -> Reach {
        match self.reach(check) {
            Reach::Reachable => self.judge(check, Some(moment)),
            known => known,
        }
    }

    /// The check whose outage explains that this one is unreachable: the first in the order of its needs that is down
    /// itself. None where it is not unreachable.
    pub fn suppressed_by(&self, check: usize) -> Option<&CheckId> {
        if self.reach(check) != Reach::Unreachable {
            return None;
        }
        let mut found = None;
        self.each_parent(check, &mut |parent| {
            if found.is_some() {
                return;
            }
            found = match (self.reach[parent], self.own[parent]) {
                // What is behind it explains it, even where it is down itself.
                (Reach::Unreachable, _) => self.suppressed_by(parent),
                (_, Condition::Unmet) => self.names.get(parent),
                _ => None,
            };
        });
        found
    }

    /// Those that the check hangs on directly: the ones to ask again when it fails.
    pub fn parents(&self, check: usize) -> Vec<usize> {
        let mut parents = Vec::new();
        self.each_parent(check, &mut |parent| {
            if !parents.contains(&parent) {
                parents.push(parent);
            }
        });
        parents
    }

    /// How long the alarm of a check waits at most until it is known whether it can be reached: one round of those that it
    /// hangs on, and of those behind them. `round` is what one check takes to be sure
    /// ([`StateRules::decides_within`](crate::StateRules::decides_within)).
    pub fn patience(&self, check: usize, round: &dyn Fn(usize) -> Duration) -> Duration {
        let mut known = BTreeMap::new();
        self.round_of_parents(check, round, &mut known)
    }

    fn round_of_parents(
        &self,
        check: usize,
        round: &dyn Fn(usize) -> Duration,
        known: &mut BTreeMap<usize, Duration>,
    ) -> Duration {
        if let Some(time) = known.get(&check) {
            return *time;
        }
        let parents = self.parents(check).into_iter();
        let times =
            parents.map(|parent| round(parent).saturating_add(self.round_of_parents(parent, round, known)));
        let time = times.max().unwrap_or_default();
        known.insert(check, time);
        time
    }

    /// Whether anybody hangs on it.
    pub fn has_children(&self, check: usize) -> bool {
        self.children.get(check).is_some_and(|children| !children.is_empty())
    }

    fn each_parent(&self, check: usize, each: &mut dyn FnMut(usize)) {
        if let Some(Some(need)) = self.needs.get(check) {
            need.checks(each);
        }
    }

    fn judge(&self, check: usize, fresh: Option<Instant>) -> Reach {
        match self.needs.get(check) {
            Some(Some(need)) => self.met(need, fresh),
            _ => Reach::Reachable,
        }
    }

    fn met(&self, need: &Need, fresh: Option<Instant>) -> Reach {
        match need {
            Need::Check(parent) => self.parent(*parent, fresh),
            Need::AtLeast(count, needs) => {
                let (mut met, mut open) = (0, 0);
                for need in needs {
                    match self.met(need, fresh) {
                        Reach::Reachable => met += 1,
                        Reach::Undetermined => open += 1,
                        Reach::Unreachable => {}
                    }
                }
                if met >= *count {
                    Reach::Reachable
                } else if met + open < *count {
                    Reach::Unreachable
                } else {
                    Reach::Undetermined
                }
            }
        }
    }

    /// A parent is there if it is up and reachable itself.
    fn parent(&self, parent: usize, fresh: Option<Instant>) -> Reach {
        match (self.reach[parent], self.own[parent]) {
            (Reach::Unreachable, _) | (_, Condition::Unmet) => Reach::Unreachable,
            (Reach::Undetermined, _) | (_, Condition::Undetermined) => Reach::Undetermined,
            (Reach::Reachable, Condition::Met(at)) if fresh.is_some_and(|moment| at < moment) => {
                Reach::Undetermined
            }
            (Reach::Reachable, Condition::Met(_)) => Reach::Reachable,
        }
    }
}
