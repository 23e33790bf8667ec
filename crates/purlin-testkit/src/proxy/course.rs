//! One direction of one connection: which bytes go when. It knows no socket.

use super::fault::{Fault, Kind};
use std::sync::Arc;
use std::time::Duration;

/// What to do next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Act {
    Read,
    Write(Vec<u8>),
    Wait(Duration),
    /// Nothing, until the faults change.
    Stall,
    Close,
    Reset,
}

#[derive(Debug, Default)]
pub(super) struct Course {
    orders: Arc<[Fault]>,
    faults: Vec<Running>,
    pending: Vec<u8>,
    /// How many of the sender's bytes were passed on.
    position: u64,
    /// The delay of the next write is over.
    waited: bool,
}

#[derive(Debug)]
struct Running {
    fault: Fault,
    random: fastrand::Rng,
    done: bool,
}

impl Running {
    fn new(fault: Fault) -> Self {
        let random = fastrand::Rng::with_seed(fault.seed);
        Self { fault, random, done: false }
    }
}

impl Course {
    /// The faults of now. The same ones again change nothing.
    pub(super) fn follow(&mut self, orders: &Arc<[Fault]>) {
        if !Arc::ptr_eq(&self.orders, orders) {
            self.orders = orders.clone();
            self.faults = orders.iter().cloned().map(Running::new).collect();
        }
    }

    /// Those that it follows.
    pub(super) fn orders(&self) -> &Arc<[Fault]> {
        &self.orders
    }

    /// What the sender has sent.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// Asked again and again; what it says is done before.
    pub(super) fn next(&mut self) -> Act {
        if let Some(act) = self.event() {
            return act;
        }
        if self.pending.is_empty() {
            return Act::Read;
        }
        let delay = self.delay();
        if !self.waited && !delay.is_zero() {
            self.waited = true;
            return Act::Wait(delay);
        }
        self.waited = false;
        Act::Write(self.write())
    }

    /// Whether the connection is to end here and now, whatever waits to be written.
    pub(super) fn end(&self) -> Option<Act> {
        self.reached().find_map(|running| match running.fault.kind {
            Kind::Close => Some(Act::Close),
            Kind::Reset => Some(Act::Reset),
            _ => None,
        })
    }

    fn event(&mut self) -> Option<Act> {
        let position = self.position;
        let mut reached =
            self.faults.iter_mut().filter(|running| running.fault.at <= position && !running.done);
        reached.find_map(|running| match running.fault.kind {
            Kind::Inject(count) => {
                running.done = true;
                let bytes = (0..count).map(|_| running.random.u8(..)).collect();
                Some(Act::Write(bytes))
            }
            Kind::Stall => Some(Act::Stall),
            Kind::Close => Some(Act::Close),
            Kind::Reset => Some(Act::Reset),
            Kind::Delay(_) | Kind::Garbage | Kind::Pieces(_) => None,
        })
    }

    fn write(&mut self) -> Vec<u8> {
        let size = self.size();
        let mut bytes: Vec<u8> = self.pending.drain(..size).collect();
        let position = self.position;
        self.position += size as u64;
        let garbage =
            |running: &&mut Running| running.fault.at <= position && running.fault.kind == Kind::Garbage;
        if let Some(running) = self.faults.iter_mut().find(garbage) {
            bytes.fill_with(|| running.random.u8(..));
        }
        bytes
    }

    /// How many bytes go with the next write: never across the place where something else begins.
    fn size(&self) -> usize {
        let to_next = self
            .faults
            .iter()
            .filter_map(|running| running.fault.at.checked_sub(self.position))
            .filter(|distance| *distance > 0)
            .map(|distance| usize::try_from(distance).unwrap_or(usize::MAX));
        let pieces = self.reached().filter_map(|running| match running.fault.kind {
            Kind::Pieces(size) => Some(size),
            _ => None,
        });
        to_next.chain(pieces).fold(self.pending.len(), |least, size| least.min(size))
    }

    fn delay(&self) -> Duration {
        let delays = self.reached().filter_map(|running| match running.fault.kind {
            Kind::Delay(time) => Some(time),
            _ => None,
        });
        delays.sum()
    }

    fn reached(&self) -> impl Iterator<Item = &Running> {
        self.faults.iter().filter(|running| running.fault.at <= self.position)
    }
}

#[cfg(test)]
mod tests;
