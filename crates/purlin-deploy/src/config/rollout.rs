//! The table `rollout`.

use crate::{Amount, Canary, Order, Promotion, Rollback, Rollout};
use purlin_config::{Fields, Misread, Value, choice, duration};

pub(super) fn read(fields: &mut Fields<'_>) -> Rollout {
    let mut rollout = Rollout::all();
    rollout.canary = canary(fields);
    let batches = fields.value("batches");
    let batches = batches.and_then(|list| list.list("a list such as [1, \"25%\", \"rest\"]", amount));
    rollout.batches = batches.unwrap_or_default();
    rollout.by = fields.value("by").and_then(|by| by.name());
    let words = [
        ("none", Rollback::None),
        ("host", Rollback::Host),
        ("batch", Rollback::Batch),
        ("run", Rollback::Run),
    ];
    if let Some(rollback) =
        fields.value("rollback").and_then(|value| value.parsed(|text| choice(text, &words)))
    {
        rollout.rollback = rollback;
    }
    let words = [("host_major", Order::HostMajor), ("lock_step", Order::LockStep)];
    if let Some(order) = fields.value("order").and_then(|value| value.parsed(|text| choice(text, &words))) {
        rollout.order = order;
    }
    let words = [("gate", Promotion::Gate), ("person", Promotion::Person)];
    if let Some(by) = fields.value("promotion").and_then(|value| value.parsed(|text| choice(text, &words))) {
        rollout.promotion = by;
    }
    rollout.max_unavailable = fields.value("max_unavailable").and_then(|value| amount(&value));
    let mut limit = |key| fields.value(key).and_then(|value| amount(&value)).unwrap_or(Amount::Count(0));
    rollout.max_failed = limit("max_failed");
    rollout.max_failed_batch = limit("max_failed_batch");
    if let Some(soak) = fields.value("soak").and_then(|soak| soak.parsed(duration)) {
        rollout.soak = soak;
    }
    if let Some(progress) = fields.value("progress").and_then(|progress| progress.parsed(duration)) {
        rollout.progress = progress;
    }
    rollout.accept_irreversible = fields.value("accept_irreversible").and_then(|reason| reason.name());
    rollout
}

/// A number for all, or a table for each failure domain.
fn canary(fields: &mut Fields<'_>) -> Option<Canary> {
    let value = fields.value("canary")?;
    let count = |value: &Value<'_>| value.number(1..=100_000).and_then(|count| u32::try_from(count).ok());
    if !value.is_table() {
        return Some(Canary { count: count(&value)?, per: None });
    }
    let read = fields.table("canary", |canary| {
        let per = canary.wanted("per").and_then(|per| per.name());
        (per, canary.wanted("count").and_then(|value| count(&value)))
    });
    let (per, number) = read?;
    Some(Canary { count: number?, per })
}

/// `3`, `"25%"` or `"rest"`.
fn amount(value: &Value<'_>) -> Option<Amount> {
    if value.is_integer() {
        let count = value.number(0..=100_000)?;
        return u32::try_from(count).ok().map(Amount::Count);
    }
    value.parsed(|text| {
        if text == "rest" {
            return Ok(Amount::Rest);
        }
        let percent = text.strip_suffix('%').and_then(|number| number.trim().parse::<u32>().ok());
        match percent.filter(|percent| *percent <= 100) {
            Some(percent) => Ok(Amount::Percent(percent)),
            None => {
                let fault = Misread::new(format!("{text:?} is no amount of hosts"));
                Err(fault.help("write a number such as 3, a share such as \"25%\", or \"rest\""))
            }
        }
    })
}
