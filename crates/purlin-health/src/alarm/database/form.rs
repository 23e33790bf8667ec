//! The rows of the table.

use super::super::{Alarm, CheckRecord, Downtime, Notice, StateDocument, Write};
use purlin_core::{Error, ErrorKind, Result};
use purlin_db::Vendor;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(super) const VERSION: &str = "version";
pub(super) const LAST_NOTICE: &str = "last_notice";

/// What a row is about: its first key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Meta,
    Check,
    Alarm,
    Downtime,
    Notice,
}

impl Kind {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Check => "check",
            Self::Alarm => "alarm",
            Self::Downtime => "downtime",
            Self::Notice => "notice",
        }
    }
}

#[derive(Debug)]
pub(super) struct Row {
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) body: String,
}

impl Row {
    pub(super) fn new(kind: Kind, name: impl Into<String>, body: String) -> Self {
        Self { kind: kind.word().to_owned(), name: name.into(), body }
    }
}

pub(super) enum Effect {
    Put(Row),
    Remove(Kind, String),
}

/// Names are compared letter by letter; by default some engines do not tell large letters from small ones.
pub(super) fn create(vendor: Vendor, table: &str) -> Result<String> {
    let (name, text) = match vendor {
        Vendor::MySql | Vendor::MariaDb => {
            ("varchar(255) character set utf8mb4 collate utf8mb4_bin", "longtext character set utf8mb4")
        }
        Vendor::Postgres | Vendor::Sqlite => ("varchar(255)", "text"),
        Vendor::SqlServer => ("nvarchar(255) collate Latin1_General_100_BIN2", "nvarchar(max)"),
        other => {
            let message = format!("no state is kept in a database of {other:?} yet");
            return Err(Error::new(ErrorKind::Unsupported, message).with_operation("health.store"));
        }
    };
    let columns = format!(
        "{table} (kind varchar(16) not null, name {name} not null, body {text} not null, primary key (kind, name))"
    );
    Ok(match vendor {
        Vendor::SqlServer => format!("if object_id('{table}') is null create table {columns}"),
        _ => format!("create table if not exists {columns}"),
    })
}

/// Numbers sort as texts do.
pub(super) fn notice_name(number: u64) -> String {
    format!("{number:020}")
}

pub(super) fn notice(notice: &Notice) -> Result<Row> {
    Ok(Row::new(Kind::Notice, notice_name(notice.number), write(notice)?))
}

/// Those that need no look at what is there.
pub(super) fn row(change: &Write) -> Result<Effect> {
    let put = |kind, name: &str, body: Result<String>| Ok(Effect::Put(Row::new(kind, name, body?)));
    let remove = |kind, name: &str| Ok(Effect::Remove(kind, name.to_owned()));
    match change {
        Write::Check(id, record) => put(Kind::Check, id.as_str(), write(record.as_ref())),
        Write::ForgetCheck(id) => remove(Kind::Check, id.as_str()),
        Write::Alarm(id, alarm) => put(Kind::Alarm, id.as_str(), write(alarm)),
        Write::ForgetAlarm(id) => remove(Kind::Alarm, id.as_str()),
        Write::Downtime(downtime) => put(Kind::Downtime, downtime.id.as_str(), write(downtime.as_ref())),
        Write::ForgetDowntime(id) => remove(Kind::Downtime, id.as_str()),
        Write::Notice(it) => notice(it).map(Effect::Put),
        Write::Delivered { number, .. } => remove(Kind::Notice, &notice_name(*number)),
    }
}

pub(super) fn read(document: &mut StateDocument, row: &Row) -> Result<()> {
    let Row { kind, name, body } = row;
    match kind.as_str() {
        "check" => {
            document.checks.insert(name.as_str().into(), parse::<CheckRecord>(kind, name, body)?);
        }
        "alarm" => {
            document.alarms.insert(name.as_str().into(), parse::<Alarm>(kind, name, body)?);
        }
        "downtime" => {
            document.downtimes.insert(name.as_str().into(), parse::<Downtime>(kind, name, body)?);
        }
        "notice" => {
            let notice: Notice = parse(kind, name, body)?;
            document.outbox.insert(notice.number, notice);
        }
        "meta" if name == LAST_NOTICE => document.last_notice = parse(kind, name, body)?,
        "meta" if name == VERSION => {}
        _ => return Err(invalid(format!("the state holds a {kind} {name:?}, which nobody knows"))),
    }
    Ok(())
}

pub(super) fn parse<T: DeserializeOwned>(kind: &str, name: &str, body: &str) -> Result<T> {
    serde_json::from_str(body)
        .map_err(|error| invalid(format!("the state of {kind} {name:?} cannot be read: {error}")))
}

fn write(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| invalid(format!("the state cannot be written: {error}")))
}

pub(super) fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation("health.store")
}
