//! What is believed of a check, in a form that outlives the process.

use super::{CheckState, State};
use crate::Status;
use crate::flap::Memory;
use purlin_core::{Instant, Timestamp};
use serde::{Deserialize, Serialize};

/// A [`CheckState`] in a form that outlives the process: moments of the wall clock instead of the monotonic one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SavedState {
    /// What was sure: pending, up or down.
    pub hard: State,
    /// What the last result said.
    pub status: Status,
    /// How many results in a row spoke against what was sure.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub contrary: u32,
    /// The first result of the row that made it sure.
    pub since: Timestamp,
    /// The first of the contrary results, or of an outage's failures since its last success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<Timestamp>,
    /// The last result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Timestamp>,
    /// Whether no result had come for too long.
    #[serde(default, skip_serializing_if = "is_no")]
    pub stale: bool,
    /// Whether it flapped.
    #[serde(default, skip_serializing_if = "is_no")]
    pub flapping: bool,
    #[serde(default, skip_serializing_if = "SavedFlap::is_empty")]
    flap: SavedFlap,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum SavedFlap {
    #[default]
    Empty,
    Changes {
        weight: f32,
        at: Timestamp,
    },
    Results(u64),
}

impl SavedFlap {
    fn is_empty(&self) -> bool {
        *self == Self::Empty
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_no(flag: &bool) -> bool {
    !*flag
}

/// The same moment on both clocks: what one of them shows becomes what the other showed then.
struct Bridge(Instant, Timestamp);

impl Bridge {
    fn wall(&self, moment: Instant) -> Timestamp {
        self.1.saturating_sub(self.0.since(moment))
    }

    /// A moment that the wall clock has yet to reach (somebody set it back) is now; one that the monotonic clock cannot
    /// express is now too: a check that looks younger than it is is probed no later for it.
    fn monotonic(&self, moment: Timestamp) -> Instant {
        self.0.checked_sub(self.1.since(moment)).unwrap_or(self.0)
    }
}

impl CheckState {
    /// The form to keep; `now` and `wall` are the same moment.
    pub fn saved(&self, now: Instant, wall: Timestamp) -> SavedState {
        let bridge = Bridge(now, wall);
        SavedState {
            hard: self.hard,
            status: self.status,
            contrary: self.contrary,
            since: bridge.wall(self.since),
            row: (self.contrary > 0 || self.row > self.since).then(|| bridge.wall(self.row)),
            last: self.last.map(|last| bridge.wall(last)),
            stale: self.is_stale,
            flapping: self.is_flapping,
            flap: match self.flap {
                Memory::Empty => SavedFlap::Empty,
                Memory::Changes { weight, at } => SavedFlap::Changes { weight, at: bridge.wall(at) },
                Memory::Results(states) => SavedFlap::Results(states),
            },
        }
    }
}

impl SavedState {
    /// What was believed; `now` and `wall` are the same moment, of the process that goes on with it.
    pub fn restored(&self, now: Instant, wall: Timestamp) -> CheckState {
        let bridge = Bridge(now, wall);
        let since = bridge.monotonic(self.since);
        CheckState {
            // A soft state is never written here; in a damaged file it is read as the sure one that it came from.
            hard: match self.hard {
                State::Pending => State::Pending,
                State::Up | State::Suspect => State::Up,
                State::Down | State::Recovering => State::Down,
            },
            status: self.status,
            is_stale: self.stale,
            is_flapping: self.flapping,
            contrary: self.contrary,
            since,
            row: self.row.map_or(since, |row| bridge.monotonic(row)),
            last: self.last.map(|last| bridge.monotonic(last)),
            flap: match self.flap {
                SavedFlap::Empty => Memory::Empty,
                SavedFlap::Changes { weight, .. } if !weight.is_finite() => Memory::Empty,
                SavedFlap::Changes { weight, at } => Memory::Changes { weight, at: bridge.monotonic(at) },
                SavedFlap::Results(states) => Memory::Results(states),
            },
        }
    }
}
