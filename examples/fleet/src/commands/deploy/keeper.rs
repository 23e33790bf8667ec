//! The journal, and who asks.

use crate::commands::check::downtime::author;
use crate::commands::db;
use crate::config::Config;
use crate::state::StateFolder;
use purlin::db::Database;
use purlin::deploy::{DatabaseJournal, Deployer, Entry, Holder, Journal, Plan, Record, RunHead, RunId};
use purlin::{Cx, Error, ErrorKind, Result};
use std::sync::Arc;
use std::time::Duration;

/// The journal's file in the state folder.
const DATABASE: &str = "deploy.db";

/// How long it may take to leave the database in good order.
const FAREWELL: Duration = Duration::from_secs(5);

/// The journal of runs.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) journal: Arc<dyn Journal>,
    database: Database,
    _folder: Option<StateFolder>,
}

/// A run with all that happened in it.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) head: RunHead,
    pub(super) plan: Plan,
    pub(super) entries: Vec<Entry>,
}

impl Keeper {
    /// Opens it: where the configuration says, else in the state folder.
    ///
    /// # Errors
    /// Those of the folder and of the database.
    pub(super) async fn open(cx: &Cx, config: &Config) -> Result<Self> {
        let (database, folder) = match &config.journal.value {
            Some(url) => (db::Opener::new(config).open(url, None)?, None),
            None => {
                let folder = StateFolder::open(config)?;
                (folder.database(DATABASE)?, Some(folder))
            }
        };
        let journal = Arc::new(DatabaseJournal::open(cx, database.clone()).await?);
        Ok(Self { journal, database, _folder: folder })
    }

    /// One who makes plans and runs them.
    pub(super) fn deployer(&self) -> Deployer {
        Deployer::new(self.journal.clone(), holder())
    }

    /// The run of that name, else the latest.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is none; those of the journal.
    pub(super) async fn find(&self, cx: &Cx, run: Option<&str>) -> Result<Found> {
        let heads = self.journal.runs(cx).await?;
        let head = match run {
            None => heads.into_iter().next(),
            Some(run) => heads.into_iter().find(|head| head.run.as_str() == run),
        };
        let head = head.ok_or_else(|| match run {
            Some(run) => missing(format!("there is no run {run:?} in this journal")),
            None => missing("nothing was deployed yet, as far as this journal knows".to_owned()),
        })?;
        self.read(cx, head).await
    }

    /// All runs, the latest first.
    ///
    /// # Errors
    /// Those of the journal.
    pub(super) async fn all(&self, cx: &Cx) -> Result<Vec<Found>> {
        let mut all = Vec::new();
        for head in self.journal.runs(cx).await? {
            all.push(self.read(cx, head).await?);
        }
        Ok(all)
    }

    async fn read(&self, cx: &Cx, head: RunHead) -> Result<Found> {
        let entries = self.journal.read(cx, &head.run, 0).await?;
        match entries.first().map(|entry| &entry.record) {
            Some(Record::Opened { plan, .. }) => {
                let plan = (**plan).clone();
                Ok(Found { head, plan, entries })
            }
            _ => Err(missing(format!("the run {} has no beginning", head.run))),
        }
    }

    /// Leaves the database in good order: the next call may follow at once.
    pub(super) async fn close(self, cx: &Cx) {
        drop(self.journal);
        let ended = self.database.close(&cx.detached().with_timeout(FAREWELL)).await;
        if let Err(error) = ended {
            tracing::warn!(%error, "the journal was not closed in good order");
        }
    }
}

impl Found {
    pub(super) fn run(&self) -> &RunId {
        &self.head.run
    }
}

fn missing(message: String) -> Error {
    Error::new(ErrorKind::NotFound, message).with_operation("deploy.journal")
}

/// Whoever calls, from this machine.
fn holder() -> Holder {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    Holder::new(author(None), name.unwrap_or_else(|| "an unknown machine".to_owned()))
}
