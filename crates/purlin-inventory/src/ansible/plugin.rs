//! YAML files that configure a plugin instead of naming hosts.

use super::options::short;
use crate::batch::Batch;
use crate::{Inventory, Located, Profile};
use purlin_core::Diagnostic;

/// A plugin that is built in here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plugin {
    Constructed,
    Generator,
}

impl Plugin {
    /// The plugin of this name; none if it is one that only Ansible has.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match short(name) {
            "constructed" => Some(Self::Constructed),
            "generator" => Some(Self::Generator),
            _ => None,
        }
    }
}

/// What a constructed file says of the hosts so far. The file of `config`'s origins is the first of the batch's table.
pub(crate) fn constructed(so_far: &Inventory, config: &Located, name: &str) -> Batch {
    let mut batch = of(name);
    super::constructed::run(config, so_far, &mut batch);
    batch
}

/// Whether such a file also wants to see the variables of `group_vars` and `host_vars`.
pub(crate) fn uses_vars_files(config: &Located) -> bool {
    super::constructed::uses_vars_files(config)
}

/// The hosts and groups of a generator file.
pub(crate) fn generator(config: &Located, name: &str) -> Batch {
    let mut batch = of(name);
    super::generator::run(config, &mut batch);
    batch
}

/// The fault of a file for a plugin that is not built in.
pub(crate) fn unknown(name: &str, config: &Located, file: &str) -> Batch {
    let mut batch = of(file);
    let origin =
        config.value.as_map().and_then(|map| map.get("plugin")).map_or(config.origin, |value| value.origin);
    let place = batch.place(origin);
    batch.report(
        Diagnostic::error("unknown-plugin", format!("the inventory plugin {name:?} is not run here"))
            .place(place)
            .help(format!("let Ansible run it: -i 'exec:ansible-inventory -i {file} --list'")),
    );
    batch
}

fn of(name: &str) -> Batch {
    let mut batch = Batch::new(name);
    batch.extra.profile = Some(Profile::Ansible);
    batch
}
