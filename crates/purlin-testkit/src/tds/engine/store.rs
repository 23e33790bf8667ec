//! The database behind the server.

use super::kind::{Kind, clock, fitted, float, guid, moment, shown, whole};
use super::refusal::Refusal;
use crate::tds::call;
use crate::tds::lines::is_called;
use purlin_db::DateTimeTz;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Result};
use std::io;
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use tempfile::TempDir;

/// How many steps of SQLite's machine pass between two looks at the client.
const STEPS: i32 = 5_000;

/// What topology is read from: no rows, unless somebody writes them.
const VIEWS: &str = "
    CREATE TABLE \"sys.databases\" (database_id int, name nvarchar(128), replica_id uniqueidentifier_text);
    INSERT INTO \"sys.databases\" VALUES (5, 'map', NULL);
    CREATE TABLE \"sys.dm_hadr_availability_replica_states\" (replica_id uniqueidentifier_text, is_local bit_int,
        role tinyint, operational_state tinyint, connected_state tinyint, synchronization_health tinyint);
    CREATE TABLE \"sys.dm_hadr_database_replica_states\" (database_id int, replica_id uniqueidentifier_text,
        is_local bit_int, synchronization_state tinyint, is_suspended bit_int, log_send_queue_size bigint,
        redo_queue_size bigint, redo_rate bigint, last_commit_time datetime_text,
        last_hardened_lsn numeric_text(25,0));";

/// A file that is made when it is first asked for, and goes with the server.
#[derive(Debug)]
pub(in crate::tds) struct Store(Mutex<Option<Made>>);

#[derive(Debug)]
struct Made {
    /// Keeps the file's log while sessions come and go.
    _keeper: Connection,
    path: PathBuf,
    _folder: TempDir,
}

impl Store {
    pub(in crate::tds) fn new() -> io::Result<Self> {
        Ok(Self(Mutex::new(None)))
    }

    /// A connection of a session's own, which looks at the client while it works.
    pub(super) fn open(&self, client: TcpStream) -> Result<Connection> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let made = match &mut *made {
            Some(made) => made,
            none => none.insert(Made::new()?),
        };
        let mut connection = Connection::open(&made.path)?;
        prepare(&mut connection, client)?;
        Ok(connection)
    }
}

impl Made {
    fn new() -> Result<Self> {
        let told = |error: io::Error| rusqlite::Error::UserFunctionError(error.into());
        let folder = tempfile::Builder::new().prefix("purlin-tds-").tempdir().map_err(told)?;
        let path = folder.path().join("map.db");
        let keeper = Connection::open(&path)?;
        keeper.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;")?;
        keeper.execute_batch(VIEWS)?;
        Ok(Self { _keeper: keeper, path, _folder: folder })
    }
}

fn prepare(connection: &mut Connection, client: TcpStream) -> Result<()> {
    connection.busy_timeout(std::time::Duration::ZERO)?;
    connection.execute_batch("PRAGMA foreign_keys = ON; PRAGMA synchronous = OFF;")?;
    connection.progress_handler(STEPS, Some(move || is_called(&client)))?;
    let flags = FunctionFlags::SQLITE_UTF8;
    connection.create_scalar_function("tds_cast", 2, flags, |context| {
        let name: String = context.get(1)?;
        let Some(kind) = Kind::named(&name) else {
            return Err(Refusal::new(243, 16, format!("Type {name} is not a defined system type.")).thrown());
        };
        cast(context.get_raw(0), &kind).map_err(|refusal| refusal.thrown())
    })?;
    connection.create_scalar_function("tds_divisor", 1, flags, |context| {
        let value = context.get_raw(0);
        match float(value) {
            Some(0.0) => Err(Refusal::divided_by_zero().thrown()),
            _ => context.get::<Value>(0),
        }
    })?;
    connection.create_scalar_function("tds_replicate", 2, flags, |context| {
        let (text, count): (String, i64) = (context.get(0)?, context.get(1)?);
        Ok(text.repeat(usize::try_from(count).unwrap_or_default()))
    })?;
    connection.create_scalar_function("serverproperty", 1, flags, property)?;
    connection.create_scalar_function("databasepropertyex", 2, flags, |_| Ok("READ_WRITE"))?;
    connection.create_scalar_function("db_name", 0, flags, |_| Ok("map"))?;
    connection.create_scalar_function("db_id", 0, flags, |_| Ok(5))?;
    connection.create_scalar_function("newid", 0, flags, |_| {
        let bytes: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(16).collect();
        Ok(call::guid(&bytes))
    })
}

fn property(context: &Context<'_>) -> Result<Option<String>> {
    let name: String = context.get(0)?;
    Ok(match name.to_lowercase().as_str() {
        "productversion" => Some("16.0.1000.6".to_owned()),
        "edition" => Some("Fake Edition (64-bit)".to_owned()),
        "servername" => Some("FAKE".to_owned()),
        "ishadrenabled" => Some("0".to_owned()),
        _ => None,
    })
}

/// The value as one of that type, or why it is none.
fn cast(value: ValueRef<'_>, kind: &Kind) -> std::result::Result<Value, Refusal> {
    let text = || shown(value);
    let known = match kind {
        _ if matches!(value, ValueRef::Null) => Some(Value::Null),
        Kind::Whole(size) => whole(value).filter(|number| fits(*number, *size)).map(Value::Integer),
        Kind::Bit => whole(value).map(|number| Value::Integer((number != 0).into())),
        Kind::Float(4) => float(value).map(|number| Value::Real((number as f32).into())),
        Kind::Float(_) => float(value).map(Value::Real),
        Kind::Decimal(precision, scale) => fitted(&text(), *precision, *scale).map(Value::Text),
        Kind::Money(8) => fitted(&text(), 19, 4).map(Value::Text),
        Kind::Money(_) => fitted(&text(), 10, 4).map(Value::Text),
        Kind::Date => moment(&text()).map(|moment| Value::Text(moment.date().to_string())),
        Kind::Time(_) => clock(&text()).map(|time| Value::Text(time.to_string())),
        Kind::DateTime2(_) | Kind::DateTime | Kind::SmallDateTime => {
            moment(&text()).map(|moment| Value::Text(moment.to_string()))
        }
        Kind::DateTimeOffset(_) => {
            let zoned = text().parse::<DateTimeTz>().ok().or_else(|| moment(&text())?.in_utc());
            zoned.map(|moment| Value::Text(moment.to_string()))
        }
        Kind::Guid => guid(&text()).map(|bytes| Value::Text(call::guid(&bytes))),
        Kind::Text(_, Some(most)) => Some(Value::Text(text().chars().take((*most).into()).collect())),
        Kind::Text(_, None) | Kind::OldText(_) | Kind::Xml => Some(Value::Text(text())),
        Kind::Bytes(..) | Kind::Image | Kind::Foreign(_) => Some(Value::Blob(match value {
            ValueRef::Blob(bytes) => bytes.to_vec(),
            _ => crate::tds::tokens::wide(&text()),
        })),
        Kind::Variant => Value::try_from(value).ok(),
    };
    known.ok_or_else(|| Refusal::conversion(&text(), kind))
}

fn fits(number: i64, size: u8) -> bool {
    match size {
        1 => (0..=255).contains(&number),
        2 => i16::try_from(number).is_ok(),
        4 => i32::try_from(number).is_ok(),
        _ => true,
    }
}
