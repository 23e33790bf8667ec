//! One `[[publish]]`.

use crate::{Publisher, Transition, publish};
use async_trait::async_trait;
use purlin_config::{Fields, choice};
use purlin_core::{Cx, Result};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// One `[[publish]]`, and what the file calls it.
#[derive(Debug)]
pub(super) struct Told {
    name: Option<String>,
    way: Way,
}

#[derive(Debug)]
enum Way {
    #[cfg(target_os = "linux")]
    Command(Vec<String>),
    #[cfg(unix)]
    Nagios(PathBuf),
    #[cfg(feature = "webhook")]
    Webhook(String, Option<purlin_core::SecretRef>),
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    #[cfg(target_os = "linux")]
    Command,
    #[cfg(unix)]
    Nagios,
    #[cfg(feature = "webhook")]
    Webhook,
}

const KINDS: &[(&str, Kind)] = &[
    #[cfg(target_os = "linux")]
    ("command", Kind::Command),
    #[cfg(unix)]
    ("nagios", Kind::Nagios),
    #[cfg(feature = "webhook")]
    ("webhook", Kind::Webhook),
];

pub(super) fn read(fields: &mut Fields<'_>) -> Option<Told> {
    let kind = fields.wanted("kind").and_then(|kind| kind.parsed(|text| choice(text, KINDS)));
    let name = fields.value("name").and_then(|name| name.name());
    let way = match kind? {
        #[cfg(target_os = "linux")]
        Kind::Command => fields.wanted("argv").and_then(|argv| argv.command()).map(Way::Command),
        #[cfg(unix)]
        Kind::Nagios => fields.wanted("path").and_then(|path| path.path()).map(Way::Nagios),
        #[cfg(feature = "webhook")]
        Kind::Webhook => {
            let url = fields.wanted("url").and_then(|url| url.name());
            let bearer = fields.value("bearer").and_then(|bearer| bearer.secret());
            url.map(|url| Way::Webhook(url, bearer))
        }
    };
    Some(Told { name, way: way? })
}

impl Told {
    /// What tells, under a name that none of these has: by its name it is known what was told to whom.
    pub(super) fn publisher(&self, taken: &BTreeSet<String>) -> Result<Named> {
        let inner = self.way.publisher()?;
        let wanted = self.name.clone().unwrap_or_else(|| inner.name().to_owned());
        let mut name = wanted.clone();
        for number in 2.. {
            if !taken.contains(&name) {
                break;
            }
            name = format!("{wanted} {number}");
        }
        Ok(Named { name, inner })
    }
}

impl Way {
    fn publisher(&self) -> Result<Box<dyn Publisher>> {
        Ok(match self {
            #[cfg(target_os = "linux")]
            Self::Command(argv) => Box::new(publish::Command::new(argv.iter().cloned())?),
            #[cfg(unix)]
            Self::Nagios(path) => Box::new(publish::NagiosPipe::new(path)),
            #[cfg(feature = "webhook")]
            Self::Webhook(url, bearer) => {
                let webhook = publish::Webhook::to(url)?;
                Box::new(match bearer {
                    Some(bearer) => webhook.bearer(bearer.clone()),
                    None => webhook,
                })
            }
        })
    }
}

/// A publisher under another name.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: String,
    inner: Box<dyn Publisher>,
}

#[async_trait]
impl Publisher for Named {
    fn name(&self) -> &str {
        &self.name
    }

    async fn publish(&self, cx: &Cx, transition: &Transition) -> Result<()> {
        self.inner.publish(cx, transition).await
    }
}
