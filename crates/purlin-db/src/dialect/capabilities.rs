//! What an engine can do, by version.

use super::Dialect;
use crate::{Capabilities, Capability, ServerVersion, Vendor};

/// A capability of an engine, perhaps only of one vendor, perhaps only since a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Feature {
    /// What it can do.
    pub capability: Capability,
    /// Whose servers can; none: all that speak the dialect.
    pub vendor: Option<Vendor>,
    /// Since which version, major and minor.
    pub since: (u32, u32),
}

impl Feature {
    /// Of all servers.
    pub const fn new(capability: Capability) -> Self {
        Self { capability, vendor: None, since: (0, 0) }
    }

    /// Of that vendor's servers only.
    pub const fn of(self, vendor: Vendor) -> Self {
        Self { vendor: Some(vendor), ..self }
    }

    /// Since that version.
    pub const fn since(self, major: u32, minor: u32) -> Self {
        Self { since: (major, minor), ..self }
    }
}

impl Dialect {
    /// What a server of that version can do. The driver takes off it what it has no way to, and adds what it alone
    /// knows, such as [`Capability::RecoversAfterDrop`].
    pub fn capabilities(&self, version: &ServerVersion, vendor: Vendor) -> Capabilities {
        let has = |feature: &&Feature| {
            feature.vendor.is_none_or(|only| only == vendor)
                && version.is_at_least(feature.since.0, feature.since.1)
        };
        let features = self.features.iter().filter(has);
        features.fold(Capabilities::new(), |set, feature| set.with(feature.capability))
    }
}
