//! Opening a database.

use crate::desk::Desk;
use crate::fault::{Faults, Stage};
use crate::settings::{ForeignKeys, Journal, Mode, Place, Settings, Synchronous};
use crate::worker::STATEMENTS_KEPT;
use crate::worker::outbox::Shelf;
use crate::worker::patience::Patience;
use purlin_core::{Error, ErrorKind, Outcome, Result};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Instructions of SQLite's machine between two looks at the desk.
const STEPS_BETWEEN_LOOKS: i32 = 4096;

/// What a readable file can still lack: <https://www.sqlite.org/wal.html#read_only_databases>.
const BESIDE: &str = "the file can be read, but not what SQLite keeps beside it (-wal, -shm, -journal): a database in WAL mode \
                      needs a folder that can be written, or immutable=1 where nobody writes it";

/// Opens it and makes it what the settings say.
pub(crate) fn open(
    settings: &Settings,
    faults: &Faults,
    desk: &Arc<Desk>,
    patience: &Patience,
    shelf: &Shelf,
) -> Result<Connection> {
    let (name, flags) = name_and_flags(settings);
    let opened = Connection::open_with_flags(&name, flags);
    let mut connection = opened.map_err(|error| why(settings, faults, error))?;
    desk.can_be_interrupted(connection.get_interrupt_handle());
    probe(&connection, settings, faults)?;
    set_up(&mut connection, settings, desk, shelf).map_err(|error| why(settings, faults, error))?;
    patience.in_slices(&connection).map_err(|error| why(settings, faults, error))?;
    if let Some(journal) = settings.journal {
        set_journal(&connection, journal, faults, patience)?;
    }
    Ok(connection)
}

fn name_and_flags(settings: &Settings) -> (PathBuf, OpenFlags) {
    let common = OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let write = OpenFlags::SQLITE_OPEN_READ_WRITE;
    let access = match settings.mode.unwrap_or_default() {
        _ if settings.immutable => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Mode::ReadOnly => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Mode::ReadWrite => write,
        Mode::Create => write | OpenFlags::SQLITE_OPEN_CREATE,
    };
    let made = write | OpenFlags::SQLITE_OPEN_CREATE;
    match &settings.place {
        Place::Private => (PathBuf::from(":memory:"), common | made),
        // A name that begins with a slash is shared: https://www.sqlite.org/src/file/src/memdb.c
        Place::Shared(name) => {
            (format!("file:/{name}?vfs=memdb").into(), common | made | OpenFlags::SQLITE_OPEN_URI)
        }
        Place::File(path) if settings.immutable => {
            (immutable_uri(path), common | access | OpenFlags::SQLITE_OPEN_URI)
        }
        // The bundled SQLite reads any name that begins with `file:` as a URI, and `:memory:` as no file.
        Place::File(path) if path.is_relative() => (Path::new(".").join(path), common | access),
        Place::File(path) => (path.clone(), common | access),
    }
}

fn immutable_uri(path: &Path) -> PathBuf {
    let mut uri = "file:".to_owned();
    if path.is_relative() {
        uri.push_str("./");
    }
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
            // Writing to a String cannot fail.
            byte => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    uri.into()
}

/// Looks into the file, which SQLite does not do when it opens it. A locked one is a database all the same.
fn probe(connection: &Connection, settings: &Settings, faults: &Faults) -> Result<()> {
    connection.busy_timeout(std::time::Duration::ZERO).map_err(|error| why(settings, faults, error))?;
    let looked = connection.query_row("PRAGMA schema_version", [], |row| row.get::<_, i64>(0));
    match looked {
        Ok(_) => Ok(()),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => Ok(()),
        Err(error) => Err(why(settings, faults, error)),
    }
}

fn set_up(
    connection: &mut Connection,
    settings: &Settings,
    desk: &Arc<Desk>,
    shelf: &Shelf,
) -> rusqlite::Result<()> {
    let (watched, rows) = (desk.clone(), shelf.clone());
    let look = move || {
        rows.tick();
        watched.is_stopped()
    };
    connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(look))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    connection.pragma_update(None, "foreign_keys", settings.foreign_keys == ForeignKeys::Enforced)?;
    let synchronous = settings.synchronous.map(|synchronous| match synchronous {
        Synchronous::Off => "OFF",
        Synchronous::Normal => "NORMAL",
        Synchronous::Full => "FULL",
        Synchronous::Extra => "EXTRA",
    });
    match synchronous {
        Some(synchronous) => connection.pragma_update(None, "synchronous", synchronous),
        None => Ok(()),
    }
}

fn set_journal(
    connection: &Connection,
    journal: Journal,
    faults: &Faults,
    patience: &Patience,
) -> Result<()> {
    let wanted = match journal {
        Journal::Wal => "wal",
        Journal::Delete => "delete",
    };
    let set =
        || connection.pragma_update_and_check(None, "journal_mode", wanted, |row| row.get::<_, String>(0));
    let now = patience.ask(connection, set).map_err(|error| faults.told(error, Stage::Open))?;
    if now.eq_ignore_ascii_case(wanted) {
        return Ok(());
    }
    let message = format!("journal={wanted}: SQLite keeps {now:?} for this file");
    Err(Error::new(ErrorKind::Unsupported, message).with_outcome(Outcome::NotSent))
}

/// The failure to open, with what the file system says about the path: SQLite says "unable to open" to everything.
fn why(settings: &Settings, faults: &Faults, raw: rusqlite::Error) -> Error {
    let code = raw.sqlite_error_code();
    let shown = settings.path().display().to_string();
    let error = faults.told(raw, Stage::Open);
    let note = match code {
        Some(ErrorCode::CannotOpen) => reason(settings),
        Some(ErrorCode::ReadOnly) => Some(BESIDE.to_owned()),
        Some(ErrorCode::NotADatabase) => {
            Some("the file is no SQLite database, or an encrypted one".to_owned())
        }
        Some(ErrorCode::DatabaseCorrupt) => Some("the file is damaged".to_owned()),
        _ => None,
    };
    let message = format!("{shown}: {}", error.message());
    let rebuilt = Error::new(error.kind(), message).with_outcome(Outcome::NotSent);
    let rebuilt = match error.detail::<purlin_db::DbDetail>() {
        Some(detail) => rebuilt.with_detail(detail.clone()),
        None => rebuilt,
    };
    let rebuilt = rebuilt.with_endpoint(faults.endpoint.clone());
    match note {
        Some(note) => rebuilt.with_note(note),
        None => rebuilt,
    }
}

fn reason(settings: &Settings) -> Option<String> {
    let path = settings.path();
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Some("it is a folder".to_owned()),
        Ok(_) => match std::fs::File::open(path) {
            Err(error) => Some(error.to_string()),
            Ok(_) => Some(BESIDE.to_owned()),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            Some(match folder.filter(|folder| !folder.is_dir()) {
                Some(folder) => format!("there is no folder {}", folder.display()),
                None if settings.mode == Some(Mode::Create) => "the file cannot be created there".to_owned(),
                None => "there is no such file; mode=rwc creates it".to_owned(),
            })
        }
        Err(error) => Some(error.to_string()),
    }
}
