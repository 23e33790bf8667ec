//! Which database, and how it is opened.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// What may be done with a database's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Mode {
    /// `ro`: reading only.
    ReadOnly,
    /// `rw`, the default: reading and writing a file that is there. A path with a typing error is then an error, not
    /// a new, empty database. Where the file may not be written, reading works and writing is refused.
    #[default]
    ReadWrite,
    /// `rwc`: the file is created where there is none.
    Create,
}

/// How SQLite keeps a change whole when the power fails: <https://www.sqlite.org/pragma.html#pragma_journal_mode>.
/// It is a property of the file and stays with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Journal {
    /// `wal`: readers and one writer do not wait for each other. Not for network file systems.
    Wal,
    /// `delete`: SQLite's own default.
    Delete,
}

/// When SQLite waits for the disk: <https://www.sqlite.org/pragma.html#pragma_synchronous>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Synchronous {
    /// `off`: never; a power failure can destroy the database.
    Off,
    /// `normal`: at a checkpoint; with WAL a power failure can take back the last commits.
    Normal,
    /// `full`: at every commit; SQLite's own default.
    Full,
    /// `extra`: also the folder, after a journal was deleted.
    Extra,
}

/// Whether SQLite holds rows to the foreign keys that tables declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ForeignKeys {
    /// The default here. SQLite's own is off.
    #[default]
    Enforced,
    /// They are a comment.
    Ignored,
}

/// Which database, and how it is opened: what a URL says, as a value.
///
/// ```
/// use purlin_db_sqlite::{Journal, Mode, Settings};
///
/// let settings = Settings::file("state.db").mode(Mode::Create).journal(Journal::Wal);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub(crate) place: Place,
    pub(crate) mode: Option<Mode>,
    pub(crate) busy_timeout: Duration,
    pub(crate) journal: Option<Journal>,
    pub(crate) synchronous: Option<Synchronous>,
    pub(crate) foreign_keys: ForeignKeys,
    pub(crate) immutable: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    File(PathBuf),
    Private,
    Shared(String),
}

impl Settings {
    /// A database in that file; a path that is not absolute starts at the working folder.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::at(Place::File(path.into()))
    }

    /// A database in memory, of one connection alone: a second one has its own. It is gone with the connection.
    pub fn memory() -> Self {
        Self::at(Place::Private)
    }

    /// A database in memory that all connections of this process with the same name share. It is gone with the last
    /// of them.
    pub fn shared_memory(name: impl Into<String>) -> Self {
        Self::at(Place::Shared(name.into()))
    }

    fn at(place: Place) -> Self {
        Self {
            place,
            mode: None,
            busy_timeout: Duration::from_secs(5),
            journal: None,
            synchronous: None,
            foreign_keys: ForeignKeys::default(),
            immutable: false,
        }
    }

    /// What may be done with the file.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.mode = Some(mode);
        self
    }

    /// How long a statement waits for a lock that another connection holds: 5 s. The end of a call ends the wait too.
    pub fn busy_timeout(mut self, limit: Duration) -> Self {
        self.busy_timeout = limit;
        self
    }

    /// Changes the journal of the file, where it has another one.
    pub fn journal(mut self, journal: Journal) -> Self {
        self.journal = Some(journal);
        self
    }

    /// When SQLite waits for the disk.
    pub fn synchronous(mut self, synchronous: Synchronous) -> Self {
        self.synchronous = Some(synchronous);
        self
    }

    /// Whether foreign keys count.
    pub fn foreign_keys(mut self, foreign_keys: ForeignKeys) -> Self {
        self.foreign_keys = foreign_keys;
        self
    }

    /// Promises that nobody changes the file while it is open: SQLite then takes no locks and writes nothing beside
    /// it. For media that cannot be written. Where the promise is broken, answers are wrong.
    pub fn immutable(mut self) -> Self {
        self.immutable = true;
        self
    }

    /// The path that stands for the database in messages: `:memory:` for one in memory.
    pub(crate) fn path(&self) -> &Path {
        match &self.place {
            Place::File(path) => path,
            Place::Private | Place::Shared(_) => Path::new(":memory:"),
        }
    }

    /// What contradicts itself.
    pub(crate) fn conflict(&self) -> Option<String> {
        let in_memory = !matches!(self.place, Place::File(_));
        let reads = self.immutable || self.mode == Some(Mode::ReadOnly);
        if in_memory && (self.mode.is_some() || self.journal.is_some() || self.immutable) {
            return Some(
                "mode, journal and immutable are for files, not for a database in memory".to_owned(),
            );
        }
        if self.immutable && !matches!(self.mode, None | Some(Mode::ReadOnly)) {
            return Some("immutable: the file can be read only; leave mode out or write mode=ro".to_owned());
        }
        if reads && self.journal.is_some() {
            return Some("journal: it cannot be changed where the file can be read only".to_owned());
        }
        if let Place::Shared(name) = &self.place {
            let plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
            if name.is_empty() || !name.chars().all(plain) {
                return Some(format!(
                    "shared={name:?}: a name of letters, digits, '-', '_' and '.' is meant"
                ));
            }
        }
        self.path().as_os_str().is_empty().then(|| "no path; write sqlite:PATH or sqlite::memory:".to_owned())
    }
}
