//! What answers over the network.

use super::{is_set, made, wanted};
use crate::checks;
use crate::config::Recipe;
use purlin_config::{Fields, duration};
use std::sync::Arc;
use std::time::Duration;

pub(super) fn tcp(fields: &mut Fields<'_>) -> Option<Arc<dyn Recipe>> {
    let address = wanted(fields, "address");
    let is_polite = is_set(fields, "polite");
    let address = address?;
    made(move |fill| {
        let check = checks::Tcp::to(&fill.text(&address)?)?;
        Ok(Arc::new(if is_polite { check.polite() } else { check }))
    })
}

#[cfg(unix)]
pub(super) fn icmp(fields: &mut Fields<'_>) -> Option<Arc<dyn Recipe>> {
    let address = wanted(fields, "address")?;
    made(move |fill| Ok(Arc::new(checks::Icmp::to(&fill.text(&address)?)?)))
}

pub(super) fn ntp(fields: &mut Fields<'_>) -> Option<Arc<dyn Recipe>> {
    let address = wanted(fields, "address");
    let warning = time(fields, "warn_beyond");
    let critical = time(fields, "critical_beyond");
    let address = address?;
    made(move |fill| {
        let mut check = checks::Ntp::to(&fill.text(&address)?)?;
        if let Some(offset) = warning {
            check = check.warn_beyond(offset);
        }
        if let Some(offset) = critical {
            check = check.critical_beyond(offset);
        }
        Ok(Arc::new(check))
    })
}

/// The duration of a key, if it is there.
pub(super) fn time(fields: &mut Fields<'_>, key: &'static str) -> Option<Duration> {
    fields.value(key).and_then(|value| value.parsed(duration))
}
