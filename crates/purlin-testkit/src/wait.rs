//! Bounded waiting, for threads.

use purlin_core::Clock;
use std::time::Duration;

/// How often a condition is looked at. Tests wait often and briefly, so a late look costs more than an idle one.
const TICK: Duration = Duration::from_millis(5);

/// Looks until there is something, or until `limit` has passed. The last look is made after the limit, so that a
/// thread that was held up does not miss what has happened meanwhile.
pub(crate) fn until<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let clock = Clock::system();
    let end = clock.now().saturating_add(limit);
    loop {
        let last = clock.now() >= end;
        match look() {
            Some(found) => return Some(found),
            None if last => return None,
            None => std::thread::sleep(TICK),
        }
    }
}
