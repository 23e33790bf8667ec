//! What only shows when nodes are compared.

use super::{Lag, LagSource, NodeView, Position, Role};
use crate::Vendor;
use purlin_core::Endpoint;
use std::time::Duration;

/// What PostgreSQL's primary sends in one message at most. A replica that lacks no more than that was up to date when
/// it was last sent anything, while one that lacks more can be far behind and hear without a pause.
const ONE_MESSAGE: u64 = 128 * 1024;

/// Makes of each node's own view what the others know better: who of two that follow each other is the writer, and how
/// far replicas really are behind.
pub(super) fn compare(views: &mut [NodeView]) {
    twice(views);
    ring(views);
    let mut writers = views.iter().filter(|view| view.role == Role::Primary && view.is_own());
    let (Some(writer), None) = (writers.next().cloned(), writers.next()) else { return };
    for view in views.iter_mut().filter(|view| view.role == Role::Replica && view.galera.is_none()) {
        measure(view, &writer);
    }
}

/// One server under two addresses, such as its name and one that moves with the primary, is one node.
fn twice(views: &mut [NodeView]) {
    let mut seen: Vec<(String, Endpoint)> = Vec::new();
    for view in views {
        let Some(identity) = view.position.identity.clone() else { continue };
        match seen.iter().find(|(known, _)| *known == identity) {
            Some((_, first)) => {
                view.note(format!("it is the same server as {first}"));
                view.same_as = Some(first.clone());
            }
            None => seen.push((identity, view.endpoint.clone())),
        }
    }
}

/// Two servers that follow each other, of which one is held to reading: the other one is the writer.
fn ring(views: &mut [NodeView]) {
    if views.iter().any(|view| view.role == Role::Primary) {
        return;
    }
    let candidates: Vec<usize> = (0..views.len())
        .filter(|index| {
            let view = &views[*index];
            view.role == Role::Replica && view.read_only == Some(false) && view.is_own()
        })
        .collect();
    let &[only] = candidates.as_slice() else { return };
    let Some(id) = views[only].position.server_id else { return };
    let follows = &views[only].follows;
    let followed_by = |view: &NodeView| {
        let followed = view
            .position
            .server_id
            .is_some_and(|passive| follows.iter().any(|upstream| upstream.server_id == Some(passive)));
        followed
            && view.read_only == Some(true)
            && view.follows.iter().any(|upstream| upstream.connected && upstream.server_id == Some(id))
    };
    if views.iter().any(followed_by) {
        let view = &mut views[only];
        view.role = Role::Primary;
        view.lag = None;
        view.notes.clear();
        view.note("it takes writes and follows a node that follows it and is held to reading");
    }
}

fn measure(view: &mut NodeView, writer: &NodeView) {
    let before = view.lag.clone().unwrap_or_else(|| Lag::unknown(view.measured_at));
    let hears = view.follows.iter().all(|upstream| upstream.connected) && !view.follows.is_empty();
    let lag = match writer.vendor {
        Some(Vendor::Postgres) if view.position.system_identifier == writer.position.system_identifier => {
            let (Some(written), Some(replayed)) = (writer.position.bytes, view.position.bytes) else {
                return;
            };
            let bytes = written.saturating_sub(replayed);
            let at_most = postgres(&view.position, bytes).filter(|_| hears);
            Lag { bytes: Some(bytes), time: time(bytes, at_most), ..before }
        }
        Some(Vendor::MySql | Vendor::MariaDb) => {
            let held = view.position.gtids(view.vendor);
            let (Some(written), Some(held)) = (writer.position.gtids(writer.vendor), held) else { return };
            let missing = written.missing_in(&held);
            // A replica that has not noticed that it hears nothing says 0.
            let said = before.time.filter(|time| !time.is_zero());
            if missing > 0 && before.time == Some(Duration::ZERO) {
                view.note(format!("it says that it is 0 s behind, and lacks {missing} transactions"));
            }
            Lag { transactions: Some(missing), time: time(missing, said), ..before }
        }
        _ => return,
    };
    view.lag = Some(Lag { source: LagSource::Compared, ..lag });
}

/// How late a replica of PostgreSQL is at most that lacks so many bytes. The age of the last transaction says so only
/// while something waits to be replayed: the primary may have been idle for hours before it wrote what is missing.
fn postgres(position: &Position, missing: u64) -> Option<Duration> {
    match position.received? > position.bytes? {
        true => position.since_replay,
        false => position.since_message.filter(|_| missing <= ONE_MESSAGE),
    }
}

fn time(missing: u64, said: Option<Duration>) -> Option<Duration> {
    if missing == 0 { Some(Duration::ZERO) } else { said }
}
