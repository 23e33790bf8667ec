//! One `[[step]]`.

use super::StepKinds;
use crate::{Node, StepId};
use purlin_config::{Fields, duration};

pub(super) fn read(fields: &mut Fields<'_>, kinds: &StepKinds) -> Option<Node> {
    let name = fields.wanted("name").and_then(|name| name.name());
    let kind = fields.wanted("kind");
    let mut steps = |key| {
        let list = fields
            .value(key)
            .and_then(|list| list.list("a list of steps, by their names", |name| name.name()));
        list.unwrap_or_default().into_iter().map(StepId::from).collect::<Vec<_>>()
    };
    let (after, on_change) = (steps("after"), steps("on_change"));
    let mut is_so = |key| fields.value(key).and_then(|value| value.boolean()).unwrap_or_default();
    let (once, barrier) = (is_so("run_once"), is_so("barrier"));
    let retries = fields.value("retries").and_then(|retries| retries.number(0..=100)).unwrap_or_default();
    let timeout = fields.value("timeout").and_then(|timeout| timeout.parsed(duration));
    let kind = kind?;
    let node = if kind.text()? == "close" {
        let of = fields.wanted("of").and_then(|of| of.name());
        Node::closing(name?, of?)
    } else {
        let reader = kind.parsed(|text| kinds.find(text))?;
        let step = reader(fields);
        Node::shared(name?, step?)
    };
    let retries = u32::try_from(retries).unwrap_or_default();
    let timeout = timeout.unwrap_or(node.timeout);
    Some(Node { after, on_change, once, barrier, retries, timeout, ..node })
}
