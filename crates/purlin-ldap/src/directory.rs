//! What a directory does.

use crate::{Dn, Entries, Profile, Search, Verdict};
use async_trait::async_trait;
use purlin_core::{Cx, Result, Secret};
use std::collections::BTreeSet;
use std::fmt;

/// A directory of people, groups and hosts: LDAP servers (`LdapDirectory`, feature `client`,) or the one in memory
/// for tests ([`FakeDirectory`](crate::FakeDirectory)). Held as `Arc<dyn Directory>`; the look-ups that people want are
/// in [`DirectoryExt`](crate::DirectoryExt).
///
/// Whoever implements it bounds each wait by the deadline of the [`Cx`] and a documented limit, follows the ranges of
/// values that Active Directory makes, and never cuts an answer short without an error.
#[async_trait]
pub trait Directory: Send + Sync + fmt::Debug {
    /// How people, groups and hosts are written here, and where they are.
    fn profile(&self) -> &Profile;

    /// Searches. What is asked for first may be under way when this returns.
    ///
    /// # Errors
    /// The kind of the step that failed; a refusal of the directory with its [`LdapDetail`](crate::LdapDetail).
    async fn search(&self, cx: &Cx, search: &Search) -> Result<Entries>;

    /// Asks whether this is the password of that entry. An empty one, or one with a zero byte, is refused before
    /// anything is sent. It is never tried twice and never on two servers at once.
    ///
    /// # Errors
    /// That nobody could be asked, or that the answer is neither yes nor no.
    async fn authenticate(&self, cx: &Cx, dn: &Dn, password: &Secret<String>) -> Result<Verdict>;

    /// What the directory can do, as its root entry says.
    ///
    /// # Errors
    /// As [`search`](Self::search).
    async fn capabilities(&self, cx: &Cx) -> Result<Capabilities>;
}

/// What a directory says of itself in its root entry (RFC 4512, section 5.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Capabilities {
    /// Who made it: `OpenLDAP`, `Active Directory`, else what it says or nothing.
    pub vendor: Option<String>,
    /// The names under which it holds entries.
    pub naming_contexts: Vec<Dn>,
    /// The numbers of its controls, extensions and features.
    pub features: BTreeSet<String>,
}

impl Capabilities {
    /// Results in pages (RFC 2696).
    pub const PAGES: &str = "1.2.840.113556.1.4.319";
    /// TLS on the same port (RFC 4511, section 4.14).
    pub const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
    /// Why a password was refused (draft-behera-ldap-password-policy).
    pub const PASSWORD_POLICY: &str = "1.3.6.1.4.1.42.2.27.8.5.1";
    /// Content synchronisation (RFC 4533).
    pub const SYNC: &str = "1.3.6.1.4.1.4203.1.9.1.1";
    /// It is Active Directory (MS-ADTS, section 3.1.1.3.4.3.1).
    pub const ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";

    /// Whether it has this control, extension or feature.
    pub fn has(&self, feature: &str) -> bool {
        self.features.contains(feature)
    }

    /// Reads the root entry.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) for what cannot be read.
    pub fn of_root(root: &crate::Entry) -> Result<Self> {
        let mut features = BTreeSet::new();
        for name in ["supportedControl", "supportedExtension", "supportedFeatures", "supportedCapabilities"] {
            features.extend(root.texts(name)?.into_iter().map(str::to_owned));
        }
        let openldap =
            root.texts("objectClass")?.iter().any(|class| class.eq_ignore_ascii_case("OpenLDAProotDSE"));
        let vendor = match (openldap, features.contains(Self::ACTIVE_DIRECTORY)) {
            (true, _) => Some("OpenLDAP".to_owned()),
            (_, true) => Some("Active Directory".to_owned()),
            _ => root.text("vendorName")?.map(str::to_owned),
        };
        Ok(Self { vendor, naming_contexts: root.dns("namingContexts")?, features })
    }

    /// The attributes of the root entry that say all this.
    #[cfg(feature = "client")]
    pub(crate) const ATTRIBUTES: [&str; 8] = [
        "objectClass",
        "vendorName",
        "namingContexts",
        "supportedControl",
        "supportedExtension",
        "supportedFeatures",
        "supportedCapabilities",
        "supportedLDAPVersion",
    ];
}
