//! What keeps what was decided, and what looks again when its time has come.

use super::super::hall::Hall;
use purlin_core::Cx;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How long one commit may take: in any case, and for each of its writes.
const COMMIT: (Duration, Duration) = (Duration::from_secs(10), Duration::from_millis(2));

/// How long after a failed commit the next one is tried: at first, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(30));

/// Commits what is unsaved, as it comes, until told to close and nothing is left.
pub(in crate::monitor) async fn keep(hall: Arc<Hall>) {
    let desk = &hall.desk;
    let mut pause = PAUSES.0;
    loop {
        let writes = desk.unsaved_writes();
        if writes.is_empty() {
            if desk.is_closing() {
                return;
            }
            desk.unsaved.notified().await;
            continue;
        }
        let limit = COMMIT.0 + COMMIT.1.saturating_mul(u32::try_from(writes.len()).unwrap_or(u32::MAX));
        let cx = Cx::background().with_clock(hall.clock.clone()).with_timeout(limit);
        let committed = match &desk.store {
            Some(store) => cx.run("health.commit", store.commit(&cx, &writes)).await,
            None => Ok(()),
        };
        if desk.store.is_some() {
            hall.report_own(super::super::STORE, committed.as_ref().err());
        }
        match committed {
            Ok(()) => {
                pause = PAUSES.0;
                desk.lock().book.saved(writes.len());
                desk.due.send_modify(|round| *round += 1);
            }
            Err(error) => {
                desk.store_faults.fetch_add(1, Ordering::Relaxed);
                tracing::error!(%error, "alarms cannot be kept, so none is told");
                desk.lock().book.condense();
                hall.clock.sleep(pause).await;
                pause = (pause * 2).min(PAUSES.1);
            }
        }
    }
}

/// Shows checks again when they have waited long enough, and all with an outage when a downtime begins or ends.
pub(in crate::monitor) async fn mind(hall: Arc<Hall>) {
    let desk = &hall.desk;
    while !desk.is_closing() {
        let next = desk.next_moment();
        let wait = async {
            match next {
                Some(moment) => hall.clock.sleep_until(moment).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = desk.sooner.notified() => continue,
            () = wait => {}
        }
        // Nothing here can fail.
        let _ = desk.change(|book| {
            book.tidy(hall.clock.timestamp());
            Ok(())
        });
        let due = desk.take_due(hall.clock.now());
        hall.show(due);
        hall.show_alarms();
    }
}
