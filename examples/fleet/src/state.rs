//! The folder in which state outlives a call.

use crate::config::Config;
use purlin::db::{Database, DatabaseSettings, Target, drivers, sqlite};
use purlin::{Error, ErrorKind, Result};
use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A folder that only its owner may look into.
#[derive(Debug)]
pub(crate) struct StateFolder {
    path: PathBuf,
    folder: File,
}

/// The right to be the only one of a kind, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Lock(#[expect(dead_code, reason = "it is held, not used")] File);

impl StateFolder {
    /// Opens the folder, and makes it where it is not there.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where nobody says where it is, or it is on a file system whose locks cannot be trusted;
    /// [`ErrorKind::Denied`] where it is somebody else's; those of the system.
    pub(crate) fn open(config: &Config) -> Result<Self> {
        let Some(path) = config.state_dir.value.clone() else {
            return Err(refused("nobody says where state is kept: set FLEET_STATE_DIR, or HOME"));
        };
        if let Some(mount) = sqlite::network_file_system(&path) {
            let message = format!("{}: state is not kept on {mount}", path.display());
            return Err(refused(message).with_note("its locks cannot be trusted; set FLEET_STATE_DIR"));
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&path).map_err(|error| at(&path, error))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder =
            rustix::fs::open(&path, flags, Mode::empty()).map_err(|error| at(&path, error.into()))?;
        let folder = File::from(folder);
        let metadata = folder.metadata().map_err(|error| at(&path, error))?;
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            let message = format!("{}: this folder belongs to somebody else", path.display());
            return Err(Error::new(ErrorKind::Denied, message).with_operation("state.open"));
        }
        if metadata.mode() & 0o077 != 0 {
            folder.set_permissions(Permissions::from_mode(0o700)).map_err(|error| at(&path, error))?;
        }
        Ok(Self { path, folder })
    }

    /// A file of it, by a path that is short enough for a socket wherever the folder is.
    pub(crate) fn short(&self, name: &str) -> PathBuf {
        use std::os::fd::AsRawFd;
        PathBuf::from(format!("/proc/self/fd/{}/{name}", self.folder.as_raw_fd()))
    }

    /// Where the folder is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Takes a lock of this name; the number of the process that has it where somebody else does.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn lock(&self, name: &str) -> Result<std::result::Result<Lock, String>> {
        let path = self.path.join(name);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(|error| at(&path, error))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {
                let written = file
                    .set_len(0)
                    .and_then(|()| file.rewind())
                    .and_then(|()| write!(file, "{}", std::process::id()));
                written.map_err(|error| at(&path, error))?;
                Ok(Ok(Lock(file)))
            }
            Err(error) if error == rustix::io::Errno::WOULDBLOCK => {
                let mut holder = String::new();
                // Its number is a comfort, not a need.
                let _ = file.read_to_string(&mut holder);
                Ok(Err(holder))
            }
            Err(error) => Err(at(&path, error.into())),
        }
    }

    /// The database of this name, for its owner alone; nothing is asked of it yet.
    ///
    /// # Errors
    /// Those of the system.
    pub(crate) fn database(&self, name: &str) -> Result<Database> {
        let path = self.path.join(name);
        // SQLite gives what it keeps beside the file the same mode. A file that is there is not opened: to close it again
        // would end the locks that SQLite may have on it in this process.
        match OpenOptions::new().append(true).create_new(true).mode(0o600).open(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(at(&path, error)),
            _ => {}
        }
        std::fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(|error| at(&path, error))?;
        let target = Target::new("sqlite").path(&path).option("mode", "rwc").option("journal", "wal");
        let connector = drivers().connector(&target.option("synchronous", "full"))?;
        Database::from_connectors([connector], DatabaseSettings::new())
    }
}

fn refused(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Invalid, message.into()).with_operation("state.open")
}

fn at(path: &Path, error: std::io::Error) -> Error {
    let error = Error::io("state.open", error);
    let message = format!("{}: {}", path.display(), error.message());
    Error::new(error.kind(), message).with_operation("state.open").with_source(error)
}
