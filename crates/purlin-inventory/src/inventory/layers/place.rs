//! Where a host stands in each dimension.

use super::Voice;
use crate::inventory::{Data, GroupId, HostId, narrow};
use crate::native::layers::{GROUP, key_of};
use crate::{Located, Value};
use purlin_core::{Diagnostic, Diagnostics};
use std::collections::HashMap;
use std::sync::Arc;

/// The order in which dimensions are worked out: a layer may say where its hosts stand in another dimension (`[site.lon]
/// region = "europe"`), so a dimension comes after all whose layers speak of it. A circle is a fault: where a host stands
/// would depend on where it stands.
pub(super) fn order(data: &Data, report: &mut Diagnostics) -> Vec<usize> {
    let Some(native) = &data.native else { return Vec::new() };
    let count = native.dimensions.len();
    let keys: Vec<Option<u32>> = native.dimensions.iter().map(|name| data.keys.get(key_of(name))).collect();
    // Who speaks of whom, and where.
    let mut speaks: Vec<Vec<Option<&Located>>> = vec![vec![None; count]; count];
    for layer in &native.layers {
        let Some(from) = native.dimensions.iter().position(|name| *name == layer.dimension) else { continue };
        for (key, value) in &layer.vars {
            if let Some(to) = keys.iter().position(|known| *known == Some(*key)) {
                speaks[from][to].get_or_insert(value);
            }
        }
    }
    let mut order = Vec::with_capacity(count);
    while order.len() < count {
        let waits = |at: usize| (0..count).any(|from| !order.contains(&from) && speaks[from][at].is_some());
        let Some(next) = (0..count).rev().find(|at| !order.contains(at) && !waits(*at)) else {
            let stuck: Vec<usize> = (0..count).filter(|at| !order.contains(at)).collect();
            let said = stuck.iter().flat_map(|from| stuck.iter().filter_map(|to| speaks[*from][*to]));
            let names: Vec<&str> = stuck.iter().map(|at| &*native.dimensions[*at]).collect();
            let message = format!("where a host stands runs in a circle among {}", names.join(", "));
            let mut fault = Diagnostic::error("dimension-circle", message);
            for value in said {
                let place = value.origin.place(&data.files);
                fault = match fault.place {
                    None => fault.place(place),
                    Some(_) => fault.related("and here", place),
                };
            }
            report.push(fault.help("let one of these layers say it, or the hosts"));
            return order;
        };
        order.push(next);
    }
    order
}

/// A dimension of the inventory.
pub(super) struct Dimension<'a> {
    pub(super) name: &'a str,
    /// The variable that says where a host stands in it; none where nobody says so.
    pub(super) key: Option<u32>,
}

/// What layers say of where their hosts stand.
pub(super) type Placing<'a> = HashMap<(Voice, u32), &'a Located>;

/// Gathers it, so that it need not be looked for host by host.
pub(super) fn placing<'a>(data: &'a Data, dimensions: &[Dimension<'_>]) -> Placing<'a> {
    let layers = data.native.as_ref().map_or(0, |native| native.layers.len());
    let mut placing = Placing::new();
    for voice in (0..narrow(layers)).map(Voice::Layer) {
        let said = data.said_by(voice).iter();
        let said = said.filter(|(key, _)| dimensions.iter().any(|known| known.key == Some(*key)));
        placing.extend(said.map(|(key, value)| ((voice, *key), value)));
    }
    placing
}

/// What the groups of each combination say of where their hosts stand; nothing at all where no group says so.
pub(super) fn of_groups<'a>(data: &'a Data, dimensions: &[Dimension<'_>]) -> Vec<HashMap<u32, &'a Located>> {
    let says = |key: &u32| dimensions.iter().any(|known| known.key == Some(*key));
    let said = |id: GroupId| {
        let group = data.group(id);
        group.vars.iter().chain(&group.file_vars).filter(move |(key, _)| says(key))
    };
    let places = |id: GroupId| said(id).next().is_some();
    if !data.order.ids().any(places) {
        return Vec::new();
    }
    let above = data.order.nearest(&data.groups, places);
    let of = |combination| {
        let groups = data.wanted_groups(combination, &above, places);
        groups.into_iter().flat_map(said).map(|(key, value)| (*key, value)).collect()
    };
    data.combinations.iter().map(of).collect()
}

/// A host on its way to its layers.
pub(super) struct Seat<'a> {
    pub(super) data: &'a Data,
    pub(super) host: HostId,
    pub(super) dimensions: &'a [Dimension<'a>],
    /// In which order the dimensions are worked out.
    pub(super) order: &'a [usize],
    pub(super) placing: &'a Placing<'a>,
    pub(super) groups: Option<&'a HashMap<u32, &'a Located>>,
    pub(super) index: &'a HashMap<(&'a str, &'a str), u32>,
    pub(super) defaults: Option<u32>,
}

impl Seat<'_> {
    /// The layers that speak of the host, the weakest level first; that of the groups, which are not listed, is this.
    pub(super) fn levels(&self, groups: usize, report: &mut Diagnostics) -> Vec<Vec<Voice>> {
        let mut levels = vec![Vec::new(); self.dimensions.len() + 1];
        levels[0].extend(self.defaults.map(Voice::Layer));
        for at in self.order.iter().copied() {
            let dimension = &self.dimensions[at];
            let Some(key) = dimension.key.filter(|_| dimension.name != GROUP) else { continue };
            let Some(value) = self.said(key, &levels, groups) else { continue };
            match members(value) {
                Some(members) => {
                    let layers =
                        members.iter().filter_map(|member| self.index.get(&(dimension.name, &**member)));
                    levels[at + 1] = layers.map(|id| Voice::Layer(*id)).collect();
                }
                None => report.push(self.no_member(dimension.name, value)),
            }
        }
        levels
    }

    /// What the host says of a variable, or else the strongest level that says it.
    fn said<'v>(&'v self, key: u32, levels: &[Vec<Voice>], groups: usize) -> Option<&'v Located> {
        let own = [Voice::HostFiles(self.host), Voice::Host(self.host)];
        let own = own.into_iter().find_map(|voice| self.data.says(voice, key));
        let of_level = |(at, level): (usize, &Vec<Voice>)| match at == groups {
            true => self.groups?.get(&key).copied(),
            false => level.iter().rev().find_map(|voice| self.placing.get(&(*voice, key)).copied()),
        };
        own.or_else(|| levels.iter().enumerate().rev().find_map(of_level))
    }

    fn no_member(&self, dimension: &str, value: &Located) -> Diagnostic {
        let (host, kind) = (self.data.host_names.text(self.host.0), value.value.kind());
        let message = format!("the {dimension} of {host:?} is a {kind}, not a name or a list of names");
        Diagnostic::error("no-member", message).place(value.origin.place(&self.data.files))
    }
}

/// The members of a dimension that a value names.
pub(super) fn members(value: &Located) -> Option<Vec<Arc<str>>> {
    match &value.value {
        Value::Text(text) | Value::Unsafe(text) => Some(vec![text.clone()]),
        Value::Int(number) => Some(vec![number.to_string().into()]),
        Value::Null => Some(Vec::new()),
        Value::List(items) => {
            let mut found: Vec<Arc<str>> = Vec::with_capacity(items.len());
            for item in items.iter() {
                let name = match &item.value {
                    Value::Text(text) | Value::Unsafe(text) => text.clone(),
                    Value::Int(number) => number.to_string().into(),
                    _ => return None,
                };
                if !found.contains(&name) {
                    found.push(name);
                }
            }
            Some(found)
        }
        _ => None,
    }
}
