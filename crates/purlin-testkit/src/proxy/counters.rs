//! What happened so far.

use std::sync::atomic::{AtomicU64, Ordering};

/// What happened in a [`FaultProxy`](super::FaultProxy) so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Connections that were accepted, held and ignored ones included.
    pub accepted: u64,
    /// Those of them that are still open.
    pub open: u64,
    /// Those whose server could not be reached.
    pub unreachable: u64,
    /// What was passed on to the server.
    pub to_server: Traffic,
    /// What was passed on to clients.
    pub to_client: Traffic,
}

/// What was passed on in one direction, all connections together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Bytes, injected ones included.
    pub bytes: u64,
    /// Writes that these bytes took.
    pub writes: u64,
}

/// The counters while they count.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) accepted: AtomicU64,
    pub(super) open: AtomicU64,
    pub(super) unreachable: AtomicU64,
    pub(super) to_server: Flow,
    pub(super) to_client: Flow,
}

#[derive(Debug, Default)]
pub(super) struct Flow {
    bytes: AtomicU64,
    writes: AtomicU64,
}

impl Tally {
    pub(super) fn read(&self) -> Counters {
        Counters {
            accepted: self.accepted.load(Ordering::Relaxed),
            open: self.open.load(Ordering::Relaxed),
            unreachable: self.unreachable.load(Ordering::Relaxed),
            to_server: self.to_server.read(),
            to_client: self.to_client.read(),
        }
    }
}

impl Flow {
    pub(super) fn wrote(&self, count: usize) {
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        self.writes.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self) -> Traffic {
        Traffic { bytes: self.bytes.load(Ordering::Relaxed), writes: self.writes.load(Ordering::Relaxed) }
    }
}
