//! Who says something of a host in the native profile, and whose word counts.

mod circle;
mod clash;
mod link;
mod many;
mod merge;
mod names;
mod place;
mod report;
mod resolve;
mod settle;

pub(super) use clash::contradictions;
pub(super) use link::verify;
pub(crate) use many::Many;
pub use merge::MergeRule;
pub(super) use merge::beside;
pub(crate) use merge::{combine, same};
pub(super) use settle::settle;

use super::{Data, Earlier, GroupId, HashBehaviour, HostId};
use crate::{Located, Origin};
use std::collections::HashMap;
use std::sync::Arc;

/// Somebody who says something of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Voice {
    /// One of the [`Native::layers`].
    Layer(u32),
    /// A group, in the inventory itself.
    Group(GroupId),
    /// A group, in files beside the inventory.
    GroupFiles(GroupId),
    /// The host, in the inventory itself.
    Host(HostId),
    /// The host, in files beside the inventory.
    HostFiles(HostId),
}

/// The rules of the native profile, as all native files together declare them.
pub(crate) struct Native {
    /// The weakest first; `group` is among them, `host` is not.
    pub(crate) dimensions: Vec<Arc<str>>,
    pub(crate) rules: HashMap<u32, Rule>,
    pub(crate) layers: Vec<Layer>,
    /// Which of a combination's levels is that of the groups. They are not listed there: a host can have very many.
    pub(crate) groups: usize,
}

/// A merge rule and where it was declared; some are built in.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    pub(crate) rule: MergeRule,
    pub(crate) origin: Option<Origin>,
}

/// What is said of the members of a dimension; of everything where the dimension is empty.
pub(crate) struct Layer {
    pub(crate) dimension: Arc<str>,
    pub(crate) member: Arc<str>,
    pub(crate) origin: Origin,
    pub(crate) vars: Vec<(u32, Located)>,
    pub(crate) earlier: Vec<Earlier>,
}

impl Layer {
    /// Its name for people.
    pub(crate) fn name(&self) -> String {
        match &*self.dimension {
            "" => "defaults".to_owned(),
            dimension => format!("{dimension} {:?}", self.member),
        }
    }
}

impl Data {
    /// How what several say of a variable becomes one value.
    pub(crate) fn rule(&self, key: u32) -> MergeRule {
        match &self.native {
            Some(native) => native.rules.get(&key).map_or(MergeRule::Replace, |rule| rule.rule),
            None if self.hash_behaviour == HashBehaviour::Merge => MergeRule::Deep,
            None => MergeRule::Replace,
        }
    }

    /// All that a voice says.
    pub(crate) fn said_by(&self, voice: Voice) -> &[(u32, Located)] {
        let group = |id: GroupId| &self.groups[id.0 as usize];
        let host = |id: HostId| &self.hosts[id.0 as usize];
        match voice {
            Voice::Layer(id) => self
                .native
                .as_ref()
                .and_then(|native| native.layers.get(id as usize))
                .map_or(&[], |layer| &layer.vars),
            Voice::Group(id) => &group(id).vars,
            Voice::GroupFiles(id) => &group(id).file_vars,
            Voice::Host(id) => &host(id).vars,
            Voice::HostFiles(id) => &host(id).file_vars,
        }
    }

    /// What a voice says of one variable.
    pub(crate) fn says(&self, voice: Voice, key: u32) -> Option<&Located> {
        // Files beside several sources may say it more than once; the last one counts.
        self.said_by(voice).iter().rfind(|(known, _)| *known == key).map(|(_, value)| value)
    }
}
