//! Where the kernel shows itself.

use std::path::PathBuf;

/// Where the kernel's own file systems are mounted: `/proc` and `/sys` unless set. Containers that show the host's
/// elsewhere set them, and so do tests with recorded trees.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SystemRoots {
    pub(crate) proc: PathBuf,
    pub(crate) sys: PathBuf,
}

impl SystemRoots {
    /// `/proc` and `/sys`.
    pub fn new() -> Self {
        Self { proc: "/proc".into(), sys: "/sys".into() }
    }

    /// Sets where processes are shown.
    #[must_use]
    pub fn proc(mut self, path: impl Into<PathBuf>) -> Self {
        self.proc = path.into();
        self
    }

    /// Sets where devices are shown.
    #[must_use]
    pub fn sys(mut self, path: impl Into<PathBuf>) -> Self {
        self.sys = path.into();
        self
    }
}

impl Default for SystemRoots {
    fn default() -> Self {
        Self::new()
    }
}
