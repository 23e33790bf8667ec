//! The kinds of checks that a file may name.

use crate::{Check, checks};
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
    /// Those of this build: `tcp` (`address`, `polite`), `plugin` (`argv`), and with their features `http` (`url`,
    /// `method`, `status`, `text`, `follow`, `connect_to`, `keep`).
    pub fn standard() -> Self {
        let kinds = Self(BTreeMap::new()).with("tcp", tcp);
        #[cfg(target_os = "linux")]
        let kinds = kinds.with("plugin", plugin);
        #[cfg(feature = "http")]
        let kinds = kinds.with("http", http::read);
        kinds
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

/// A text with braces.
pub(super) fn template(value: &Value<'_>) -> Option<Template> {
    value.parsed(|text| Template::parse(text).map_err(|error| Misread::new(error.message().to_owned())))
}

#[derive(Debug)]
struct Tcp {
    address: Template,
    is_polite: bool,
}

fn tcp(fields: &mut Fields<'_>) -> Option<Arc<dyn Recipe>> {
    let address = fields.wanted("address").and_then(|address| template(&address));
    let is_polite = fields.value("polite").and_then(|polite| polite.boolean()).unwrap_or_default();
    Some(Arc::new(Tcp { address: address?, is_polite }))
}

impl Recipe for Tcp {
    fn make(&self, fill: &Fill<'_>) -> Result<Arc<dyn Check>> {
        let check = checks::Tcp::to(&fill.text(&self.address)?)?;
        Ok(Arc::new(if self.is_polite { check.polite() } else { check }))
    }
}

#[cfg(target_os = "linux")]
#[derive(Debug)]
struct Plugin(Vec<Template>);

#[cfg(target_os = "linux")]
fn plugin(fields: &mut Fields<'_>) -> Option<Arc<dyn Recipe>> {
    let argv = fields.wanted("argv")?;
    argv.command()?;
    Some(Arc::new(Plugin(argv.list("a list of words", template)?)))
}

#[cfg(target_os = "linux")]
impl Recipe for Plugin {
    fn make(&self, fill: &Fill<'_>) -> Result<Arc<dyn Check>> {
        let argv: Vec<String> = self.0.iter().map(|word| fill.text(word)).collect::<Result<_>>()?;
        let check = checks::Plugin::new(argv)?;
        Ok(match fill.host() {
            Some(host) => Arc::new(check.on(host.name())),
            None => Arc::new(check),
        })
    }
}

#[cfg(feature = "http")]
mod http {
    use super::{Arc, Check, Fields, Fill, Recipe, Result, Template, checks, template};
    use purlin_config::{Misread, Value};
    use purlin_core::Endpoint;
    use std::ops::RangeInclusive;

    #[derive(Debug)]
    struct Http {
        url: Template,
        method: String,
        status: Option<RangeInclusive<u16>>,
        text: Option<String>,
        follow: usize,
        connect_to: Option<Template>,
        is_kept: bool,
    }

    pub(super) fn read(fields: &mut Fields<'_>) -> Option<Arc<dyn Recipe>> {
        let url = fields.wanted("url").and_then(|url| template(&url));
        let method =
            fields.value("method").and_then(|method| method.name()).unwrap_or_else(|| "GET".to_owned());
        let status = fields.value("status").and_then(|status| statuses(&status));
        let text = fields.value("text").and_then(|text| text.name());
        let follow = fields.value("follow").and_then(|follow| follow.number(0..=20)).unwrap_or_default();
        let connect_to = fields.value("connect_to").and_then(|address| template(&address));
        let is_kept = fields.value("keep").and_then(|keep| keep.boolean()).unwrap_or_default();
        let follow = usize::try_from(follow).unwrap_or_default();
        Some(Arc::new(Http { url: url?, method, status, text, follow, connect_to, is_kept }))
    }

    /// `"200"` or `"200-399"`.
    fn statuses(value: &Value<'_>) -> Option<RangeInclusive<u16>> {
        value.parsed(|text| {
            let (first, last) = text.split_once('-').unwrap_or((text, text));
            match (first.trim().parse(), last.trim().parse()) {
                (Ok(first), Ok(last)) if (100..=last).contains(&first) && last <= 599 => Ok(first..=last),
                _ => Err(Misread::new(format!("{text:?} is no status")).help("write \"200\" or \"200-399\"")),
            }
        })
    }

    impl Recipe for Http {
        fn make(&self, fill: &Fill<'_>) -> Result<Arc<dyn Check>> {
            let mut check = checks::Http::with(&self.method, &fill.text(&self.url)?)?.follow(self.follow);
            if let Some(status) = &self.status {
                check = check.expect_status(status.clone());
            }
            if let Some(text) = &self.text {
                check = check.expect_text(text);
            }
            if let Some(address) = &self.connect_to {
                check = check.connect_to(Endpoint::parse(&fill.text(address)?, None)?);
            }
            Ok(Arc::new(if self.is_kept { check.keep_connection() } else { check }))
        }
    }
}
