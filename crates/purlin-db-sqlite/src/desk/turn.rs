//! A call that waits at the desk.

use super::{Desk, OPENING, Order, Piece};
use purlin_core::Result;

/// A call that waits for its answer. Dropped before it [rests](Turn::rests), it stops its order.
#[derive(Debug)]
pub(crate) struct Turn<'d> {
    pub(crate) desk: &'d Desk,
    pub(crate) id: u64,
    open: bool,
}

impl<'d> Turn<'d> {
    pub(crate) fn begin(desk: &'d Desk, order: Order) -> Result<Self> {
        Ok(Self { id: desk.submit(order)?, desk, open: true })
    }

    pub(crate) fn opening(desk: &'d Desk) -> Self {
        Self { desk, id: OPENING, open: true }
    }

    /// The next part of the answer.
    pub(crate) async fn next(&mut self) -> Result<Piece> {
        let piece = std::future::poll_fn(|context| self.desk.poll_first(self.id, context)).await;
        self.open &= piece.is_ok();
        piece
    }

    /// The end of an order whose answer has one part.
    pub(crate) async fn finished(mut self) -> Result<()> {
        self.next().await?;
        self.open = false;
        Ok(())
    }

    /// Its order needs no watching any more.
    pub(crate) fn rests(mut self) -> u64 {
        self.open = false;
        self.id
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.open {
            self.desk.abandon(self.id);
        }
    }
}
