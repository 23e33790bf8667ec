//! Runs in a database.

mod form;

use super::rules::{answered, begins, may_write, unspent};
use super::{Author, Journal, Lease, LeaseRequest, RunHead};
use crate::{Entry, Record, RunId};
use async_trait::async_trait;
use form::{damaged, json};
use purlin_core::{Cx, Error, ErrorKind, Result};
use purlin_db::{Connector, Database, DatabaseSettings, DbDetail, ErrorClass, Session, Sql};
use std::sync::Arc;

static ENTRIES: Sql<'static> =
    Sql::portable("select body from purlin_deploy_entry where run = :run and seq > :after order by seq");
static LAST: Sql<'static> = Sql::portable(
    "select body from purlin_deploy_entry where run = :run and seq = (select max(seq) from purlin_deploy_entry where run = :again)",
);
static ADD: Sql<'static> =
    Sql::portable("insert into purlin_deploy_entry (run, seq, body) values (:run, :seq, :body)");
static RUNS: Sql<'static> =
    Sql::portable("select body from purlin_deploy_run order by opened_at desc, run desc");
static OPEN: Sql<'static> = Sql::portable(
    "insert into purlin_deploy_run (run, plan, opened_at, body) values (:run, :plan, :at, :body)",
);
static LEASE: Sql<'static> = Sql::portable("select body from purlin_deploy_lease where run = :run");
static HIGHEST: Sql<'static> = Sql::portable("select max(fence) from purlin_deploy_lease");
static FIRST_LEASE: Sql<'static> =
    Sql::portable("insert into purlin_deploy_lease (run, fence, body) values (:run, :fence, :body)");
static NEXT_LEASE: Sql<'static> = Sql::portable(
    "update purlin_deploy_lease set fence = :fence, body = :body where run = :run and body = :old",
);
/// Nobody else writes to the run while this transaction lasts.
static HOLD: Sql<'static> = Sql::portable("update purlin_deploy_lease set held = held + 1 where run = :run");

/// How often a write is tried where somebody else wrote at the same moment.
const TRIES: u32 = 5;

/// A journal in a database of any engine that purlin-db speaks and whose statements are known here: SQLite, PostgreSQL,
/// MySQL and MariaDB. Its tables, `purlin_deploy_…`, are made where there are none. What is appended together is one
/// transaction, so a batch costs what one entry does.
///
/// SQLite makes entries durable with its default, `synchronous = full`; keep it.
#[derive(Debug)]
pub struct DatabaseJournal {
    database: Database,
}

impl DatabaseJournal {
    /// Opens it by a driver's connector.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn connect(cx: &Cx, connector: Arc<dyn Connector>) -> Result<Self> {
        Self::open(cx, Database::from_connectors([connector], DatabaseSettings::default())?).await
    }

    /// Opens it, and makes its tables where there are none.
    ///
    /// # Errors
    /// Those of the database; [`ErrorKind::Unsupported`] for what a later version wrote, which is left as it is, and for
    /// an engine whose statements are not known.
    pub async fn open(cx: &Cx, database: Database) -> Result<Self> {
        let mut session = database.acquire(cx).await?;
        form::prepare(cx, &mut session).await?;
        drop(session);
        Ok(Self { database })
    }

    async fn try_append(
        &self,
        cx: &Cx,
        run: &RunId,
        author: Author,
        records: &[Record],
    ) -> Result<Vec<Entry>> {
        let mut session = self.database.acquire(cx).await?;
        let mut transaction = session.begin(cx).await?;
        // Before anything is read, so that what is read is what the last writer left.
        transaction.execute(cx, &HOLD).set("run", run.as_str()).await?;
        let lease = lease(&mut transaction, cx, run).await?;
        let fence = may_write(author, lease.as_ref().map(|(lease, _)| lease), records)?;
        let last = transaction.query(cx, &LAST).set("run", run.as_str()).set("again", run.as_str());
        let last: Option<Entry> = read(last.optional().await?)?;
        let (mut seq, mut prev) = last.map_or((0, String::new()), |last| (last.seq, last.hash));
        begins(seq, records)?;
        let (at, mut entries) = (cx.clock().timestamp(), Vec::with_capacity(records.len()));
        for record in records {
            if let Record::Opened { plan, .. } = record {
                let head = RunHead { run: run.clone(), plan: plan.id.clone(), opened_at: at };
                unspent(&plan.id, runs(&mut transaction, cx).await?.iter())?;
                let open = transaction.execute(cx, &OPEN).set("run", run.as_str());
                let open = open.set("plan", plan.id.as_str()).set("at", at.to_string());
                open.set("body", json(&head)?).await?;
            }
            seq += 1;
            let entry = Entry::chained(run, seq, (at, fence), record.clone(), &prev)?;
            prev.clone_from(&entry.hash);
            let add = transaction.execute(cx, &ADD).set("run", run.as_str()).set("seq", form::number(seq)?);
            add.set("body", json(&entry)?).await?;
            entries.push(entry);
        }
        transaction.commit(cx).await?;
        Ok(entries)
    }

    async fn try_lease(&self, cx: &Cx, run: &RunId, request: LeaseRequest) -> Result<Option<Lease>> {
        let mut session = self.database.acquire(cx).await?;
        let mut transaction = session.begin(cx).await?;
        let there = lease(&mut transaction, cx, run).await?;
        let highest: Option<i64> = transaction.query(cx, &HIGHEST).value().await?;
        let highest = u64::try_from(highest.unwrap_or_default()).unwrap_or_default();
        let now = cx.clock().timestamp();
        let old = there.as_ref().map(|(lease, _)| lease.clone());
        let (lease, _) = answered(run, old.clone(), request, now, highest)?;
        match (&lease, there) {
            (None, _) => {}
            (Some(lease), None) => {
                let first = transaction.execute(cx, &FIRST_LEASE).set("run", run.as_str());
                let first = first.set("fence", form::number(lease.fence.get())?);
                first.set("body", json(lease)?).await?;
            }
            (Some(lease), Some((old, _))) if *lease == old => {}
            (Some(lease), Some((_, old))) => {
                let next = transaction.execute(cx, &NEXT_LEASE).set("run", run.as_str());
                let next = next.set("fence", form::number(lease.fence.get())?).set("old", old);
                let written = next.set("body", json(lease)?).await?;
                if written.affected == 0 {
                    return Err(again());
                }
            }
        }
        transaction.commit(cx).await?;
        Ok(lease)
    }
}

/// Somebody else wrote at the same moment.
fn again() -> Error {
    Error::new(ErrorKind::Conflict, "somebody else writes to the journal").with_detail(Race)
}

#[derive(Debug)]
struct Race;

fn is_race(error: &Error) -> bool {
    let class = DbDetail::class_of(error);
    error.detail::<Race>().is_some()
        || matches!(class, Some(ErrorClass::Unique | ErrorClass::Serialization | ErrorClass::LockTimeout))
}

fn read<T: serde::de::DeserializeOwned>(row: Option<purlin_db::OwnedRow>) -> Result<Option<T>> {
    let Some(row) = row else { return Ok(None) };
    let body: String = row.get("body")?;
    serde_json::from_str(&body).map(Some).map_err(|error| damaged(&error))
}

async fn lease(session: &mut Session, cx: &Cx, run: &RunId) -> Result<Option<(Lease, String)>> {
    let row = session.query(cx, &LEASE).set("run", run.as_str()).optional().await?;
    let Some(row) = row else { return Ok(None) };
    let body: String = row.get("body")?;
    let lease = serde_json::from_str(&body).map_err(|error| damaged(&error))?;
    Ok(Some((lease, body)))
}

async fn runs(session: &mut Session, cx: &Cx) -> Result<Vec<RunHead>> {
    let rows = session.query(cx, &RUNS).all().await?;
    rows.into_iter().filter_map(|row| read(Some(row)).transpose()).collect()
}

#[async_trait]
impl Journal for DatabaseJournal {
    async fn append(&self, cx: &Cx, run: &RunId, author: Author, records: Vec<Record>) -> Result<Vec<Entry>> {
        for _ in 1..TRIES {
            match self.try_append(cx, run, author, &records).await {
                Err(error) if is_race(&error) => {}
                done => return done,
            }
        }
        self.try_append(cx, run, author, &records).await
    }

    async fn read(&self, cx: &Cx, run: &RunId, after: u64) -> Result<Vec<Entry>> {
        let mut session = self.database.acquire(cx).await?;
        let query = session.query(cx, &ENTRIES).set("run", run.as_str()).set("after", form::number(after)?);
        let mut entries: Vec<Entry> = Vec::new();
        for row in query.all().await? {
            let Some(entry) = read::<Entry>(Some(row))? else { continue };
            let (seq, prev) = match entries.last() {
                Some(last) => (last.seq, last.hash.as_str()),
                None if after == 0 => (0, ""),
                None => (after, entry.prev.as_str()),
            };
            if entry.seq != seq + 1 || entry.run != *run || !entry.is_sound(prev) {
                let message = format!("entry {} of run {run} is not what was written", seq + 1);
                return Err(Error::new(ErrorKind::Protocol, message).with_operation("deploy.journal"));
            }
            entries.push(entry);
        }
        Ok(entries)
    }

    async fn runs(&self, cx: &Cx) -> Result<Vec<RunHead>> {
        let mut session = self.database.acquire(cx).await?;
        runs(&mut session, cx).await
    }

    async fn lease(&self, cx: &Cx, run: &RunId, request: LeaseRequest) -> Result<Option<Lease>> {
        for _ in 1..TRIES {
            match self.try_lease(cx, run, request.clone()).await {
                Err(error) if is_race(&error) => {}
                done => return done,
            }
        }
        self.try_lease(cx, run, request).await
    }
}
