//! What only this crate's own readers say in a batch.

use super::Batch;
use crate::{Located, Profile, VarsFile};
use purlin_core::Diagnostic;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// What only this crate's own readers say: Ansible's formats depend on what was read before them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extra {
    /// Whose rules the files follow; none where it does not matter.
    pub(crate) profile: Option<Profile>,
    /// Host, key and value that count only if no earlier batch has named the host: the port of `web1:2222`.
    pub(crate) firsts: Vec<(u32, u32, Located)>,
    /// Groups that an earlier batch must have named.
    pub(crate) needs: Vec<Need>,
    /// Children whose place depends on whether an earlier batch has named them.
    pub(crate) early: Vec<Early>,
    /// Whether its own file was read as INI, whatever its name says.
    pub(crate) is_ini: bool,
    /// The folder whose `group_vars` and `host_vars` belong to this source.
    pub(crate) vars_beside: Option<PathBuf>,
    /// Files of variables that were found beside an inventory, read or not.
    pub(crate) vars_files: Vec<VarsFile>,
    /// What is merged after this batch, in order.
    pub(crate) then: Vec<Next>,
}

/// A group that must be known, and the fault if it is not.
#[derive(Debug, Clone)]
pub(crate) struct Need {
    pub(crate) group: Arc<str>,
    pub(crate) fault: Diagnostic,
}

impl Batch {
    /// Whether any file of it is Ansible's, which has variables in folders beside it: the native format says all in its
    /// own files.
    pub(crate) fn is_ansibles(&self) -> bool {
        if self.extra.then.is_empty() {
            return self.extra.profile != Some(Profile::Native);
        }
        self.extra.then.iter().any(|next| match next {
            Next::Batch(batch) => batch.is_ansibles(),
            Next::Constructed { .. } => true,
        })
    }

    /// What is left of a batch that is not used: what its native files say of dimensions, which another file may use.
    pub(crate) fn dimensions_only(&self) -> Self {
        let mut bare = Self::new(self.files.first().cloned().unwrap_or_default());
        bare.files.clone_from(&self.files);
        bare.extra.profile = self.extra.profile;
        bare.native = self.native.dimensions_only();
        bare.extra.then = self
            .extra
            .then
            .iter()
            .filter_map(|next| match next {
                Next::Batch(batch) => Some(Next::Batch(Box::new(batch.dimensions_only()))),
                Next::Constructed { .. } => None,
            })
            .collect();
        bare
    }

    /// The faults of groups that must be known, but are neither among these nor said before in the batch itself. The
    /// batch's own groups join them.
    pub(crate) fn unmet(&self, known: &mut HashSet<Arc<str>>) -> Vec<Diagnostic> {
        let unmet = self.extra.needs.iter().filter(|need| !known.contains(&need.group));
        let mut faults: Vec<_> = unmet.map(|need| need.fault.clone()).collect();
        known.extend(self.group_names.texts().iter().cloned());
        for next in &self.extra.then {
            if let Next::Batch(batch) = next {
                faults.extend(batch.unmet(known));
            }
        }
        faults
    }
}

/// What follows a batch within one source.
#[derive(Debug, Clone)]
pub(crate) enum Next {
    /// The next file of a directory.
    Batch(Box<Batch>),
    /// A `constructed` file, which is evaluated over all that was merged before it. Its values carry origins of a table
    /// whose only file is `name`.
    Constructed { name: Arc<str>, config: Located },
}

/// A child that its file declares only later, or not at all. If an earlier batch has named it, it stands where its parent
/// names it; else where it is declared, which is where the parent's list has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Early {
    pub(crate) parent: u32,
    pub(crate) child: u32,
    /// How many of the parent's children in that list were before it when the parent named it.
    pub(crate) before: usize,
}

/// Puts those children of a parent that an earlier batch has named where the parent names them.
pub(crate) fn in_order<T>(children: Vec<(u32, T)>, early: &[(u32, usize)]) -> Vec<(u32, T)> {
    let wanted: HashMap<u32, usize> =
        early.iter().enumerate().rev().map(|(place, (id, _))| (*id, place)).collect();
    let mut moved: Vec<Option<(u32, T)>> = early.iter().map(|_| None).collect();
    let mut rest = Vec::with_capacity(children.len());
    for (index, child) in children.into_iter().enumerate() {
        match wanted.get(&child.0).and_then(|place| moved.get_mut(*place)) {
            Some(place @ None) => *place = Some(child),
            _ => rest.push((index, child)),
        }
    }
    let mut moved = moved.into_iter().zip(early).peekable();
    let mut all = Vec::new();
    for (index, child) in rest {
        while let Some((early, _)) = moved.next_if(|(_, (_, before))| *before <= index) {
            all.extend(early);
        }
        all.push(child);
    }
    all.extend(moved.filter_map(|(early, _)| early));
    all
}
