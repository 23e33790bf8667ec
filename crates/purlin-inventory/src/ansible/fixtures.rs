//! Values for tests, written as JSON; each value stands on a line of its own number.

use crate::{Batch, FileId, Inventory, InventoryBuilder, Located, Map, Origin, Value};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use std::fmt;

struct Ordered(Value);

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Ordered;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Ordered, E> {
        Ok(Ordered(Value::Null))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Ordered, E> {
        Ok(Ordered(truth.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Ordered, E> {
        Ok(Ordered(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Ordered, E> {
        Ok(Ordered(i64::try_from(number).unwrap().into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Ordered, E> {
        Ok(Ordered(number.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Ordered, E> {
        Ok(Ordered(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Ordered, A::Error> {
        let mut list = Vec::new();
        while let Some(Ordered(item)) = items.next_element()? {
            list.push(Located::new(item, line(0)));
        }
        Ok(Ordered(list.into()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Ordered, A::Error> {
        let mut map = Map::new();
        while let Some((key, Ordered(value))) = entries.next_entry::<String, _>()? {
            map.insert(key, Located::new(value, line(0)));
        }
        Ok(Ordered(map.into()))
    }
}

fn line(number: u32) -> Origin {
    Origin::new(FileId(0), number, 1)
}

/// A document; its values get the lines 1, 2, 3 in the order in which they begin.
pub(crate) fn document(json: &str) -> Located {
    let Ordered(value) = serde_json::from_str(json).unwrap();
    let mut document = Located::new(value, line(0));
    let mut next = 1;
    number(&mut document, &mut next);
    document
}

fn number(value: &mut Located, next: &mut u32) {
    value.origin = line(*next);
    *next += 1;
    match &mut value.value {
        Value::List(items) => {
            let mut numbered = items.to_vec();
            numbered.iter_mut().for_each(|item| number(item, next));
            *items = numbered.into();
        }
        Value::Map(map) => {
            let mut numbered = (**map).clone();
            numbered.values_mut().for_each(|item| number(item, next));
            *map = std::sync::Arc::new(numbered);
        }
        _ => {}
    }
}

/// An inventory from `{group: {host: {variable: value}}}`.
pub(crate) fn inventory(json: &str) -> Inventory {
    let mut builder = InventoryBuilder::new();
    builder.merge(batch(json));
    builder.build().unwrap()
}

pub(crate) fn batch(json: &str) -> Batch {
    let mut batch = Batch::new("hosts");
    for (group, hosts) in document(json).value.as_map().unwrap().iter() {
        let group = (group != "ungrouped").then(|| batch.group(group));
        for (host, vars) in hosts.value.as_map().unwrap().iter() {
            let host = batch.host(host);
            if let Some(group) = group {
                batch.add_host(group, host);
            }
            for (key, value) in vars.value.as_map().unwrap().iter() {
                batch.set_host_var_at(host, key, value.clone());
            }
        }
    }
    batch
}

/// Each group but `all` with its children and direct hosts.
pub(crate) fn groups(inventory: &Inventory) -> Vec<String> {
    let shown =
        inventory.groups().filter(|group| !["all", "ungrouped"].contains(&group.name())).map(|group| {
            let children = group.children().map(|child| format!("+{}", child.name()));
            let members: Vec<String> =
                children.chain(group.direct_hosts().map(|host| host.name().to_owned())).collect();
            format!("{}: {}", group.name(), members.join(" "))
        });
    shown.collect()
}
