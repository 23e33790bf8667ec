//! How many may run at the same time: in all, on a host, of a kind.

use super::Ceilings;
use std::collections::{HashMap, VecDeque};

/// Something with a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Room {
    Host(u32),
    Kind(u16),
}

/// Who is in, and who waits before a full room.
#[derive(Debug)]
pub(super) struct Rooms {
    ceilings: Ceilings,
    running: usize,
    parked: usize,
    /// How many are in each: there may be as many hosts as checks.
    hosts: Vec<u32>,
    kinds: Vec<u32>,
    /// Those before the rooms where somebody waits, in the order in which they came.
    waiting: HashMap<Room, VecDeque<u32>>,
}

impl Rooms {
    pub(super) fn new(ceilings: Ceilings) -> Self {
        let kinds = vec![0; ceilings.kinds.len()];
        Self { ceilings, running: 0, parked: 0, hosts: Vec::new(), kinds, waiting: HashMap::new() }
    }

    /// Makes room for a host with this number.
    pub(super) fn grow(&mut self, host: u32) {
        if host != u32::MAX && self.hosts.len() <= host as usize {
            self.hosts.resize(host as usize + 1, 0);
        }
    }

    /// Whether one more may run at all.
    pub(super) fn has_any(&self) -> bool {
        self.running < self.ceilings.total
    }

    /// Lets a check in, or parks it before the first full room.
    pub(super) fn enter(&mut self, job: u32, host: u32, kind: u16) -> bool {
        let most = self.ceilings.kinds.get(usize::from(kind)).copied().unwrap_or(usize::MAX);
        let is_full =
            |inside: Option<&u32>, most: usize| inside.is_some_and(|inside| *inside as usize >= most);
        let full = if is_full(self.hosts.get(host as usize), self.ceilings.host) {
            Some(Room::Host(host))
        } else if is_full(self.kinds.get(usize::from(kind)), most) {
            Some(Room::Kind(kind))
        } else {
            None
        };
        if let Some(room) = full {
            self.waiting.entry(room).or_default().push_back(job);
            self.parked += 1;
            return false;
        }
        self.running += 1;
        self.both(host, kind).into_iter().flatten().for_each(|inside| *inside += 1);
        true
    }

    /// Lets a check out, and gives those who may try again: the first before its host, the first before its kind.
    pub(super) fn leave(&mut self, host: u32, kind: u16) -> [Option<u32>; 2] {
        self.running = self.running.saturating_sub(1);
        self.both(host, kind).into_iter().flatten().for_each(|inside| *inside = inside.saturating_sub(1));
        if self.parked == 0 {
            return [None, None];
        }
        [self.call(Room::Host(host)), self.call(Room::Kind(kind))]
    }

    fn call(&mut self, room: Room) -> Option<u32> {
        let queue = self.waiting.get_mut(&room)?;
        let first = queue.pop_front();
        self.parked -= usize::from(first.is_some());
        if queue.is_empty() {
            self.waiting.remove(&room);
        }
        first
    }

    pub(super) fn running(&self) -> usize {
        self.running
    }

    pub(super) fn parked(&self) -> usize {
        self.parked
    }

    fn both(&mut self, host: u32, kind: u16) -> [Option<&mut u32>; 2] {
        [self.hosts.get_mut(host as usize), self.kinds.get_mut(usize::from(kind))]
    }
}
