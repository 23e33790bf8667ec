//! Rows that wait to be handed over while SQLite works at the next one.

use crate::batch::Batch;
use crate::desk::{Desk, Piece, Shape};
use std::cell::RefCell;
use std::sync::Arc;

/// With fewer new rows between two ticks than this, the rows come slowly: the caller gets what there is.
const SLOW: usize = 16;

/// The rows of the statement under way.
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

thread_local! {
    // SQLite calls the progress handler in the middle of a step, on this thread; a thread has one connection.
    static OUTBOX: RefCell<Option<Outbox>> = const { RefCell::new(None) };
}

/// A statement begins.
pub(crate) fn open(desk: &Arc<Desk>, id: u64) {
    let batch = desk.buffers();
    let outbox = Outbox { desk: desk.clone(), id, batch, shape: None, told: false, rows_at_tick: 0 };
    OUTBOX.with(|place| place.replace(Some(outbox)));
}

/// The outbox of the statement under way; none between statements.
pub(crate) fn with<T>(work: impl FnOnce(&mut Outbox) -> T) -> Option<T> {
    OUTBOX.with(|place| place.borrow_mut().as_mut().map(work))
}

/// The statement has ended; what was not handed over yet.
pub(crate) fn take() -> Option<Outbox> {
    OUTBOX.with(RefCell::take)
}

/// SQLite has been at work for a while: hands slow rows over, if the caller has none to read.
pub(crate) fn tick() {
    OUTBOX.with(|place| {
        let Ok(mut place) = place.try_borrow_mut() else { return };
        let Some(outbox) = &mut *place else { return };
        let rows = outbox.batch.rows();
        if rows > 0 && rows < outbox.rows_at_tick + SLOW && outbox.desk.has_no_answers() {
            outbox.flush();
        }
        outbox.rows_at_tick = outbox.batch.rows();
    });
}

impl Outbox {
    /// Hands the batch over, once there is room; false when nobody wants it.
    pub(crate) fn flush(&mut self) -> bool {
        let mut full = std::mem::replace(&mut self.batch, self.desk.buffers());
        full.seal();
        let shape = if self.told { None } else { self.shape.clone() };
        self.told = true;
        self.rows_at_tick = 0;
        self.desk.hand_over(self.id, Piece { shape, batch: Some(full), done: None })
    }
}
