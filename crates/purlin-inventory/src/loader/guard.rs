//! No refresh removes half the estate unseen.

use super::Removal;
use crate::Inventory;
use purlin_core::{Error, ErrorKind, Result};

/// How many of the missing hosts are named.
const MAX_NAMED: usize = 5;

pub(super) fn check(allowed: Removal, before: &Inventory, after: &Inventory) -> Result<()> {
    let Removal::Share(share) = allowed else { return Ok(()) };
    let missing: Vec<&str> =
        before.hosts().map(|host| host.name()).filter(|name| after.host(name).is_none()).collect();
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
    Err(Error::new(ErrorKind::Conflict, message).with_operation("inventory.refresh"))
}
