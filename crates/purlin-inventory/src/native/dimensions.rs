//! Keys that may be dimensions, once all files have spoken: any of them may have declared the precedence.

use super::layers::{GROUP, Layers, Unsure, key_of};
use super::read::{unknown_entry, unknown_top};
use crate::MergeRule;
use crate::inventory::Many;
use purlin_core::{Diagnostic, Diagnostics};
use std::collections::HashSet;
use std::sync::Arc;

impl Layers {
    /// Faults of keys and layers that belong to no declared dimension, and of merge rules for dimensions.
    pub(crate) fn check_dimensions(&self, files: &[Arc<str>], report: &mut Diagnostics) {
        let dimensions = self.dimensions();
        let is_dimension = |name: &str| name != GROUP && dimensions.iter().any(|known| **known == *name);
        let is_key = |key: &str| dimensions.iter().any(|known| **known != *GROUP && key_of(known) == key);
        let mut unknown = Many::new("unknown-key");
        for Unsure { inside, key, origin } in &self.unsure {
            if if inside.is_none() { is_dimension(key) } else { is_key(key) } {
                continue;
            }
            unknown.push(report, || {
                let fault = match inside {
                    None => unknown_top(key, &dimensions, *origin),
                    Some(what) => unknown_entry(what, key, &dimensions, *origin),
                };
                self.with_precedence(fault.at(origin.place(files)), files)
            });
        }
        unknown.finish(report);
        let told: HashSet<&str> =
            self.unsure.iter().filter(|said| said.inside.is_none()).map(|said| &*said.key).collect();
        let mut undeclared = Many::new("no-dimension");
        for layer in self.layers.iter().filter(|layer| !layer.dimension.is_empty()) {
            let name = &*layer.dimension;
            if !is_dimension(name) && !told.contains(name) {
                undeclared.push(report, || {
                    let message = format!("the declared precedence has no dimension {name:?}");
                    let fault = Diagnostic::error("no-dimension", message).place(layer.origin.place(files));
                    self.with_precedence(fault.help(format!("add {name:?} to it")), files)
                });
            }
        }
        undeclared.finish(report);
        for (key, rule, origin) in &self.rules {
            if *rule != MergeRule::Replace && is_key(key) {
                let help = "where a host stands is said whole, by the strongest who says it";
                let fault = Diagnostic::error("bad-value", format!("{key:?} cannot be merged"));
                report.push(fault.place(origin.place(files)).help(help));
            }
        }
    }

    fn with_precedence(&self, fault: Diagnostic, files: &[Arc<str>]) -> Diagnostic {
        match &self.precedence {
            Some((_, origin)) if fault.place.as_ref().is_none_or(|place| *place != origin.place(files)) => {
                fault.related("the precedence is declared here", origin.place(files))
            }
            _ => fault,
        }
    }
}
