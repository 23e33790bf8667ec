//! One `[[publish]]`.

use crate::{MonitorSettings, publish};
use purlin_config::{Fields, choice};
use purlin_core::Result;
use std::path::PathBuf;

/// One `[[publish]]`.
#[derive(Debug)]
pub(super) enum Told {
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
    let kind = fields.wanted("kind").and_then(|kind| kind.parsed(|text| choice(text, KINDS)))?;
    match kind {
        #[cfg(target_os = "linux")]
        Kind::Command => fields.wanted("argv").and_then(|argv| argv.command()).map(Told::Command),
        #[cfg(unix)]
        Kind::Nagios => fields.wanted("path").and_then(|path| path.path()).map(Told::Nagios),
        #[cfg(feature = "webhook")]
        Kind::Webhook => {
            let url = fields.wanted("url").and_then(|url| url.name());
            let bearer = fields.value("bearer").and_then(|bearer| bearer.secret());
            url.map(|url| Told::Webhook(url, bearer))
        }
    }
}

impl Told {
    pub(super) fn add(&self, settings: MonitorSettings) -> Result<MonitorSettings> {
        Ok(match self {
            #[cfg(target_os = "linux")]
            Self::Command(argv) => settings.publish(publish::Command::new(argv.iter().cloned())?),
            #[cfg(unix)]
            Self::Nagios(path) => settings.publish(publish::NagiosPipe::new(path)),
            #[cfg(feature = "webhook")]
            Self::Webhook(url, bearer) => {
                let webhook = publish::Webhook::to(url)?;
                settings.publish(match bearer {
                    Some(bearer) => webhook.bearer(bearer.clone()),
                    None => webhook,
                })
            }
        })
    }
}
