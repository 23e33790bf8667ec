//! What all parts of a monitor share.

use super::desk::{Desk, Follow};
use super::drive::Station;
use super::index::Index;
use super::plan::Seat;
use super::shard::Moved;
use crate::{Cause, CheckOutcome, Evidence, Failure, Phase, State, Status, Transition};
use purlin_core::{Clock, Error, Instant, Timestamp};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::broadcast;

/// What all parts of a monitor share. Locks are taken in one order: a shard's, then the desk's.
#[derive(Debug)]
pub(super) struct Hall {
    pub(super) stations: Vec<Station>,
    /// Where each check is.
    pub(super) index: Index,
    pub(super) desk: Desk,
    /// Boxed: its places are there from the beginning, whether anybody listens or not.
    pub(super) changes: broadcast::Sender<Box<Transition>>,
    pub(super) clock: Clock,
    /// How long the first runs take to begin.
    pub(super) spread: Duration,
}

impl Hall {
    pub(super) fn seat(&self, id: &str) -> Option<(&Station, Seat)> {
        let is_it = |seat: Seat| self.stations[seat.shard].lock().record(seat.job).id.as_str() == id;
        let seat = self.index.find(id, is_it)?;
        Some((&self.stations[seat.shard], seat))
    }

    /// Takes a report; false where nobody is to report.
    pub(super) fn report(&self, seat: Seat, outcome: CheckOutcome) -> bool {
        let station = &self.stations[seat.shard];
        let (now, wall) = (self.clock.now(), self.clock.timestamp());
        let mut shard = station.lock();
        let Some(moved) = shard.reported(seat.job, outcome, now, wall) else { return false };
        let follow = self.note(seat.shard, &moved, &shard, now, wall);
        drop(shard);
        self.tell(station, moved);
        self.follow(follow);
        station.ring();
        true
    }

    /// Reports how a part of the monitor itself is, where that is not known yet: each report is kept, and a report on the
    /// store for each commit would never come to an end.
    pub(super) fn report_own(&self, id: &str, fault: Option<&Error>) {
        let Some((station, seat)) = self.seat(id) else { return };
        let known = station.lock().record(seat.job).state().state();
        let outcome = match fault {
            None if known == State::Up => return,
            Some(_) if known == State::Down => return,
            None => CheckOutcome::Answered(Evidence::new(Status::Ok, "it works")),
            Some(error) => {
                let cause = Cause::Assertion("told".into());
                CheckOutcome::Failed(Failure::new(Phase::Execute, cause, error.to_string()))
            }
        };
        self.report(seat, outcome);
    }

    /// Shows the desk a result, while the shard is locked.
    pub(super) fn note(
        &self,
        shard: usize,
        moved: &Moved,
        locked: &super::shard::Shard,
        now: Instant,
        wall: Timestamp,
    ) -> Follow {
        if !moved.is_notable {
            return Follow::default();
        }
        let seat = Seat { shard, job: moved.job };
        self.desk.noted(seat, locked.record(moved.job), moved, now, wall)
    }

    /// Tells whoever listens.
    pub(super) fn tell(&self, station: &Station, moved: Moved) {
        if let Some(change) = moved.change {
            // Nobody has to listen.
            let _ = self.changes.send(Box::new(change));
            station.moved();
        }
    }

    /// Does what follows for other checks, and what follows from that.
    pub(super) fn follow(&self, follow: Follow) {
        let mut open = VecDeque::from([follow]);
        while let Some(follow) = open.pop_front() {
            for (seat, at) in follow.pull {
                self.stations[seat.shard].pull(seat.job, at);
            }
            for seat in follow.show {
                let shard = self.stations[seat.shard].lock();
                let more =
                    self.desk.shown(seat, shard.record(seat.job), self.clock.now(), self.clock.timestamp());
                drop(shard);
                open.push_back(more);
            }
        }
    }

    pub(super) fn show(&self, seats: Vec<Seat>) {
        self.follow(Follow { show: seats, pull: Vec::new() });
    }

    /// Shows every check with an outage.
    pub(super) fn show_alarms(&self) {
        let ids: Vec<_> = self.desk.read(|book| book.alarms().map(|(id, _)| id.clone()).collect());
        self.show(ids.iter().filter_map(|id| self.seat(id.as_str())).map(|(_, seat)| seat).collect());
    }
}
