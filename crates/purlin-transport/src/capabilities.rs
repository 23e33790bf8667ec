//! What a session can do.

/// Something that not every transport or host can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
#[repr(u8)]
pub enum Capability {
    /// Commands are run by a real system, and not answered from a script.
    Evaluates,
    /// A command that is ended takes with it what it has started, as far as that stayed in its process group.
    KillsGroup,
    /// A POSIX shell is there: for workers, for files, and for commands with an environment or a directory.
    Shell,
    /// A link that was lost comes back by itself with the next call.
    Reconnects,
    /// What is written there is on the disk when the call returns.
    Syncs,
}

impl Capability {
    /// Its name in reports, such as `kills_group`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Evaluates => "evaluates",
            Self::KillsGroup => "kills_group",
            Self::Shell => "shell",
            Self::Reconnects => "reconnects",
            Self::Syncs => "syncs",
        }
    }

    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Evaluates, Self::KillsGroup, Self::Shell, Self::Reconnects, Self::Syncs];
}

/// A set of [`Capability`].
///
/// ```
/// use purlin_transport::{Capabilities, Capability};
///
/// let capabilities = Capabilities::new().with(Capability::Shell);
/// assert!(capabilities.has(Capability::Shell) && !capabilities.has(Capability::KillsGroup));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities(u32);

impl Capabilities {
    /// None.
    pub const fn new() -> Self {
        Self(0)
    }

    /// With one more.
    #[must_use]
    pub const fn with(self, capability: Capability) -> Self {
        Self(self.0 | 1 << capability as u8)
    }

    /// Without one.
    #[must_use]
    pub const fn without(self, capability: Capability) -> Self {
        Self(self.0 & !(1 << capability as u8))
    }

    /// Whether it holds one.
    pub const fn has(self, capability: Capability) -> bool {
        self.0 & 1 << capability as u8 != 0
    }
}
