//! What only shows when nodes are compared.

use super::{Lag, LagSource, NodeView, Role};
use crate::Vendor;
use std::time::Duration;

/// Makes of each node's own view what the others know better: who of two that follow each other is the writer, and how
/// far replicas really are behind.
pub(super) fn compare(views: &mut [NodeView]) {
    ring(views);
    let mut writers = views.iter().filter(|view| view.role == Role::Primary);
    let (Some(writer), None) = (writers.next().cloned(), writers.next()) else { return };
    for view in views.iter_mut().filter(|view| view.role == Role::Replica && view.galera.is_none()) {
        measure(view, &writer);
    }
}

/// Two servers that follow each other, of which one is held to reading: the other one is the writer.
fn ring(views: &mut [NodeView]) {
    if views.iter().any(|view| view.role == Role::Primary) {
        return;
    }
    let candidates: Vec<usize> = (0..views.len())
        .filter(|index| views[*index].role == Role::Replica && views[*index].read_only == Some(false))
        .collect();
    let &[only] = candidates.as_slice() else { return };
    let Some(id) = views[only].position.server_id else { return };
    let followed_by = |view: &NodeView| {
        let reads_only = view.read_only == Some(true);
        reads_only && view.follows.iter().any(|upstream| upstream.connected && upstream.server_id == Some(id))
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
            let since = view.position.since_replay.filter(|_| hears);
            Lag { bytes: Some(bytes), time: time(bytes, since), ..before }
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

fn time(missing: u64, said: Option<Duration>) -> Option<Duration> {
    if missing == 0 { Some(Duration::ZERO) } else { said }
}
