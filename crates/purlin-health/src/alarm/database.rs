//! State and alarms in a database.

mod form;

use super::{AlarmStore, Notice, StateDocument, Write};
use async_trait::async_trait;
use form::{Kind, Row};
use purlin_core::{Cx, Error, ErrorKind, Result};
use purlin_db::{Database, Session, Sql};

static READ_ALL: Sql<'static> = Sql::portable("select kind, name, body from purlin_health");
static READ: Sql<'static> =
    Sql::portable("select body from purlin_health where kind = :kind and name = :name");
static DELETE: Sql<'static> = Sql::portable("delete from purlin_health where kind = :kind and name = :name");
static INSERT: Sql<'static> =
    Sql::portable("insert into purlin_health (kind, name, body) values (:kind, :name, :body)");

/// A store in a database of any engine that purlin-db speaks: one table, `purlin_health`, which it makes where there is
/// none. The number of its form stands in it; an older form is copied into a table of its own (`purlin_health_1`) and
/// brought up to date, a newer one is refused and left as it is.
///
/// One monitor has it to itself. Names of checks have at most 255 characters there.
#[derive(Debug)]
pub struct DatabaseStore {
    database: Database,
}

impl DatabaseStore {
    /// Opens it, makes its table where there is none, and brings an older form up to date.
    ///
    /// # Errors
    /// Those of the database; [`ErrorKind::Unsupported`] for what a later version wrote, and for an engine whose
    /// statements for that are not known; [`ErrorKind::Invalid`] where the table is not ours.
    pub async fn open(cx: &Cx, database: Database) -> Result<Self> {
        let mut session = database.acquire(cx).await?;
        let vendor = session.info().vendor;
        session.execute(cx, form::create(vendor, "purlin_health")?.as_str()).await?;
        let version = read(&mut session, cx, Kind::Meta, form::VERSION).await?;
        let version = match version {
            None => {
                let row = Row::new(Kind::Meta, form::VERSION, StateDocument::VERSION.to_string());
                insert(&mut session, cx, &row).await?;
                StateDocument::VERSION
            }
            Some(text) => text.parse().map_err(|_| {
                form::invalid(format!("the table purlin_health has no version but {:?}", text))
            })?,
        };
        if version > StateDocument::VERSION || version == 0 {
            let message = format!(
                "the state has form {version}, and this version knows those up to {}",
                StateDocument::VERSION
            );
            return Err(Error::new(ErrorKind::Unsupported, message).with_operation("health.store"));
        }
        if version < StateDocument::VERSION {
            let copy = form::create(vendor, &format!("purlin_health_{version}"))?;
            session.execute(cx, copy.as_str()).await?;
            migrate(&mut session, cx, version).await?;
        }
        drop(session);
        Ok(Self { database })
    }
}

/// From an older form to this one, in one transaction with the copy of the old one.
async fn migrate(session: &mut Session, cx: &Cx, from: u32) -> Result<()> {
    let mut transaction = session.begin(cx).await?;
    // A copy that an attempt before this one left is of the same form: the state has not been written since.
    transaction.execute(cx, format!("delete from purlin_health_{from}")).await?;
    let copy = format!(
        "insert into purlin_health_{from} (kind, name, body) select kind, name, body from purlin_health"
    );
    transaction.execute(cx, copy).await?;
    if from < 2 {
        // Form 1 had no number of the last notice: a monitor with an empty outbox began at 1 again.
        let rows = rows(&mut transaction, cx).await?;
        let numbers = rows.iter().filter(|row| row.kind == Kind::Notice.word());
        let last = numbers.filter_map(|row| row.name.parse::<u64>().ok()).max().unwrap_or(0);
        replace(&mut transaction, cx, &Row::new(Kind::Meta, form::LAST_NOTICE, last.to_string())).await?;
    }
    let version = Row::new(Kind::Meta, form::VERSION, StateDocument::VERSION.to_string());
    replace(&mut transaction, cx, &version).await?;
    transaction.commit(cx).await
}

#[async_trait]
impl AlarmStore for DatabaseStore {
    async fn load(&self, cx: &Cx) -> Result<StateDocument> {
        let mut session = self.database.acquire(cx).await?;
        let mut document = StateDocument::default();
        rows(&mut session, cx).await?.iter().try_for_each(|row| form::read(&mut document, row))?;
        Ok(document)
    }

    async fn commit(&self, cx: &Cx, writes: &[Write]) -> Result<()> {
        if writes.is_empty() {
            return Ok(());
        }
        let mut session = self.database.acquire(cx).await?;
        let mut transaction = session.begin(cx).await?;
        for write in writes {
            match write {
                Write::Delivered { number, to } => delivered(&mut transaction, cx, *number, to).await?,
                Write::Notice(notice) => {
                    let last = Row::new(Kind::Meta, form::LAST_NOTICE, notice.number.to_string());
                    replace(&mut transaction, cx, &last).await?;
                    replace(&mut transaction, cx, &form::notice(notice)?).await?;
                }
                other => match form::row(other)? {
                    form::Effect::Put(row) => replace(&mut transaction, cx, &row).await?,
                    form::Effect::Remove(kind, name) => delete(&mut transaction, cx, kind, &name).await?,
                },
            }
        }
        transaction.commit(cx).await
    }
}

async fn delivered(session: &mut Session, cx: &Cx, number: u64, to: &str) -> Result<()> {
    let name = form::notice_name(number);
    let Some(body) = read(session, cx, Kind::Notice, &name).await? else {
        return Ok(());
    };
    let mut notice: Notice = form::parse(Kind::Notice.word(), &name, &body)?;
    notice.to.retain(|known| known != to);
    if notice.to.is_empty() {
        return delete(session, cx, Kind::Notice, &name).await;
    }
    replace(session, cx, &form::notice(&notice)?).await
}

async fn rows(session: &mut Session, cx: &Cx) -> Result<Vec<Row>> {
    let mut found = session.query(cx, &READ_ALL).await?;
    let mut rows = Vec::new();
    while let Some(row) = found.next().await? {
        rows.push(Row { kind: row.get("kind")?, name: row.get("name")?, body: row.get("body")? });
    }
    Ok(rows)
}

async fn read(session: &mut Session, cx: &Cx, kind: Kind, name: &str) -> Result<Option<String>> {
    let query = session.query(cx, &READ).set("kind", kind.word()).set("name", name);
    query.optional().await?.map(|row| row.get("body")).transpose()
}

async fn insert(session: &mut Session, cx: &Cx, row: &Row) -> Result<()> {
    let insert = session.execute(cx, &INSERT).set("kind", row.kind.as_str()).set("name", row.name.as_str());
    insert.set("body", row.body.as_str()).await.map(drop)
}

async fn delete(session: &mut Session, cx: &Cx, kind: Kind, name: &str) -> Result<()> {
    session.execute(cx, &DELETE).set("kind", kind.word()).set("name", name).await.map(drop)
}

/// The one way to do so that all engines know.
async fn replace(session: &mut Session, cx: &Cx, row: &Row) -> Result<()> {
    let delete = session.execute(cx, &DELETE).set("kind", row.kind.as_str());
    delete.set("name", row.name.as_str()).await?;
    insert(session, cx, row).await
}
