//! Waiting for a lock that another connection holds, without being deaf meanwhile.

use crate::desk::Desk;
use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

/// The waits of SQLite's own handler, in milliseconds; the last one is repeated.
const WAITS: [u64; 12] = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100];

struct Patience {
    desk: Arc<Desk>,
    limit: Duration,
    /// The sum of the waits for this lock, as SQLite's own handler counts.
    waited: Duration,
}

thread_local! {
    // rusqlite before 0.41 takes a plain function as handler; a thread has one connection, so this is its state.
    static PATIENCE: RefCell<Option<Patience>> = const { RefCell::new(None) };
}

/// Waits so long for locks, on this thread; a stopped order ends the wait.
pub(crate) fn install(
    connection: &mut rusqlite::Connection,
    desk: &Arc<Desk>,
    limit: Duration,
) -> rusqlite::Result<()> {
    let patience = Patience { desk: desk.clone(), limit, waited: Duration::ZERO };
    PATIENCE.with(|place| place.replace(Some(patience)));
    connection.busy_handler(Some(wait as fn(i32) -> bool))
}

fn wait(count: i32) -> bool {
    PATIENCE.with(|place| {
        let mut place = place.borrow_mut();
        let Some(patience) = &mut *place else { return false };
        if count == 0 {
            patience.waited = Duration::ZERO;
        }
        let left = patience.limit.saturating_sub(patience.waited);
        if left.is_zero() {
            return false;
        }
        let step =
            usize::try_from(count).ok().and_then(|count| WAITS.get(count)).unwrap_or(&WAITS[WAITS.len() - 1]);
        let step = left.min(Duration::from_millis(*step));
        patience.waited += step;
        !patience.desk.pause(step)
    })
}
