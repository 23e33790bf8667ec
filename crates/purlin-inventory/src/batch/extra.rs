//! What only this crate's own readers say in a batch.

use super::Batch;
use crate::{Located, Profile, VarsFile};
use purlin_core::Diagnostic;
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

/// What follows a batch within one source.
#[derive(Debug, Clone)]
pub(crate) enum Next {
    /// The next file of a directory.
    Batch(Box<Batch>),
    /// A `constructed` file, which is evaluated over all that was merged before it. Its values carry origins of a table
    /// whose only file is `name`.
    Constructed { name: Arc<str>, config: Located },
}
