//! A few hosts of many.

use super::compare::{Incomparable, text};
use super::key::Key;
use super::parse::Share;
use crate::expression::Fault;
use crate::hostset::Bits;
use crate::{Inventory, Value};
use std::collections::HashSet;

/// For each value of the key the first of these hosts that has it; of a list each member is a value.
pub(super) fn one_per(inventory: &Inventory, key: &Key<'_>, from: &Bits) -> Result<Bits, Fault> {
    let mut bits = Bits::none(inventory.len());
    let mut seen = HashSet::new();
    for id in from.iter() {
        let host = inventory.host_of(id);
        let values = match key.value(host) {
            _ if key.is_name() => vec![host.name().to_owned()],
            Some(value) => key.judged(host, values(&value.value))?,
            None => Vec::new(),
        };
        // Every value is noted, also when the host is taken for the first.
        let fresh = values.into_iter().filter(|value| !seen.contains(value)).collect::<Vec<_>>();
        if !fresh.is_empty() {
            bits.insert(id);
            seen.extend(fresh);
        }
    }
    Ok(bits)
}

fn values(value: &Value) -> Result<Vec<String>, Incomparable> {
    match value {
        Value::Secret(_) => Err(Incomparable("a secret")),
        Value::Map(_) => Err(Incomparable("a map")),
        Value::List(items) => {
            let inner: Result<Vec<_>, _> = items.iter().map(|item| values(&item.value)).collect();
            Ok(inner?.concat())
        }
        value => Ok(text(value).map(|text| format!("{} {text}", value.kind())).into_iter().collect()),
    }
}

/// The hosts whose names have the smallest hash.
pub(super) fn sample(inventory: &Inventory, share: Share, from: &Bits) -> Bits {
    let name = |id| inventory.host_of(id).name();
    let mut hosts: Vec<_> = from.iter().map(|id| (hash(name(id)), name(id), id)).collect();
    hosts.sort_unstable();
    let count = match share {
        Share::Count(count) => count,
        Share::Percent(percent) => rounded_up(hosts.len(), percent),
    };
    let ids: Vec<_> = hosts.into_iter().take(count).map(|(_, _, id)| id).collect();
    Bits::of(inventory.len(), &ids)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most the number of hosts, and never below 0"
)]
fn rounded_up(hosts: usize, percent: f64) -> usize {
    (hosts as f64 * percent / 100.0).ceil() as usize
}

/// FNV-1a, whose high bits depend too little on the last letters, and MurmurHash3's finish, which cures that.
fn hash(name: &str) -> u64 {
    let fnv = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (fnv ^ (fnv >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ (mixed >> 33)
}
