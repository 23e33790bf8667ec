//! What tells by one publisher.

use super::super::hall::Hall;
use purlin_core::{Cx, Error};
use std::sync::Arc;
use std::time::Duration;

/// How long a publisher may take for one notice.
const LIMIT: Duration = Duration::from_secs(30);

/// How long after a failure the next attempt is made: at first, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// After so many failures in a row the others are not tried in this round.
const IN_A_ROW: usize = 3;

/// Tells what is due by this publisher, each notice until it was taken, one after the other.
pub(in crate::monitor) async fn tell(hall: Arc<Hall>, which: usize) {
    let desk = &hall.desk;
    let publisher = desk.publishers[which].clone();
    let own = super::super::publisher_check(publisher.name());
    let mut rounds = desk.due.subscribe();
    let mut stopping = desk.stopping.subscribe();
    let mut pause = PAUSES.0;
    loop {
        rounds.mark_unchanged();
        let due: Vec<_> = desk.read(|book| book.due(publisher.name()).into_iter().cloned().collect());
        if due.is_empty() {
            // What is kept next may be to be told.
            let is_over = desk.is_stopping() && desk.unsaved_writes().is_empty();
            if is_over || rounds.changed().await.is_err() {
                return;
            }
            continue;
        }
        let (mut failed, mut row): (Option<Error>, usize) = (None, 0);
        for notice in &due {
            let cx = Cx::background().with_clock(hall.clock.clone()).with_timeout(LIMIT);
            match cx.run("health.publish", publisher.publish(&cx, &notice.transition)).await {
                Ok(()) => {
                    row = 0;
                    let (number, name) = (notice.number, publisher.name());
                    // Nothing here can fail.
                    let _ = desk.change(|book| {
                        book.delivered(number, name);
                        Ok(())
                    });
                }
                Err(error) => {
                    row += 1;
                    tracing::warn!(publisher = publisher.name(), %error, "a notice could not be told");
                    failed = Some(error);
                    if row == IN_A_ROW {
                        break;
                    }
                }
            }
        }
        hall.report_own(&own, failed.as_ref());
        if failed.is_none() {
            pause = PAUSES.0;
            continue;
        }
        if desk.is_stopping() {
            return;
        }
        tokio::select! {
            () = hall.clock.sleep(pause) => {}
            _ = stopping.changed() => {}
        }
        pause = (pause * 2).min(PAUSES.1);
    }
}
