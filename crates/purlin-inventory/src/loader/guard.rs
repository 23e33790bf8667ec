//! No refresh removes half the estate unseen.

use super::Removal;
use super::{Freshness, Loaded};
use crate::{Host, Inventory};
use purlin_core::{Error, ErrorKind, Result};
use std::collections::HashSet;

/// How many of the missing hosts are named.
const MAX_NAMED: usize = 5;

pub(super) fn check(allowed: Removal, before: &Inventory, loaded: &Loaded) -> Result<()> {
    let Removal::Share(share) = allowed else { return Ok(()) };
    let after = &loaded.inventory;
    let mut missing: Vec<&str> =
        before.hosts().map(|host| host.name()).filter(|name| after.host(name).is_none()).collect();
    if !missing.is_empty() {
        let known: HashSet<String> = after.hosts().flat_map(identities).collect();
        let renamed = |host: Host<'_>| identities(host).iter().any(|identity| known.contains(identity));
        missing.retain(|name| !before.host(name).is_some_and(renamed));
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of hosts are far below 2^52")]
    let removed = missing.len() as f64 / before.len().max(1) as f64;
    // Not a number allows nothing.
    if missing.is_empty() || removed <= share {
        return Ok(());
    }
    let named = missing.iter().take(MAX_NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = if missing.len() > MAX_NAMED { ", ..." } else { "" };
    let message = format!(
        "{} of {} hosts would be removed ({:.0} %, {:.0} % are allowed): {named}{more}",
        missing.len(),
        before.len(),
        100.0 * removed,
        100.0 * share,
    );
    let error = Error::new(ErrorKind::Conflict, message).with_operation("inventory.refresh");
    let error = match loaded.diagnostics.is_empty() {
        true => error,
        false => error.with_detail(loaded.diagnostics.clone()),
    };
    let left_out = loaded.sources.iter().filter(|loading| loading.state == Freshness::LeftOut);
    let left_out: Vec<&str> = left_out.map(|loading| &*loading.source).collect();
    Err(match left_out.is_empty() {
        true => error,
        false => error.with_note(format!("left out, because they failed: {}", left_out.join(", "))),
    })
}

/// What identifies a host besides its name; nothing where that cannot be read.
fn identities(host: Host<'_>) -> Vec<String> {
    let Ok(Some(identity)) = host.identity() else { return Vec::new() };
    let parts = [("uuid", identity.uuid), ("serial", identity.serial), ("machine_id", identity.machine_id)];
    parts
        .into_iter()
        .filter_map(|(kind, value)| Some(format!("{kind} {}", value?.to_ascii_lowercase())))
        .collect()
}
