//! The tables, and the number of their form.

use purlin_core::{Cx, Error, ErrorKind, Result};
use purlin_db::{Session, Sql, Vendor};
use serde::Serialize;

/// The form that this version writes.
const VERSION: &str = "1";

static READ_VERSION: Sql<'static> =
    Sql::portable("select body from purlin_deploy_meta where name = 'version'");
static WRITE_VERSION: Sql<'static> =
    Sql::portable("insert into purlin_deploy_meta (name, body) values ('version', :body)");

/// Makes the tables where there are none; refuses those of a later form.
pub(super) async fn prepare(cx: &Cx, session: &mut Session) -> Result<()> {
    for table in tables(session.info().vendor)? {
        session.execute(cx, table).await?;
    }
    let row = session.query(cx, &READ_VERSION).optional().await?;
    let version: Option<String> = row.map(|row| row.get("body")).transpose()?;
    match version.as_deref() {
        Some(VERSION) => Ok(()),
        None => session.execute(cx, &WRITE_VERSION).set("body", VERSION).await.map(drop),
        Some(other) => {
            let message = format!("the journal has form {other}, and this version knows form {VERSION}");
            Err(Error::new(ErrorKind::Unsupported, message).with_operation("deploy.journal"))
        }
    }
}

/// Names are compared letter by letter; by default some engines do not tell large letters from small ones.
fn tables(vendor: Vendor) -> Result<[String; 4]> {
    let (name, text) = match vendor {
        Vendor::MySql | Vendor::MariaDb => {
            ("varchar(190) character set utf8mb4 collate utf8mb4_bin", "longtext character set utf8mb4")
        }
        Vendor::Postgres | Vendor::Sqlite => ("varchar(190)", "text"),
        other => {
            let message = format!("no journal is kept in a database of {other:?} yet");
            return Err(Error::new(ErrorKind::Unsupported, message).with_operation("deploy.journal"));
        }
    };
    let create = "create table if not exists purlin_deploy";
    Ok([
        format!("{create}_meta (name {name} not null, body {text} not null, primary key (name))"),
        format!(
            "{create}_run (run {name} not null, plan {name} not null unique, opened_at varchar(40) not null, \
             body {text} not null, primary key (run))"
        ),
        format!(
            "{create}_entry (run {name} not null, seq bigint not null, body {text} not null, primary key (run, seq))"
        ),
        format!(
            "{create}_lease (run {name} not null, fence bigint not null unique, held bigint default 0 not null, \
             body {text} not null, primary key (run))"
        ),
    ])
}

pub(super) fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| crate::data::unwritable(&error))
}

pub(super) fn damaged(error: &serde_json::Error) -> Error {
    let message = format!("the journal holds what nobody wrote: {error}");
    Error::new(ErrorKind::Protocol, message).with_operation("deploy.journal")
}

pub(super) fn number(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(|_| Error::new(ErrorKind::Invalid, "the number is too big for the journal"))
}
