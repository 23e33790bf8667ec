//! Rows on their way from the call that reads them to the cursor that lends them.

use crate::line::{Answer, Reply};
use mysql_async::prelude::Protocol;
use mysql_async::{Conn, QueryResult, Row, Value};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

/// How many rows are read ahead at most, and how many bytes beyond which it is this one.
const ROWS: usize = 64;
const BYTES: usize = 64 * 1024;

/// What both sides share. Each side fills or empties a queue of its own and swaps, so that nothing is allocated anew.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    rows: Mutex<VecDeque<Row>>,
    /// Tells the call to give the connection back.
    leave: AtomicBool,
}

impl Shared {
    pub(crate) fn leave(&self) {
        self.leave.store(true, Ordering::Relaxed);
    }

    /// Takes what has come into an empty queue.
    pub(crate) fn take(&self, empty: &mut VecDeque<Row>) {
        std::mem::swap(&mut *self.lock(), empty);
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn publish(&self, full: &mut VecDeque<Row>) {
        let mut rows = self.lock();
        if rows.is_empty() {
            std::mem::swap(&mut *rows, full);
        } else {
            rows.append(full);
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Row>> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads the rest of the present result, as far ahead as data is there. When a batch is full it waits to be polled.
pub(crate) async fn read<P: Protocol>(mut conn: Conn, shared: std::sync::Arc<Shared>) -> Answer {
    let (mut full, mut bytes) = (VecDeque::new(), 0);
    let result = {
        let mut rows = QueryResult::<'_, '_, P>::new(&mut conn);
        loop {
            let mut next = pin!(rows.next());
            let row = poll_fn(|context| {
                if shared.leave.load(Ordering::Relaxed) {
                    return Poll::Ready(Ok(None));
                }
                let polled = next.as_mut().poll(context);
                if polled.is_pending() {
                    shared.publish(&mut full);
                }
                polled
            });
            match row.await {
                Ok(Some(row)) => {
                    if full.is_empty() {
                        bytes = 0;
                    }
                    bytes += size(&row);
                    full.push_back(row);
                    if full.len() >= ROWS || bytes >= BYTES {
                        shared.publish(&mut full);
                        pause().await;
                    }
                }
                Ok(None) => break Ok(Reply::Done),
                Err(error) => break Err(error),
            }
        }
    };
    shared.publish(&mut full);
    Answer::new(conn, result)
}

fn size(row: &Row) -> usize {
    let of = |index| match row.as_ref(index) {
        Some(Value::Bytes(bytes)) => bytes.len(),
        _ => 0,
    };
    (0..row.len()).map(of).sum()
}

/// Nobody is woken: who wants more rows polls.
async fn pause() {
    let mut paused = false;
    poll_fn(|_| if std::mem::replace(&mut paused, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}
