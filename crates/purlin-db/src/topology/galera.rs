//! Galera: a node serves when it is in the primary component, ready and synced; anything less only looks alive.

use super::cells::Cells;
use super::read::StatusRows;
use super::{GaleraView, NodeView, Role};
use std::collections::BTreeMap;

/// `wsrep_local_state` of a node that has everything.
const SYNCED: u64 = 4;
const DONOR: u64 = 2;

pub(super) fn read(view: &mut NodeView, rows: &StatusRows) {
    let variables: BTreeMap<String, String> = rows.cluster.iter().flatten().filter_map(variable).collect();
    let Some(galera) = galera(&variables) else { return };
    let primary = galera.status.eq_ignore_ascii_case("Primary");
    let role = match (galera.connected, primary, galera.ready, galera.state) {
        (false, ..) => Role::Isolated,
        (true, false, ..) if galera.status.eq_ignore_ascii_case("Disconnected") => Role::Isolated,
        (true, false, ..) => Role::NonPrimary,
        (true, true, false, _) => Role::Isolated,
        (true, true, true, Some(SYNCED)) => Role::Primary,
        (true, true, true, Some(_)) => Role::Replica,
        (true, true, true, None) => Role::Unknown,
    };
    let comment = galera.comment.clone().unwrap_or_default();
    match role {
        Role::NonPrimary => view.note("its part of the cluster has no quorum: tables refuse (error 1047)"),
        Role::Isolated => view.note(format!("it is not connected to its cluster, or not ready ({comment})")),
        Role::Replica if galera.state == Some(DONOR) => {
            view.note("a donor or desynced: it takes writes and should be given none");
        }
        Role::Replica => view.note(format!("it is not synced ({comment})")),
        _ => {}
    }
    // A synced member that is held to reading, or follows a server outside of the cluster, keeps the role that it has
    // by these.
    if !(role == Role::Primary && view.role == Role::Replica) {
        view.role = role;
        view.lag = None;
    }
    view.galera = Some(galera);
}

fn variable(row: &crate::OwnedRow) -> Option<(String, String)> {
    let cells = Cells(row);
    Some((cells.text(&["Variable_name"])?.to_ascii_lowercase(), cells.text(&["Value"])?))
}

/// None outside of a cluster: the variables are not there, or say that the provider is not loaded.
fn galera(variables: &BTreeMap<String, String>) -> Option<GaleraView> {
    let text = |name: &str| variables.get(name).filter(|text| !text.is_empty()).cloned();
    let number = |name: &str| variables.get(name).and_then(|text| text.trim().parse::<u64>().ok());
    let on = |name: &str| variables.get(name).map(|text| text.eq_ignore_ascii_case("ON"));
    let state_uuid = text("wsrep_cluster_state_uuid");
    let status = text("wsrep_cluster_status")?;
    // Without a provider MariaDB answers `Disconnected`, and nothing about a state.
    if status.eq_ignore_ascii_case("Disconnected")
        && state_uuid.is_none()
        && number("wsrep_local_state").is_none()
    {
        return None;
    }
    Some(GaleraView {
        status,
        ready: on("wsrep_ready").unwrap_or(false),
        connected: on("wsrep_connected").unwrap_or(true),
        state: number("wsrep_local_state"),
        comment: text("wsrep_local_state_comment"),
        size: number("wsrep_cluster_size"),
        state_uuid,
        // 18446744073709551615 stands for "none".
        conf_id: number("wsrep_cluster_conf_id").filter(|id| *id != u64::MAX),
        last_committed: number("wsrep_last_committed"),
    })
}
