//! `fleet ldap user`, `group`, `host` and `netgroup`

use super::reach::{Found, Reach, is_place};
use super::shapes::{GroupAnswer, HostAnswer, NetgroupAnswer, UserAnswer};
use crate::config::Config;
use crate::exit::Exit;
use crate::output::Ui;
use crate::runtime::Runtime;
use clap::Args;
use purlin::ldap::{DirectoryExt, LdapDirectory};
use purlin::{Cx, Result};

/// A name, and where it is looked up.
#[derive(Debug, Args)]
pub(super) struct Named {
    /// Its name
    name: String,
    /// Where it is looked up, like --url
    #[arg(value_name = "@CONNECTION")]
    place: Option<String>,
    #[command(flatten)]
    pub(super) reach: Reach,
}

/// What is looked up.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    User,
    Group,
    Host,
    Netgroup,
}

impl Named {
    /// The name, and the directory with its password fetched.
    ///
    /// # Errors
    /// As [`Reach::find`] and [`Found::unlock`].
    pub(super) fn find(&self, config: &Config, runtime: &Runtime) -> Result<(&str, Found)> {
        let (name, place) = match &self.place {
            // Either order is plain.
            Some(place) if is_place(&self.name) && !is_place(place) => {
                (place.as_str(), Some(self.name.as_str()))
            }
            place => (self.name.as_str(), place.as_deref()),
        };
        let places: Vec<&str> = place.into_iter().collect();
        let mut found = self.reach.find(&places, config)?;
        found.unlock(config, runtime)?;
        Ok((name, found))
    }

    pub(super) fn run(&self, kind: Kind, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let (name, found) = self.find(config, runtime)?;
        let limit = config.timeout.value;
        runtime.block_on(|cx| async move {
            let cx = cx.with_timeout(limit);
            let directory = found.open(&cx).await?;
            tell(kind, ui, &cx, &directory, name).await
        })
    }
}

async fn tell(kind: Kind, ui: &Ui, cx: &Cx, directory: &LdapDirectory, name: &str) -> Result<Exit> {
    Ok(match kind {
        Kind::User => ui.answer(&UserAnswer::new(directory.user(cx, name).await?), Exit::Fine),
        Kind::Group => ui.answer(&GroupAnswer::new(directory.group(cx, name).await?), Exit::Fine),
        Kind::Host => ui.answer(&HostAnswer::new(directory.host(cx, name).await?), Exit::Fine),
        Kind::Netgroup => ui.answer(&NetgroupAnswer::new(directory.netgroup(cx, name).await?), Exit::Fine),
    })
}
