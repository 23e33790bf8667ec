//! `sqlite:` URLs.

use crate::connection::SqliteConnector;
use crate::settings::{ForeignKeys, Journal, Mode, Settings, Synchronous};
use purlin_core::{Error, ErrorKind, Outcome, Result};
use purlin_db::{Connector, Driver, Target};
use std::path::Path;
use std::sync::Arc;

const SYNCHRONOUS: [(&str, Synchronous); 4] = [
    ("off", Synchronous::Off),
    ("normal", Synchronous::Normal),
    ("full", Synchronous::Full),
    ("extra", Synchronous::Extra),
];
const FOREIGN_KEYS: [(&str, ForeignKeys); 2] = [("on", ForeignKeys::Enforced), ("off", ForeignKeys::Ignored)];

/// The driver for `sqlite:PATH` and `sqlite::memory:`.
///
/// See the [crate](crate) for the options of a URL.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Sqlite;

impl Sqlite {
    /// The driver.
    pub const fn new() -> Self {
        Self
    }
}

impl Driver for Sqlite {
    fn schemes(&self) -> &[&'static str] {
        &["sqlite"]
    }

    fn connector(&self, target: &Target) -> Result<Arc<dyn Connector>> {
        if target.user.is_some() || target.password.is_some() || !target.hosts.is_empty() {
            return Err(refused(
                "sqlite: a file has no host, user or password; write sqlite:PATH".to_owned(),
            ));
        }
        let settings = settings(target)?;
        Ok(Arc::new(SqliteConnector::with_errors(settings, target.errors.clone())?))
    }
}

fn settings(target: &Target) -> Result<Settings> {
    let path = target.path.as_deref();
    let path =
        path.ok_or_else(|| refused("sqlite: no path; write sqlite:PATH or sqlite::memory:".to_owned()))?;
    let in_memory = path == Path::new(":memory:");
    let mut options = target.read_options();
    let shared = options.text("shared");
    let mode =
        options.choice("mode", &[("ro", Mode::ReadOnly), ("rw", Mode::ReadWrite), ("rwc", Mode::Create)])?;
    let busy_timeout = options.duration("busy_timeout")?;
    let journal = options.choice("journal", &[("wal", Journal::Wal), ("delete", Journal::Delete)])?;
    let synchronous = options.choice("synchronous", &SYNCHRONOUS)?;
    let foreign_keys = options.choice("foreign_keys", &FOREIGN_KEYS)?;
    let immutable = options.choice("immutable", &[("1", true), ("0", false)])?;
    options.finish()?;
    let mut settings = match shared {
        Some(name) if in_memory => Settings::shared_memory(name),
        Some(_) => return Err(refused("shared: it is for sqlite::memory: only".to_owned())),
        None if in_memory => Settings::memory(),
        None => Settings::file(path),
    };
    settings.mode = mode;
    settings.busy_timeout = busy_timeout.unwrap_or(settings.busy_timeout);
    settings.journal = journal;
    settings.synchronous = synchronous;
    settings.foreign_keys = foreign_keys.unwrap_or_default();
    settings.immutable = immutable.unwrap_or_default();
    Ok(settings)
}

fn refused(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation("db.connect").with_outcome(Outcome::NotSent)
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::time::Duration;

    fn read(path: &str, options: &[(&str, &str)]) -> Result<Settings> {
        let target = Target::new("sqlite").path(path);
        let with_options = |target: Target, (name, value): &(&str, &str)| target.option(*name, *value);
        settings(&options.iter().fold(target, with_options))
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
        let expected = Settings::file("state.db")
            .mode(Mode::Create)
            .busy_timeout(Duration::from_millis(500))
            .journal(Journal::Wal)
            .synchronous(Synchronous::Normal)
            .foreign_keys(ForeignKeys::Ignored);
        assert_eq!(read("state.db", &options).unwrap(), expected);
        let shared = read(":memory:", &[("shared", "map")]).unwrap();
        assert_eq!(shared, Settings::shared_memory("map"));
        assert_eq!(read("state.db", &[]).unwrap(), Settings::file("state.db"));
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (path, options, part) in [
            ("a.db", [("mode", "create")].as_slice(), "option \"mode\" takes ro, rw, rwc"),
            ("a.db", &[("jurnal", "wal")], "did you mean \"journal\"?"),
            ("a.db", &[("zzz", "1")], "there are shared, mode,"),
            ("a.db", &[("busy_timeout", "5")], "option \"busy_timeout\" takes a duration"),
            ("a.db", &[("shared", "x")], "sqlite::memory: only"),
            ("a.db", &[("immutable", "1"), ("mode", "rw")], "immutable: "),
            ("a.db", &[("journal", "wal"), ("mode", "ro")], "journal: "),
            (":memory:", &[("mode", "ro")], "are for files"),
            (":memory:", &[("shared", "a/../b?c")], "a name of letters"),
            ("", &[], "no path"),
        ] {
            let error = read(path, options).and_then(SqliteConnector::new).unwrap_err();
            assert_eq!((error.kind(), error.outcome()), (ErrorKind::Invalid, Outcome::NotSent));
            assert!(error.message().contains(part), "{error}");
        }
        assert!(settings(&Target::new("sqlite")).unwrap_err().message().contains("no path"));
    }
}
