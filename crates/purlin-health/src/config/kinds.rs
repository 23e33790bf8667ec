//! The kinds of checks that a file may name.

#[cfg(feature = "db")]
mod databases;
#[cfg(feature = "dns")]
mod dns;
#[cfg(feature = "http")]
mod http;
#[cfg(target_os = "linux")]
mod machine;
mod network;
#[cfg(feature = "tls")]
mod tls;
#[cfg(any(feature = "http", feature = "tls"))]
mod trust;

use crate::Check;
use purlin_config::{Fields, Misread, Value};
use purlin_core::{Result, suggest};
use purlin_inventory::{Host, Template};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// How a check of one table is made for a host, or for none.
pub trait Recipe: Send + Sync + fmt::Debug {
    /// Makes it.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) where a text cannot be filled in, or makes no check.
    fn make(&self, fill: &Fill<'_>) -> Result<Arc<dyn Check>>;
}

/// What texts are filled in with.
#[derive(Debug, Clone, Copy)]
pub struct Fill<'e> {
    host: Option<Host<'e>>,
}

impl<'e> Fill<'e> {
    pub(super) fn new(host: Option<Host<'e>>) -> Self {
        Self { host }
    }

    /// The host; none for a check without `select`.
    pub fn host(&self) -> Option<Host<'e>> {
        self.host
    }

    /// A text for this host; without one it stays as it is.
    ///
    /// # Errors
    /// Those of [`Template::render`].
    pub fn text(&self, template: &Template) -> Result<String> {
        match self.host {
            Some(host) => template.render(host),
            None => Ok(template.text().to_owned()),
        }
    }
}

/// Reads the keys of one kind; none where something is wrong, which it has told.
type KindReader = dyn Fn(&mut Fields<'_>) -> Option<Arc<dyn Recipe>> + Send + Sync;

/// The kinds of checks that a file may name, each with what reads its keys.
///
/// Kinds of your own are added by [`with`](Self::with); `passive` is always known.
#[derive(Clone)]
pub struct CheckKinds(BTreeMap<&'static str, Arc<KindReader>>);

impl CheckKinds {
    /// Those of this build, each with its keys; a text in braces is one that is filled in for each host.
    ///
    /// | kind | keys | feature |
    /// |---|---|---|
    /// | `tcp` | {`address`}, `polite` | |
    /// | `icmp` | {`address`} | |
    /// | `ntp` | {`address`}, `warn_beyond`, `critical_beyond` | |
    /// | `http` | {`url`}, `method`, `body`, `headers`, `user` and `password`, `status`, `text`, `json`, `expect_headers`, `follow`, {`connect_to`}, {`proxy`}, `keep`, `body_limit`, `ca`, `ca_only`, `server_name` | `http` |
    /// | `tls` | {`address`}, `warn_before`, `critical_before`, `issuer`, `ca`, `ca_only`, `server_name` | `tls` |
    /// | `dns` | {`server`}, {`query`}, `record`, {`expect`}, `authoritative` | `dns` |
    /// | `dns-serial` | {`zone`}, {`servers`} | `dns` |
    /// | `plugin` | {`argv`} | |
    /// | `disk` | {`path`} | |
    /// | `mount` | {`path`}, `file_system`, `source`, `writable`, `read` | |
    /// | `process` | `program`, `argument`, `user`, `state`, `count` | |
    /// | `load` | | |
    /// | `file-age` | {`path`}, `which` | |
    /// | `systemd` | {`unit`}, `once` | |
    ///
    /// Those of databases come with [`databases`](Self::databases). `disk` and what follows it look at the machine that
    /// runs the checks.
    pub fn standard() -> Self {
        let kinds = Self(BTreeMap::new());
        let kinds = kinds.with("tcp", network::tcp).with("ntp", network::ntp);
        #[cfg(unix)]
        let kinds = kinds.with("icmp", network::icmp);
        #[cfg(target_os = "linux")]
        let kinds = machine::all(kinds);
        #[cfg(feature = "http")]
        let kinds = kinds.with("http", http::read);
        #[cfg(feature = "tls")]
        let kinds = kinds.with("tls", tls::read);
        #[cfg(feature = "dns")]
        let kinds = kinds.with("dns", dns::ask).with("dns-serial", dns::serial);
        kinds
    }

    /// Adds those of databases, with what opens one (feature `db`): it is given the text of `database`, such as a URL or
    /// a name, and the source of a password where the file has one (`password`), and connects nowhere yet. Checks of the same
    /// share what it opened.
    ///
    /// | kind | keys |
    /// |---|---|
    /// | `db-ping` | {`database`} |
    /// | `db-role` | {`database`}, `role`: `any`, `primary` or `replica` |
    /// | `db-lag`, `db-cluster` | {`database`} |
    /// | `db-query` | {`database`}, `sql` |
    #[cfg(feature = "db")]
    #[must_use]
    pub fn databases(
        self,
        open: impl Fn(&str, Option<purlin_core::SecretRef>) -> Result<purlin_db::Database> + Send + Sync + 'static,
    ) -> Self {
        databases::all(self, open)
    }

    /// Adds a kind, or replaces it.
    #[must_use]
    pub fn with(
        mut self,
        kind: &'static str,
        reader: impl Fn(&mut Fields<'_>) -> Option<Arc<dyn Recipe>> + Send + Sync + 'static,
    ) -> Self {
        self.0.insert(kind, Arc::new(reader));
        self
    }

    pub(super) fn find(&self, kind: &str) -> std::result::Result<Arc<KindReader>, Misread> {
        self.0.get(kind).cloned().ok_or_else(|| {
            let known = || self.0.keys().copied().chain(["passive"]);
            let help = match suggest(kind, known()) {
                Some(meant) => format!("did you mean {meant:?}?"),
                None => format!("this build knows {}", known().collect::<Vec<_>>().join(", ")),
            };
            Misread::new(format!("there is no kind {kind:?} of checks")).help(help)
        })
    }
}

impl fmt::Debug for CheckKinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The kinds that look at the machine that runs them.
const LOCAL: [&str; 6] = ["disk", "file-age", "load", "mount", "process", "systemd"];

/// Whether a kind looks at the machine that runs it: over hosts it would say the same of each.
pub(super) fn is_local(kind: &str) -> bool {
    LOCAL.contains(&kind)
}

/// A recipe that is a function of what texts are filled in with.
struct Made<F>(F);

impl<F> fmt::Debug for Made<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Made")
    }
}

impl<F> Recipe for Made<F>
where
    F: Fn(&Fill<'_>) -> Result<Arc<dyn Check>> + Send + Sync,
{
    fn make(&self, fill: &Fill<'_>) -> Result<Arc<dyn Check>> {
        self.0(fill)
    }
}

fn made(
    make: impl Fn(&Fill<'_>) -> Result<Arc<dyn Check>> + Send + Sync + 'static,
) -> Option<Arc<dyn Recipe>> {
    Some(Arc::new(Made(make)))
}

/// The text with braces of a key that has to be there.
fn wanted(fields: &mut Fields<'_>, key: &'static str) -> Option<Template> {
    fields.wanted(key).and_then(|value| template(&value))
}

/// Whether a key says true.
fn is_set(fields: &mut Fields<'_>, key: &'static str) -> bool {
    fields.value(key).and_then(|value| value.boolean()).unwrap_or_default()
}

/// The text of a key, if it is there.
fn name(fields: &mut Fields<'_>, key: &'static str) -> Option<String> {
    fields.value(key).and_then(|value| value.name())
}

/// A text with braces.
pub(super) fn template(value: &Value<'_>) -> Option<Template> {
    value.parsed(|text| Template::parse(text).map_err(|error| Misread::new(error.message().to_owned())))
}
