//! Who was told what, and when: kept beside the state, for `fleet check explain`.

use async_trait::async_trait;
use purlin::core::{Clock, Timestamp};
use purlin::db::{Database, Sql};
use purlin::health::State;
use purlin::health::alarm::{AlarmStore, DatabaseStore, Notice, StateDocument, Write};
use purlin::{Cx, Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// So many are kept.
const KEPT: i64 = 10_000;

/// How long it may take to leave.
const FAREWELL: Duration = Duration::from_secs(5);

const CREATE: &str = "create table if not exists fleet_told \
    (number integer primary key, check_id text not null, body text not null)";
static INSERT: Sql<'static> = Sql::portable("insert into fleet_told (check_id, body) values (:id, :body)");
static READ: Sql<'static> =
    Sql::portable("select body from fleet_told where check_id = :id order by number desc limit 20");
static PRUNE: Sql<'static> =
    Sql::portable("delete from fleet_told where number <= (select max(number) from fleet_told) - :kept");

/// Something that was told to somebody.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Told {
    /// When.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) at: Timestamp,
    /// By whom: `command sh`.
    pub(super) by: String,
    /// What: down or up.
    pub(super) state: String,
    /// Since when it was so.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub(super) since: Timestamp,
    /// The line that was told.
    pub(super) message: String,
}

/// State and alarms in a database, with a list of what was told.
#[derive(Debug)]
pub(super) struct ToldStore {
    inner: DatabaseStore,
    database: Database,
    /// What is still to be told to somebody.
    open: Mutex<BTreeMap<u64, Notice>>,
}

impl ToldStore {
    /// Opens it, and makes its tables where there are none.
    ///
    /// # Errors
    /// Those of [`DatabaseStore::open`].
    pub(super) async fn open(cx: &Cx, database: Database) -> Result<Self> {
        let inner = DatabaseStore::open(cx, database.clone()).await?;
        let mut session = database.acquire(cx).await?;
        session.execute(cx, CREATE).await?;
        drop(session);
        Ok(Self { inner, database, open: Mutex::default() })
    }

    /// What was told of a check, the newest first, twenty at most.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn told(&self, cx: &Cx, id: &str) -> Result<Vec<Told>> {
        let mut session = self.database.acquire(cx).await?;
        let mut rows = session.query(cx, &READ).set("id", id).await?;
        let mut told = Vec::new();
        while let Some(row) = rows.next().await? {
            let body: String = row.get("body")?;
            told.push(serde_json::from_str(&body).map_err(|error| {
                Error::new(ErrorKind::Invalid, "what was told cannot be read").with_source(error)
            })?);
        }
        Ok(told)
    }

    /// How many notices of a check wait for somebody who takes them.
    pub(super) fn waiting(&self, id: &str) -> u64 {
        self.opened().values().filter(|notice| notice.transition.check.as_str() == id).count() as u64
    }

    /// Leaves the database.
    pub(super) async fn close(&self, cx: &Cx) {
        if let Err(error) = self.database.close(&cx.with_timeout(FAREWELL)).await {
            tracing::warn!(%error, "the state was not left in good order");
        }
    }

    fn opened(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Notice>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What these changes say was told.
    fn news(&self, writes: &[Write]) -> Vec<(String, Told)> {
        let mut open = self.opened();
        let mut news = Vec::new();
        for write in writes {
            match write {
                Write::Notice(notice) => drop(open.insert(notice.number, (**notice).clone())),
                Write::Delivered { number, to } => {
                    let Some(notice) = open.get_mut(number) else { continue };
                    notice.to.retain(|name| name != to);
                    let transition = &notice.transition;
                    let told = Told {
                        at: Clock::system().timestamp(),
                        by: to.clone(),
                        state: if transition.to == State::Down { "down" } else { "up" }.to_owned(),
                        since: transition.since,
                        message: transition.message.clone(),
                    };
                    news.push((transition.check.to_string(), told));
                    if notice.to.is_empty() {
                        open.remove(number);
                    }
                }
                _ => {}
            }
        }
        news
    }

    async fn note(&self, cx: &Cx, news: &[(String, Told)]) -> Result<()> {
        let mut session = self.database.acquire(cx).await?;
        for (id, told) in news {
            let body = serde_json::to_string(told).map_err(|error| {
                Error::new(ErrorKind::Internal, "what was told cannot be written").with_source(error)
            })?;
            session.execute(cx, &INSERT).set("id", id.as_str()).set("body", body.as_str()).await?;
        }
        session.execute(cx, &PRUNE).set("kept", KEPT).await.map(drop)
    }
}

#[async_trait]
impl AlarmStore for ToldStore {
    async fn load(&self, cx: &Cx) -> Result<StateDocument> {
        let document = self.inner.load(cx).await?;
        *self.opened() = document.outbox.clone();
        Ok(document)
    }

    async fn commit(&self, cx: &Cx, writes: &[Write]) -> Result<()> {
        self.inner.commit(cx, writes).await?;
        let news = self.news(writes);
        // It is a comfort beside the state, which is safe by now.
        if !news.is_empty()
            && let Err(error) = self.note(cx, &news).await
        {
            tracing::warn!(%error, "who was told could not be noted");
        }
        Ok(())
    }
}
