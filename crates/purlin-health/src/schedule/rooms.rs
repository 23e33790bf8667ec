//! How many may run at the same time: in all, on a host, of a kind.

use super::Ceilings;
use std::collections::VecDeque;

/// Who is in, and who waits before a full room.
#[derive(Debug, Default)]
struct Room {
    running: usize,
    /// In the order in which they came; small, so no allocation for the many hosts where nobody waits.
    parked: VecDeque<u32>,
}

#[derive(Debug)]
pub(super) struct Rooms {
    ceilings: Ceilings,
    running: usize,
    parked: usize,
    hosts: Vec<Room>,
    kinds: Vec<Room>,
}

impl Rooms {
    pub(super) fn new(ceilings: Ceilings) -> Self {
        let kinds = ceilings.kinds.iter().map(|_| Room::default()).collect();
        Self { ceilings, running: 0, parked: 0, hosts: Vec::new(), kinds }
    }

    /// Makes room for a host with this number.
    pub(super) fn grow(&mut self, host: u32) {
        if host != u32::MAX && self.hosts.len() <= host as usize {
            self.hosts.resize_with(host as usize + 1, Room::default);
        }
    }

    /// Whether one more may run at all.
    pub(super) fn has_any(&self) -> bool {
        self.running < self.ceilings.total
    }

    /// Lets a check in, or parks it before the first full room.
    pub(super) fn enter(&mut self, job: u32, host: u32, kind: u16) -> bool {
        let most = self.ceilings.kinds.get(usize::from(kind)).copied().unwrap_or(usize::MAX);
        let mut full = None;
        if let Some(room) =
            self.hosts.get_mut(host as usize).filter(|room| room.running >= self.ceilings.host)
        {
            full = Some(room);
        } else if let Some(room) = self.kinds.get_mut(usize::from(kind)).filter(|room| room.running >= most) {
            full = Some(room);
        }
        if let Some(room) = full {
            room.parked.push_back(job);
            self.parked += 1;
            return false;
        }
        self.running += 1;
        for room in self.both(host, kind).into_iter().flatten() {
            room.running += 1;
        }
        true
    }

    /// Lets a check out, and gives those who may try again: the first before its host, the first before its kind.
    pub(super) fn leave(&mut self, host: u32, kind: u16) -> [Option<u32>; 2] {
        self.running = self.running.saturating_sub(1);
        let freed = self.both(host, kind).map(|room| {
            let room = room?;
            room.running = room.running.saturating_sub(1);
            room.parked.pop_front()
        });
        self.parked -= freed.iter().flatten().count();
        freed
    }

    pub(super) fn running(&self) -> usize {
        self.running
    }

    pub(super) fn parked(&self) -> usize {
        self.parked
    }

    fn both(&mut self, host: u32, kind: u16) -> [Option<&mut Room>; 2] {
        [self.hosts.get_mut(host as usize), self.kinds.get_mut(usize::from(kind))]
    }
}
