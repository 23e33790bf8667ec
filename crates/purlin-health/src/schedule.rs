//! What decides when checks run: pure, with time as the time since the start.

mod rooms;
mod splay;
mod wheel;

use crate::stats::RunCounts;
use rooms::Rooms;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::Duration;
use wheel::Wheel;

/// Nanoseconds since the start.
type Nanos = u64;

/// Room for so many that are ready is always kept.
const ROOM: usize = 1024;

/// One tick of the wheel.
const TICK: Nanos = 10_000_000;

/// How many checks may run at the same time.
#[derive(Debug, Clone)]
pub(crate) struct Ceilings {
    /// In all.
    pub(crate) total: usize,
    /// On one host.
    pub(crate) host: usize,
    /// Of one kind, by its number.
    pub(crate) kinds: Vec<usize>,
}

/// A check to be scheduled.
#[derive(Debug)]
pub(crate) struct Job<'a> {
    /// The name: its place in the interval follows from it.
    pub(crate) id: &'a str,
    /// The usual interval; none for a timer, which starts when it was [pulled](Scheduler::pull_at), once, past all
    /// limits, and is no run that is counted.
    pub(crate) interval: Option<Duration>,
    /// The number of the host.
    pub(crate) host: Option<u32>,
    /// The number of the kind.
    pub(crate) kind: u16,
}

/// A check whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) job: u32,
    /// When it should have been.
    pub(crate) due: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nobody waits for it.
    Out,
    Wheel,
    Ready,
    Parked,
    Running,
}

#[derive(Debug)]
struct Entry {
    due: Nanos,
    /// The usual interval; 0 for a single shot.
    interval: Nanos,
    phase: Nanos,
    host: u32,
    kind: u16,
    place: Place,
    urgent: bool,
}

/// Urgent ones first, then the oldest.
type Turn = Reverse<(bool, Nanos, u32)>;

/// A check is in one place only: in the wheel, among the ready, parked before a full room, or running. So no check
/// overlaps itself, and no queue can grow beyond the number of checks.
///
/// Nothing drifts: a check's moments are those of its place in the interval. Moments that passed while it waited or ran
/// are counted as skipped, never made up for.
#[derive(Debug)]
pub(crate) struct Scheduler {
    wheel: Wheel,
    entries: Vec<Entry>,
    /// The intervals that led to the moments at which these are due, where it was not the usual one: few at a time.
    steps: HashMap<u32, Nanos>,
    ready: BinaryHeap<Turn>,
    rooms: Rooms,
    /// How long after its moment the latest of those was noticed that came to be due at the last tick.
    overslept: Nanos,
}

impl Scheduler {
    /// With room for so many checks.
    pub(crate) fn new(ceilings: Ceilings, room: usize) -> Self {
        Self {
            wheel: Wheel::new(room),
            entries: Vec::with_capacity(room),
            steps: HashMap::new(),
            ready: BinaryHeap::new(),
            rooms: Rooms::new(ceilings),
            overslept: 0,
        }
    }

    /// Adds a check; it gets the next number from 0. `wall` is the time since 1970 at the start, which fixes its place.
    /// The first run is at its place, or at `latest` if that is sooner.
    pub(crate) fn add(&mut self, job: &Job<'_>, wall: Duration, latest: Duration) {
        let number = index(self.entries.len());
        self.wheel.grow();
        let interval = job.interval.unwrap_or_default();
        let phase = nanos(splay::until_next(job.id, interval, wall));
        let due = phase.min(nanos(latest));
        let host = job.host.unwrap_or(u32::MAX);
        let (place, interval) =
            if job.interval.is_some() { (Place::Wheel, nanos(interval)) } else { (Place::Out, 0) };
        self.rooms.grow(host);
        let entry = Entry { due, interval, phase, host, kind: job.kind, place, urgent: true };
        self.entries.push(entry);
        if place == Place::Wheel {
            self.wheel.set(number, due.div_ceil(TICK));
        }
    }

    /// Gives every check whose turn it is now.
    pub(crate) fn tick(&mut self, now: Duration, counts: &mut RunCounts, starts: &mut Vec<Start>) {
        let now = nanos(now);
        let (entries, ready) = (&mut self.entries, &mut self.ready);
        let mut overslept = 0;
        self.wheel.advance(now / TICK, |job| {
            let entry = &mut entries[job as usize];
            if entry.interval == 0 {
                entry.place = Place::Out;
                starts.push(Start { job, due: Duration::from_nanos(entry.due) });
                return;
            }
            entry.place = Place::Ready;
            overslept = overslept.max(now.saturating_sub(entry.due));
            counts.offered += 1;
            ready.push(Reverse((!entry.urgent, entry.due, job)));
        });
        self.overslept = overslept;
        while self.rooms.has_any() {
            let Some(Reverse((_, _, job))) = self.ready.pop() else { break };
            let entry = &mut self.entries[job as usize];
            if entry.place != Place::Ready {
                continue;
            }
            if !self.rooms.enter(job, entry.host, entry.kind) {
                entry.place = Place::Parked;
                continue;
            }
            entry.place = Place::Running;
            counts.started += 1;
            let late = now.saturating_sub(entry.due);
            counts.lateness.add(Duration::from_nanos(late));
            starts.push(Start { job, due: Duration::from_nanos(entry.due) });
            let step = self.steps.get(&job).copied().unwrap_or(entry.interval);
            let missed = late.checked_div(step).unwrap_or(0);
            entry.due += missed * step;
            counts.offered += missed;
            counts.skipped.late += missed;
        }
        // After a start, or an hour of overload, there may have been as many as there are checks.
        if self.ready.capacity() > ROOM && self.ready.len() < self.ready.capacity() / 8 {
            self.ready.shrink_to(ROOM.max(2 * self.ready.len()));
        }
    }

    /// How late the last tick was itself, at most: what waits for room in its host's limit is late too, but not because
    /// nobody woke up.
    pub(crate) fn overslept(&self) -> Duration {
        Duration::from_nanos(self.overslept)
    }

    /// A run has ended; the next one is due after `step`, or at the check's place in its usual interval.
    pub(crate) fn finished(
        &mut self,
        job: u32,
        now: Duration,
        step: Option<Duration>,
        urgent: bool,
        counts: &mut RunCounts,
    ) {
        let now = nanos(now);
        let entry = &mut self.entries[job as usize];
        if entry.place != Place::Running {
            return;
        }
        counts.finished += 1;
        (entry.place, entry.urgent) = (Place::Out, urgent);
        let (host, kind) = (entry.host, entry.kind);
        let step = step.map_or(entry.interval, nanos);
        match step == entry.interval {
            true => self.steps.remove(&job),
            false => self.steps.insert(job, step),
        };
        if step > 0 {
            let mut next = if step == entry.interval { entry.next_place() } else { entry.due + step };
            if next <= now {
                let missed = (now - next) / step + 1;
                counts.offered += missed;
                counts.skipped.overlap += missed;
                next += missed * step;
            }
            entry.due = next;
            entry.place = Place::Wheel;
            self.wheel.set(job, next.div_ceil(TICK));
        }
        for freed in self.rooms.leave(host, kind).into_iter().flatten() {
            let entry = &mut self.entries[freed as usize];
            entry.place = Place::Ready;
            self.ready.push(Reverse((!entry.urgent, entry.due, freed)));
        }
    }

    /// Makes a check due at that moment, or earlier where it is; one that is waiting or running stays where it is. A timer
    /// is set to that moment.
    pub(crate) fn pull_at(&mut self, job: u32, at: Duration, urgent: bool) {
        let entry = &mut self.entries[job as usize];
        entry.urgent |= urgent;
        let is_earlier = entry.interval == 0 || nanos(at) < entry.due;
        if entry.place == Place::Out || (entry.place == Place::Wheel && is_earlier) {
            entry.due = nanos(at);
            entry.place = Place::Wheel;
            self.wheel.set(job, entry.due.div_ceil(TICK));
        }
    }

    /// When [`tick`](Self::tick) has something to do again, if nothing ends before.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.wheel.next().map(|tick| Duration::from_nanos(tick.saturating_mul(TICK)))
    }

    /// How many are running.
    pub(crate) fn running(&self) -> usize {
        self.rooms.running()
    }

    /// How many have come to be due and not begun.
    pub(crate) fn waiting(&self) -> usize {
        self.ready.len() + self.rooms.parked()
    }
}

impl Entry {
    /// The next moment of the check's place in its usual interval.
    fn next_place(&self) -> Nanos {
        let into = self.due % self.interval;
        let ahead = (self.phase + self.interval - into) % self.interval;
        self.due + if ahead == 0 { self.interval } else { ahead }
    }
}

fn nanos(time: Duration) -> Nanos {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX / 4).min(u64::MAX / 4)
}

/// A monitor holds fewer checks than that.
fn index(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX - 1)
}

#[cfg(test)]
mod tests;
