//! `sqlite:` URLs.

use crate::connection::SqliteConnector;
use crate::settings::{ForeignKeys, Journal, Mode, Settings, Synchronous};
use purlin_core::{Error, ErrorKind, Outcome, Result};
use purlin_db::{Connector, Driver, Target};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The options of a URL, for messages.
const OPTIONS: [&str; 7] =
    ["mode", "busy_timeout", "journal", "synchronous", "foreign_keys", "immutable", "shared"];

/// The driver for `sqlite:PATH` and `sqlite::memory:`.
///
/// Options after `?`, with what counts without them:
///
/// | option | values |
/// |---|---|
/// | `mode` | `ro`, `rw` (default: a file that is not there is an error), `rwc` (creates it) |
/// | `busy_timeout` | how long to wait for a lock, such as `500ms` or `5s` (default) |
/// | `journal` | `wal`, `delete`; default: as the file has it |
/// | `synchronous` | `off`, `normal`, `full` (SQLite's default), `extra` |
/// | `foreign_keys` | `on` (default), `off` |
/// | `immutable` | `1`: nobody changes the file while it is open; `0` (default) |
/// | `shared` | `sqlite::memory:?shared=NAME`: one database for all connections of the process with that name |
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Sqlite;

impl Sqlite {
    /// The driver.
    pub fn new() -> Self {
        Self
    }
}

impl Driver for Sqlite {
    fn schemes(&self) -> &[&'static str] {
        &["sqlite"]
    }

    fn connector(&self, target: &Target) -> Result<Arc<dyn Connector>> {
        let path = target.path.as_deref();
        if target.user.is_some() || target.password.is_some() || !target.hosts.is_empty() {
            return Err(refused(
                "sqlite: a file has no host, user or password; write sqlite:PATH".to_owned(),
            ));
        }
        let settings = settings(path, &target.options)?;
        Ok(Arc::new(SqliteConnector::with_errors(settings, target.errors.clone())?))
    }
}

fn settings(path: Option<&Path>, options: &BTreeMap<String, String>) -> Result<Settings> {
    let path =
        path.ok_or_else(|| refused("sqlite: no path; write sqlite:PATH or sqlite::memory:".to_owned()))?;
    let in_memory = path == Path::new(":memory:");
    let start = match options.get("shared") {
        Some(name) if in_memory => Settings::shared_memory(name),
        Some(_) => return Err(refused("shared: it is for sqlite::memory: only".to_owned())),
        None if in_memory => Settings::memory(),
        None => Settings::file(path),
    };
    options.iter().try_fold(start, |settings, (name, value)| option(settings, name, value))
}

fn option(settings: Settings, name: &str, value: &str) -> Result<Settings> {
    match name {
        "mode" => {
            let modes = [("ro", Mode::ReadOnly), ("rw", Mode::ReadWrite), ("rwc", Mode::Create)];
            Ok(settings.mode(one_of(name, value, &modes)?))
        }
        "busy_timeout" => Ok(settings.busy_timeout(duration(name, value)?)),
        "journal" => {
            let journals = [("wal", Journal::Wal), ("delete", Journal::Delete)];
            Ok(settings.journal(one_of(name, value, &journals)?))
        }
        "synchronous" => {
            let levels = [
                ("off", Synchronous::Off),
                ("normal", Synchronous::Normal),
                ("full", Synchronous::Full),
                ("extra", Synchronous::Extra),
            ];
            Ok(settings.synchronous(one_of(name, value, &levels)?))
        }
        "foreign_keys" => {
            let states = [("on", ForeignKeys::Enforced), ("off", ForeignKeys::Ignored)];
            Ok(settings.foreign_keys(one_of(name, value, &states)?))
        }
        "immutable" => match one_of(name, value, &[("1", true), ("0", false)])? {
            true => Ok(settings.immutable()),
            false => Ok(settings),
        },
        "shared" => Ok(settings),
        _ => Err(unknown(name)),
    }
}

fn one_of<T: Copy>(name: &str, value: &str, known: &[(&str, T)]) -> Result<T> {
    let found = known.iter().find(|(word, _)| *word == value);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let words: Vec<_> = known.iter().map(|(word, _)| *word).collect();
        refused(format!("{name}={value}: one of {} is meant", words.join(", ")))
    })
}

fn duration(name: &str, value: &str) -> Result<Duration> {
    purlin_core::units::duration::parse(value)
        .map_err(|error| refused(format!("{name}={value}: {}", error.message())))
}

fn unknown(name: &str) -> Error {
    let hint = match purlin_core::suggest(name, OPTIONS) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("there are {}", OPTIONS.join(", ")),
    };
    refused(format!("sqlite: unknown option {name:?}; {hint}"))
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation("db.connect").with_outcome(Outcome::NotSent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, options: &[(&str, &str)]) -> Result<SqliteConnector> {
        let options = options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        SqliteConnector::new(settings(Some(Path::new(path)), &options)?)
    }

    #[test]
    fn options_become_settings() {
        let options = [
            ("mode", "rwc"),
            ("busy_timeout", "500ms"),
            ("journal", "wal"),
            ("synchronous", "normal"),
            ("foreign_keys", "off"),
            ("immutable", "0"),
        ];
        let options = options.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let expected = Settings::file("state.db")
            .mode(Mode::Create)
            .busy_timeout(Duration::from_millis(500))
            .journal(Journal::Wal)
            .synchronous(Synchronous::Normal)
            .foreign_keys(ForeignKeys::Ignored);
        assert_eq!(settings(Some(Path::new("state.db")), &options).unwrap(), expected);
        let shared = [("shared".to_owned(), "map".to_owned())].into();
        assert_eq!(settings(Some(Path::new(":memory:")), &shared).unwrap(), Settings::shared_memory("map"));
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (path, options, part) in [
            ("a.db", [("mode", "create")].as_slice(), "one of ro, rw, rwc"),
            ("a.db", &[("jurnal", "wal")], "did you mean \"journal\"?"),
            ("a.db", &[("zzz", "1")], "there are mode,"),
            ("a.db", &[("busy_timeout", "5")], "busy_timeout=5: "),
            ("a.db", &[("shared", "x")], "sqlite::memory: only"),
            ("a.db", &[("immutable", "1"), ("mode", "rw")], "immutable: "),
            ("a.db", &[("journal", "wal"), ("mode", "ro")], "journal: "),
            (":memory:", &[("mode", "ro")], "are for files"),
            (":memory:", &[("shared", "a/../b?c")], "a name of letters"),
            ("", &[], "no path"),
        ] {
            let error = read(path, options).unwrap_err();
            assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent));
            assert!(error.message().contains(part), "{error}");
        }
        assert!(settings(None, &BTreeMap::new()).unwrap_err().message().contains("no path"));
    }
}
