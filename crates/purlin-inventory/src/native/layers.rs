//! What native files say of precedence: which layers there are, which is stronger, how they are merged.

use crate::MergeRule;
use crate::{Located, Origin};
use purlin_core::{Diagnostic, Diagnostics};
use std::collections::HashMap;
use std::sync::Arc;

/// What the native files of a batch or an inventory say besides hosts and groups. Texts instead of ids: there are few.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layers {
    /// Whether any native file was read: its rules then hold for the whole inventory.
    pub(crate) native: bool,
    /// The declared dimensions, the weakest first, without `host`, which is always the strongest.
    pub(crate) precedence: Option<(Vec<Arc<str>>, Origin)>,
    pub(crate) rules: Vec<(Arc<str>, MergeRule, Origin)>,
    pub(crate) layers: Vec<Layer>,
    pub(crate) links: Vec<Link>,
    pub(crate) selections: Vec<Selection>,
    pub(crate) unsure: Vec<Unsure>,
    /// Where in `rules` and in `layers` those of a name stand, once they are absorbed.
    rule_index: HashMap<Arc<str>, usize>,
    layer_index: HashMap<(Arc<str>, Arc<str>), usize>,
}

/// What is said of the members of a dimension: of the site `lon`, of the role `web`.
#[derive(Debug, Clone)]
pub(crate) struct Layer {
    /// Empty for the defaults.
    pub(crate) dimension: Arc<str>,
    pub(crate) member: Arc<str>,
    pub(crate) origin: Origin,
    pub(crate) vars: Vec<(Arc<str>, Located)>,
    /// What was said before of variables that were said again, in order.
    pub(crate) earlier: Vec<(Arc<str>, Located)>,
    /// Where the variables stand, once there are several files that say some.
    index: HashMap<Arc<str>, usize>,
}

/// A key that means something only if it is a dimension, in a file that declares none: another file may.
#[derive(Debug, Clone)]
pub(crate) struct Unsure {
    /// In what it stands; none at the top of the file, where the key is the dimension's own name.
    pub(crate) inside: Option<Arc<str>>,
    pub(crate) key: Arc<str>,
    pub(crate) origin: Origin,
}

/// A group names a host or a group that any source may declare, so the name is looked up when all have spoken.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) group: Arc<str>,
    pub(crate) member: Member,
    pub(crate) origin: Origin,
}

#[derive(Debug, Clone)]
pub(crate) enum Member {
    Host(Arc<str>),
    Group(Arc<str>),
}

/// A group whose members a selector finds.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    pub(crate) group: Arc<str>,
    pub(crate) selector: Arc<str>,
    pub(crate) origin: Origin,
}

/// The dimensions of a file that declares none, the weakest first.
pub(crate) const USUAL: [&str; 5] = ["region", "site", "tier", "role", "environment"];
/// The dimension of groups: where it is not declared it is the weakest.
pub(crate) const GROUP: &str = "group";

/// The variable that says where a host stands in a dimension.
pub(crate) fn key_of(dimension: &str) -> &str {
    if dimension == "role" { "roles" } else { dimension }
}

impl Layers {
    /// The dimensions, the weakest first, with `group` among them.
    pub(crate) fn dimensions(&self) -> Vec<Arc<str>> {
        let mut dimensions = match &self.precedence {
            Some((dimensions, _)) => dimensions.clone(),
            None => USUAL.map(Arc::from).to_vec(),
        };
        if !dimensions.iter().any(|dimension| &**dimension == GROUP) {
            dimensions.insert(0, GROUP.into());
        }
        dimensions
    }

    /// Adds what a batch says, whose files begin at `offset`. Precedence and merge rules are said once, or everywhere
    /// alike.
    pub(crate) fn absorb(
        &mut self,
        mut other: Self,
        offset: u32,
        files: &[Arc<str>],
        report: &mut Diagnostics,
    ) {
        other.move_files(offset);
        self.native |= other.native;
        if let Some((dimensions, origin)) = other.precedence {
            match &self.precedence {
                Some((known, first)) if *known != dimensions => report.push(
                    Diagnostic::error("two-precedences", "two files declare different precedences")
                        .place(origin.place(files))
                        .related("the first is here", first.place(files))
                        .help("write the same in both, or in one of them only"),
                ),
                Some(_) => {}
                None => self.precedence = Some((dimensions, origin)),
            }
        }
        for (key, rule, origin) in other.rules {
            match self.rule_index.get(&key).and_then(|place| self.rules.get(*place)) {
                Some((_, known, first)) if *known != rule => report.push(
                    Diagnostic::error(
                        "two-merge-rules",
                        format!("two files have different merge rules for {key:?}"),
                    )
                    .place(origin.place(files))
                    .related("the first is here", first.place(files))
                    .help("write the same in both, or in one of them only"),
                ),
                Some(_) => {}
                None => {
                    self.rule_index.insert(key.clone(), self.rules.len());
                    self.rules.push((key, rule, origin));
                }
            }
        }
        for layer in other.layers {
            self.layer(layer);
        }
        self.links.extend(other.links);
        self.selections.extend(other.selections);
        self.unsure.extend(other.unsure);
    }

    fn layer(&mut self, layer: Layer) {
        let name = (layer.dimension.clone(), layer.member.clone());
        let place = *self.layer_index.entry(name).or_insert(self.layers.len());
        match self.layers.get_mut(place) {
            Some(known) => known.absorb(layer),
            None => self.layers.push(layer),
        }
    }

    /// What it says of dimensions alone: of a file with faults, so that those of its keys are told among them.
    pub(crate) fn dimensions_only(&self) -> Self {
        let bare = |layer: &Layer| Layer::new(&layer.dimension, &layer.member, layer.origin, Vec::new());
        Self {
            native: self.native,
            precedence: self.precedence.clone(),
            layers: self.layers.iter().map(bare).collect(),
            unsure: self.unsure.clone(),
            ..Self::default()
        }
    }

    fn move_files(&mut self, offset: u32) {
        let precedence = self.precedence.iter_mut().map(|(_, origin)| origin);
        let rules = self.rules.iter_mut().map(|(_, _, origin)| origin);
        let links = self.links.iter_mut().map(|link| &mut link.origin);
        let selections = self.selections.iter_mut().map(|selection| &mut selection.origin);
        let unsure = self.unsure.iter_mut().map(|unsure| &mut unsure.origin);
        for origin in precedence.chain(rules).chain(links).chain(selections).chain(unsure) {
            *origin = origin.moved(offset);
        }
        for layer in &mut self.layers {
            layer.origin = layer.origin.moved(offset);
            layer.vars.iter_mut().for_each(|(_, value)| value.move_files(offset));
        }
    }
}

impl Layer {
    pub(crate) fn new(dimension: &str, member: &str, origin: Origin, vars: Vec<(Arc<str>, Located)>) -> Self {
        let (dimension, member) = (dimension.into(), member.into());
        Self { dimension, member, origin, vars, earlier: Vec::new(), index: HashMap::new() }
    }

    /// Adds what a later file says of it.
    fn absorb(&mut self, later: Self) {
        if self.index.is_empty() {
            self.index.extend(self.vars.iter().zip(0..).map(|((key, _), place)| (key.clone(), place)));
        }
        for (key, value) in later.vars {
            match self.index.get(&key) {
                Some(place) => {
                    let value = std::mem::replace(&mut self.vars[*place].1, value);
                    self.earlier.push((key, value));
                }
                None => {
                    self.index.insert(key.clone(), self.vars.len());
                    self.vars.push((key, value));
                }
            }
        }
    }
}
