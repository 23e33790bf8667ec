//! From a host to everything that is needed to reach it.

use super::SshSettings;
use crate::Host;
use crate::fault::invalid;
use crate::host::jumps;
use crate::ssh_config::{HostConfig, SshConfig};
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result};
use std::path::PathBuf;

/// How many jump hosts may stand between us and a host.
const JUMPS: usize = 8;

/// The way to one host. Whoever goes the same way shares the connection.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Way {
    pub(super) endpoint: Endpoint,
    pub(super) user: String,
    pub(super) identities: Vec<PathBuf>,
    pub(super) identities_only: bool,
    pub(super) known_hosts: Vec<PathBuf>,
    pub(super) via: Option<Box<Self>>,
}

impl Way {
    pub(super) async fn find(cx: &Cx, settings: &SshSettings, host: &Host) -> Result<Self> {
        let config = match &settings.config {
            Some(file) => Some(SshConfig::load(cx, file).await?),
            None => None,
        };
        Self::of(settings, config.as_ref(), host, 0)
    }

    fn of(settings: &SshSettings, config: Option<&SshConfig>, host: &Host, depth: usize) -> Result<Self> {
        if depth > JUMPS {
            return Err(invalid(format!("more than {JUMPS} jump hosts stand before {host}: a circle?")));
        }
        let said = match config {
            Some(config) => config.host(&host.name, host.user.as_deref())?,
            None => HostConfig::default(),
        };
        let address = host.address.clone().or(said.host_name).unwrap_or_else(|| host.name.clone());
        let endpoint = Endpoint::new(&address, host.port.or(said.port).unwrap_or(22))?;
        let own = || {
            let named = |variable| std::env::var(variable).ok().filter(|name| !name.is_empty());
            ["USER", "LOGNAME"].into_iter().find_map(named)
        };
        let user = host.user.clone().or(said.user).or_else(|| settings.user.clone()).or_else(own);
        let user = user.ok_or_else(|| {
            let message = "nobody says whom to log in as, and neither USER nor LOGNAME is set";
            Error::new(ErrorKind::Invalid, message).with_outcome(Outcome::NotSent)
        })?;
        let via = match &host.via {
            Some(via) => Some(via.as_ref().clone()),
            None => jumps(&said.proxy_jump)?,
        };
        let via = via.map(|via| Self::of(settings, config, &via, depth + 1).map(Box::new)).transpose()?;
        let first = |asked: &[String], said: Vec<PathBuf>, set: &[PathBuf]| match (asked, said.is_empty()) {
            ([], true) => set.to_vec(),
            ([], false) => said,
            (asked, _) => asked.iter().map(|file| in_home(file)).collect(),
        };
        Ok(Self {
            endpoint,
            user,
            identities: first(&host.identities, said.identity_files, &settings.identities),
            identities_only: said.identities_only,
            known_hosts: first(&host.known_hosts, said.known_hosts_files, &settings.known_hosts),
            via,
        })
    }
}

fn in_home(file: &str) -> PathBuf {
    match (file.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(file),
    }
}
