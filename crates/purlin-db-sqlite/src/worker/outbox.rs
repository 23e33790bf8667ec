//! Rows that wait to be handed over while SQLite works at the next one.

use crate::batch::Batch;
use crate::desk::{Desk, Piece, Shape};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// With fewer new rows between two ticks than this, the rows come slowly: the caller gets what there is.
const SLOW: usize = 16;
/// With more rows than this the outbox stays locked between them: they come quickly.
const QUICK: usize = 64;

/// The rows of the statement under way. Only the connection's thread locks it: between two rows, and in the progress
/// handler, which SQLite calls in the middle of a step.
#[derive(Debug)]
pub(crate) struct Outbox {
    desk: Arc<Desk>,
    id: u64,
    pub(crate) batch: Batch,
    pub(crate) shape: Option<Shape>,
    /// Whether the caller knows the columns.
    pub(crate) told: bool,
    rows_at_tick: usize,
}

/// The outbox of a connection, shared with its progress handler.
#[derive(Debug, Clone)]
pub(crate) struct Shelf(Arc<Mutex<Outbox>>);

impl Shelf {
    pub(crate) fn new(desk: &Arc<Desk>) -> Self {
        let outbox = Outbox {
            desk: desk.clone(),
            id: 0,
            batch: Batch::default(),
            shape: None,
            told: false,
            rows_at_tick: 0,
        };
        Self(Arc::new(Mutex::new(outbox)))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Outbox> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// SQLite has been at work for a while: hands slow rows over, if the caller has none to read.
    pub(crate) fn tick(&self) {
        let Ok(mut outbox) = self.0.try_lock() else { return };
        let rows = outbox.batch.rows();
        if rows > 0 && rows < outbox.rows_at_tick + SLOW && outbox.desk.has_no_answers() {
            outbox.flush();
        }
        outbox.rows_at_tick = outbox.batch.rows();
    }
}

impl Outbox {
    /// Empty, for the statement of that order.
    pub(crate) fn begin(&mut self, id: u64) {
        self.batch = self.desk.buffers();
        (self.id, self.shape, self.told, self.rows_at_tick) = (id, None, false, 0);
    }

    /// Hands the batch over, once there is room; false when nobody wants it.
    pub(crate) fn flush(&mut self) -> bool {
        let mut full = std::mem::replace(&mut self.batch, self.desk.buffers());
        full.seal();
        let shape = if self.told { None } else { self.shape.clone() };
        self.told = true;
        self.rows_at_tick = 0;
        self.desk.hand_over(self.id, Piece { shape, batch: Some(full), done: None })
    }

    /// What was not handed over, and whether the caller knows the columns.
    pub(crate) fn take(&mut self) -> (Batch, Option<Shape>, bool) {
        let mut rest = std::mem::take(&mut self.batch);
        rest.seal();
        (rest, self.shape.take(), self.told)
    }

    /// Whether the next row can be expected at once.
    pub(crate) fn is_quick(&self) -> bool {
        self.batch.rows() > QUICK
    }
}
