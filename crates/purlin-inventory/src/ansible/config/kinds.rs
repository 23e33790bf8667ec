//! Settings that the readers share.

/// What becomes of maps that several places set (`hash_behaviour`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum HashBehaviour {
    /// The stronger map replaces the weaker.
    #[default]
    Replace,
    /// Entries of the stronger map are put into the weaker, at every depth. Lists are replaced all the same.
    Merge,
}

/// What becomes of letters in group names that no variable name may have (`force_valid_group_names`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum GroupNames {
    /// They stay: Ansible's `never` and `ignore`.
    #[default]
    Keep,
    /// Each becomes an underscore: Ansible's `always` and `silently`.
    Replace,
}
