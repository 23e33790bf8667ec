//! A mount whose server can fall silent.

mod wire;

use crate::skip;
use purlin_core::{Error, Result};
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};
use std::ffi::CString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use tempfile::TempDir;
use wire::Request;

/// The most that the kernel hands over at once.
const ROOM: usize = 256 * 1024;

/// A mount of an empty folder, by a FUSE server in this process that can fall silent as a dead NFS server does: who
/// touches the mount then is stuck in the kernel, and heeds no signal, until it [speaks](Self::speak) or is dropped.
///
/// Nothing in the test's own process may touch it while it is silent. When the process ends, however that comes, the
/// kernel sets free whoever is stuck.
///
/// ```no_run
/// # fn a_test() -> purlin_core::Result<()> {
/// use purlin_testkit::FuseMount;
///
/// let Some(mount) = FuseMount::start()? else { return Ok(()) };
/// mount.fall_silent();
/// let mut stuck = std::process::Command::new("stat").arg("-f").arg(mount.path()).spawn().unwrap();
/// mount.speak();
/// assert!(stuck.wait().unwrap().success());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FuseMount {
    folder: TempDir,
    server: Arc<Server>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Server {
    device: File,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    is_silent: bool,
    /// What has to wait for an answer.
    kept: Vec<Request>,
}

impl FuseMount {
    /// Mounts it in a folder of its own. None where this is not root, or the system has no FUSE: the test is then
    /// [skipped](crate::skip()), and should return.
    ///
    /// # Errors
    /// Those of the system.
    ///
    /// # Panics
    /// When it would skip and `PURLIN_REQUIRE_SERVERS` is `1`.
    pub fn start() -> Result<Option<Self>> {
        let Some(device) = device() else { return Ok(None) };
        let folder = tempfile::Builder::new().prefix("purlin-fuse-").tempdir().map_err(failed)?;
        let options = format!("fd={},rootmode=40000,user_id=0,group_id=0,allow_other", device.as_raw_fd());
        let options = CString::new(options).map_err(|error| failed(error.into()))?;
        let flags = MountFlags::NODEV | MountFlags::NOSUID;
        mount("purlin-testkit", folder.path(), "fuse.silent", flags, options.as_c_str())
            .map_err(|error| failed(error.into()))?;
        let server = Arc::new(Server { device, state: Mutex::default() });
        let theirs = server.clone();
        let thread = std::thread::Builder::new().name("fuse".into()).spawn(move || theirs.serve());
        let mut mount = Self { folder, server, thread: None };
        mount.thread = Some(thread.map_err(failed)?);
        Ok(Some(mount))
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// From now on nothing is answered.
    pub fn fall_silent(&self) {
        self.server.lock().is_silent = true;
    }

    /// Answers what has waited, and whatever comes.
    pub fn speak(&self) {
        let mut state = self.server.lock();
        state.is_silent = false;
        for request in std::mem::take(&mut state.kept) {
            self.server.answer(&request);
        }
    }

    /// How many requests wait for an answer.
    pub fn waiting(&self) -> usize {
        self.server.lock().kept.len()
    }
}

/// None, with the test skipped, where there is none that can be used.
fn device() -> Option<File> {
    if !rustix::process::geteuid().is_root() {
        skip("only root mounts file systems");
        return None;
    }
    let device = File::options().read(true).write(true).open("/dev/fuse");
    if device.is_err() {
        skip("/dev/fuse cannot be opened");
    }
    device.ok()
}

fn failed(error: std::io::Error) -> Error {
    Error::io("fuse.mount", error)
}

impl Server {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Until the mount is gone.
    fn serve(&self) {
        let mut buffer = vec![0; ROOM];
        while let Ok(length) = (&self.device).read(&mut buffer) {
            let Some(request) = Request::parse(&buffer[..length]) else { continue };
            let mut state = self.lock();
            match state.is_silent && request.wants_an_answer() {
                true => state.kept.push(request),
                false => self.answer(&request),
            }
        }
    }

    fn answer(&self, request: &Request) {
        if let Some(answer) = request.answer() {
            // Who asked may be gone.
            let _ = (&self.device).write_all(&answer);
        }
    }
}

impl Drop for FuseMount {
    fn drop(&mut self) {
        // By force: whoever is stuck is told that the connection is gone.
        let _ = unmount(self.folder.path(), UnmountFlags::FORCE | UnmountFlags::DETACH);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
