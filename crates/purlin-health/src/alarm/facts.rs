//! What is decided from what is known.

use super::{Alarm, Behind, DowntimeId, Mute, Probe};
use crate::{CheckId, CheckState, Dependencies, Reach, State, StateRules};
use purlin_core::{Instant, Timestamp};
use std::time::Duration;

/// What is known of a check at one moment, as far as its alarm goes.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Facts {
    /// What is believed.
    pub state: State,
    /// Whether it flaps: then the end of a told outage waits until it is steady.
    pub is_flapping: bool,
    /// Since when, on the wall clock.
    pub since: Timestamp,
    /// When the run began that its last result came from. A failure that began while its parent was down may be the
    /// parent's, even if it was noticed later.
    pub begun: Option<Instant>,
    /// Since when it fails anew, where it had begun to recover from this outage.
    pub relapsed: Option<Instant>,
    /// How long it must fail until that is an outage ([`StateRules::confirms_after`]).
    pub confirms_after: Duration,
    /// How often it runs while it is down.
    pub every: Duration,
    /// Whether what it hangs on is there, by answers that came after its own first failure.
    pub reach: Reach,
    /// Whose outage explains it, where it is unreachable.
    pub suppressed_by: Option<CheckId>,
    /// How long it may take to ask what it hangs on ([`Dependencies::patience`]); then its outage is told without knowing.
    pub patience: Duration,
}

impl Facts {
    /// What is known of a check that hangs on nothing; `now` and `wall` are the same moment.
    pub fn new(state: &CheckState, rules: &StateRules, now: Instant, wall: Timestamp) -> Self {
        Self {
            state: state.state(),
            is_flapping: state.is_flapping(),
            since: wall.saturating_sub(now.since(state.since())),
            begun: state.last_result(),
            relapsed: state.failing_since().filter(|moment| *moment > state.since()),
            confirms_after: rules.confirms_after(),
            every: rules.every(State::Down),
            reach: Reach::Reachable,
            suppressed_by: None,
            patience: Duration::ZERO,
        }
    }

    /// Sets when the run began that its last result came from. Default: when it ended, which is right for reports.
    #[must_use]
    pub fn begun(mut self, moment: Option<Instant>) -> Self {
        self.begun = moment;
        self
    }

    /// Adds what it hangs on, and how long one round of its parents takes ([`Dependencies::patience`]).
    #[must_use]
    pub fn behind(mut self, all: &Dependencies, check: usize, state: &CheckState, round: Duration) -> Self {
        self.reach = all.reach_since(check, state.since());
        self.suppressed_by = all.suppressed_by(check).cloned();
        self.patience = round;
        self
    }
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Nothing,
    /// That it went down; since then.
    TellDown(Timestamp),
    /// That the outage of that moment is over.
    TellUp(Timestamp),
    /// To be judged again at that moment, unless something changes before.
    Wait {
        until: Instant,
        probe: Probe,
    },
}

impl Facts {
    /// From when on the check must have failed for its outage to be its own and to be one still: later than its first
    /// failure where its parents were down, or where it had begun to recover.
    fn own_since(&self, behind: Behind) -> Option<Instant> {
        match behind {
            Behind::ReachableSince(moment) => Some(self.relapsed.map_or(moment, |since| since.max(moment))),
            Behind::Never | Behind::Unreachable => self.relapsed,
        }
    }
}

impl Alarm {
    pub(super) fn judge(
        &mut self,
        facts: &Facts,
        downtime: Option<&DowntimeId>,
        now: Instant,
        wall: Timestamp,
    ) -> Verdict {
        if self.acknowledged.as_ref().is_some_and(|it| !it.holds(wall)) {
            self.acknowledged = None;
        }
        match (self.told, facts.state) {
            (Some(since), State::Up) if !facts.is_flapping => {
                *self = Self::default();
                Verdict::TellUp(since)
            }
            (None, State::Down) => self.untold(facts, downtime, now),
            (Some(_), _) => Verdict::Nothing,
            // What recovers is not told to be down any more.
            (None, State::Recovering) => {
                self.waits = None;
                Verdict::Nothing
            }
            (None, State::Pending | State::Up | State::Suspect) => {
                *self = Self::default();
                Verdict::Nothing
            }
        }
    }

    fn untold(&mut self, facts: &Facts, downtime: Option<&DowntimeId>, now: Instant) -> Verdict {
        self.untold = Some(facts.since);
        let behind = match (facts.reach, self.behind) {
            (Reach::Unreachable, _) => Behind::Unreachable,
            (_, Behind::Unreachable) => Behind::ReachableSince(now),
            // Muted by a parent in the life of an earlier process.
            (_, Behind::Never) if matches!(self.mute, Some(Mute::Suppressed(_))) => {
                Behind::ReachableSince(now)
            }
            (_, behind) => behind,
        };
        if behind != self.behind {
            (self.behind, self.waits) = (behind, None);
        }
        let mute = match (downtime, &self.acknowledged, facts.reach) {
            (Some(id), ..) => Mute::Downtime(id.clone()),
            (_, Some(_), _) => Mute::Acknowledged,
            (.., Reach::Unreachable) => Mute::Suppressed(facts.suppressed_by.clone()),
            (.., Reach::Undetermined) => return self.hold(facts, facts.patience, Probe::Parents, now),
            (.., Reach::Reachable) => return self.prove(facts, now),
        };
        (self.mute, self.waits) = (Some(mute), None);
        Verdict::Nothing
    }

    /// One lost packet while it comes back is no outage, and neither is what its parents did to it: a run that began
    /// late enough after that must have failed too.
    fn prove(&mut self, facts: &Facts, now: Instant) -> Verdict {
        let Some(since) = facts.own_since(self.behind) else {
            return self.tell(facts);
        };
        let proof = since.saturating_add(facts.confirms_after);
        if facts.begun.is_some_and(|begun| begun > since && begun >= proof) {
            return self.tell(facts);
        }
        // Three times as long as it should take: then something is wrong with its runs, and silence would be worse.
        let limit = facts.patience.saturating_add(facts.confirms_after.max(facts.every).saturating_mul(3));
        let is_past = facts.begun.is_some_and(|begun| begun > since);
        self.hold(facts, limit, Probe::Check { at: if is_past { proof } else { now } }, now)
    }

    fn hold(&mut self, facts: &Facts, limit: Duration, probe: Probe, now: Instant) -> Verdict {
        let until = self.waits.get_or_insert(now).saturating_add(limit);
        if now >= until {
            return self.tell(facts);
        }
        self.mute = Some(Mute::Undetermined);
        Verdict::Wait { until, probe }
    }

    fn tell(&mut self, facts: &Facts) -> Verdict {
        let acknowledged = self.acknowledged.take();
        *self = Self { told: Some(facts.since), acknowledged, ..Self::default() };
        Verdict::TellDown(facts.since)
    }
}
