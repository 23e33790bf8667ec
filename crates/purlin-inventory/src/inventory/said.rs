//! Variables of which one and the same host, group or layer says more than one value: in two sources, in two files.

use super::build::Format;
use super::layers::{Many, MergeRule, beside, combine, contradictions};
use super::{Data, Profile};
use crate::Located;
use purlin_core::{Diagnostic, Diagnostics};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A value that was said again later. These are kept in order, for whoever asks why a variable has its value.
#[derive(Debug, Clone)]
pub(crate) struct Earlier {
    /// None in the inventory itself; in files beside it their layer.
    pub(crate) layer: Option<u32>,
    pub(crate) key: u32,
    pub(crate) value: Located,
    /// Whether it is the last after all: what is in force is then made of this one and those before.
    pub(crate) is_last: bool,
}

impl Data {
    /// Merges what was said more than once where a rule says so. Native files of one source are equals: what they say
    /// must not differ.
    pub(super) fn settle_said(&mut self, report: &mut Diagnostics) {
        let mut twice = Many::new("said-twice");
        let mut hosts = std::mem::take(&mut self.hosts);
        for (id, host) in (0..).zip(&mut hosts).filter(|(_, host)| !host.earlier.is_empty()) {
            let name = || format!("{:?}", self.host_names.text(id));
            for (layer, said) in by_key(&host.earlier, |layer| layer.map(|_| 0)) {
                let vars = if layer.is_none() { &mut host.vars } else { &mut host.file_vars };
                self.settle_vars((layer, said), &mut host.earlier, vars, (&mut twice, report), &name);
            }
        }
        self.hosts = hosts;
        let mut groups = std::mem::take(&mut self.groups);
        for (id, group) in (0..).zip(&mut groups).filter(|(_, group)| !group.earlier.is_empty()) {
            let name = || format!("group {:?}", self.group_names.text(id));
            for (layer, said) in by_key(&group.earlier, |layer| layer) {
                let range = layer.map(|layer| group.layer_range(layer));
                let vars = match range {
                    None => &mut group.vars[..],
                    Some(range) => &mut group.file_vars[range],
                };
                self.settle_vars((layer, said), &mut group.earlier, vars, (&mut twice, report), &name);
            }
        }
        self.groups = groups;
        let mut layers = self.native.as_mut().map(|native| std::mem::take(&mut native.layers));
        for layer in layers.iter_mut().flatten().filter(|layer| !layer.earlier.is_empty()) {
            let name = layer.name();
            for said in by_key(&layer.earlier, |layer| layer) {
                let (earlier, vars) = (&mut layer.earlier, &mut layer.vars);
                self.settle_vars(said, earlier, vars, (&mut twice, report), &|| name.clone());
            }
        }
        if let (Some(native), Some(layers)) = (&mut self.native, layers) {
            native.layers = layers;
        }
        twice.finish(report);
    }

    fn settle_vars(
        &self,
        (layer, said): (Option<u32>, BTreeMap<u32, Vec<usize>>),
        earlier: &mut Vec<Earlier>,
        vars: &mut [(u32, Located)],
        (twice, report): (&mut Many, &mut Diagnostics),
        name: &dyn Fn() -> String,
    ) {
        let places: HashMap<u32, usize> = (0..).zip(&*vars).map(|(index, (key, _))| (*key, index)).collect();
        for (key, said) in said {
            let Some(now) = places.get(&key).map(|place| &mut vars[*place].1) else { continue };
            let rule = self.rule(key);
            let all: Vec<&Located> = said.iter().map(|index| &earlier[*index].value).chain([&*now]).collect();
            for pair in all.windows(2) {
                let [one, other] = pair else { continue };
                let paths =
                    if self.equals(one, other) { contradictions(rule, one, other) } else { Vec::new() };
                for path in paths {
                    twice.push(report, || self.said_twice(key, &path, (one, other), name));
                }
            }
            if rule == MergeRule::Replace {
                continue;
            }
            let merged = all.into_iter().cloned().reduce(|one, other| combine(beside(rule), &one, &other));
            if let Some(merged) = merged {
                let value = std::mem::replace(now, merged);
                earlier.push(Earlier { layer, key, value, is_last: true });
            }
        }
    }

    /// Whether two values stand in two native files of one source.
    fn equals(&self, one: &Located, other: &Located) -> bool {
        let of = |value: &Located| self.sources.get(value.origin.file.0 as usize);
        let is_native = of(one).is_some_and(|(_, format)| *format == Format::Native);
        self.profile == Profile::Native
            && is_native
            && one.origin.file != other.origin.file
            && of(one) == of(other)
    }

    fn said_twice(
        &self,
        key: u32,
        path: &[Arc<str>],
        (one, other): (&Located, &Located),
        name: &dyn Fn() -> String,
    ) -> Diagnostic {
        let mut key = self.keys.text(key).to_string();
        path.iter().for_each(|part| key.extend([".", part]));
        let message = format!("{key} of {} is said twice in files that are equally strong", name());
        Diagnostic::error("said-twice", message)
            .place(other.origin.place(&self.files))
            .related("the first is here", one.origin.place(&self.files))
            .help("say it once, or give it a rule in [merge]; of two sources the later one is stronger")
    }
}

/// Which of these values are said where, and of which variable.
fn by_key(
    earlier: &[Earlier],
    layer: impl Fn(Option<u32>) -> Option<u32>,
) -> BTreeMap<Option<u32>, BTreeMap<u32, Vec<usize>>> {
    let mut found: BTreeMap<_, BTreeMap<u32, Vec<usize>>> = BTreeMap::new();
    for (index, said) in earlier.iter().enumerate() {
        found.entry(layer(said.layer)).or_default().entry(said.key).or_default().push(index);
    }
    found
}
