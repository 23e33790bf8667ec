//! From a URL to a database.

use super::{Database, DatabaseSettings};
use crate::{Connector, Drivers, Target, WantedRole};
use purlin_core::{Cx, Result};
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

/// A database that is being connected to; await it.
#[derive(Debug)]
#[must_use = "it connects when it is awaited"]
pub struct Connect {
    cx: Cx,
    connector: Result<(Arc<dyn Connector>, WantedRole)>,
    settings: DatabaseSettings,
    asks: bool,
}

impl Connect {
    pub(super) fn new(cx: &Cx, drivers: &Drivers, target: Result<Target>) -> Self {
        let connector = target.and_then(|target| Ok((drivers.connector(&target)?, target.role)));
        Self { cx: cx.clone(), connector, settings: DatabaseSettings::new(), asks: true }
    }

    /// With these settings.
    pub fn settings(mut self, settings: DatabaseSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Without asking any node yet: whether one answers shows when a session is acquired.
    pub fn lazily(mut self) -> Self {
        self.asks = false;
        self
    }

    async fn run(self) -> Result<Database> {
        let Self { cx, connector, mut settings, asks } = self;
        let (connector, role) = connector?;
        settings.role.get_or_insert(role);
        let database = Database::from_connectors([connector], settings)?;
        if asks {
            drop(database.acquire(&cx).await?);
        }
        Ok(database)
    }
}

impl IntoFuture for Connect {
    type Output = Result<Database>;
    type IntoFuture = Pin<Box<dyn Future<Output = Result<Database>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
