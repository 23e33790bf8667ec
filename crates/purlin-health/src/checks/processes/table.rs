//! One look at all processes of a moment.

use super::super::SystemRoots;
use purlin_core::{Cx, Error, ErrorKind, Instant, Result};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// How old a look may be where nobody said.
const AGE: Duration = Duration::from_secs(1);

/// How long one is waited for where the call has no deadline.
const LIMIT: Duration = Duration::from_secs(10);

/// One process, as `/proc/PID/stat` shows it (proc_pid_stat(5)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    /// Cut by the kernel at 15 bytes.
    pub(super) name: String,
    pub(super) state: char,
    /// The number of its user.
    pub(super) user: u32,
    /// Bytes in memory.
    pub(super) memory: u64,
    /// Its command line; only where somebody asks for it.
    pub(super) line: Option<String>,
}

/// All processes of this machine, looked at once for all checks of a moment: one pass over `/proc` serves every
/// [`Processes`](super::Processes) check that asks within its age (1 s unless set). Cheap to clone; clones share.
///
/// Command lines are read only when a check looks at them, since the kernel may hold whoever reads that of a process
/// that is stuck. So the pass has a thread of its own; should it hang, the checks end by their deadline with a fault of
/// the prober, and no second pass begins.
#[derive(Debug, Clone)]
pub struct ProcessTable(Arc<Shared>);

type Look = Arc<Vec<Process>>;

#[derive(Debug)]
struct Shared {
    roots: SystemRoots,
    age: Duration,
    state: Mutex<State>,
    wants_lines: AtomicBool,
    passes: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    last: Option<(Instant, bool, Look)>,
    /// What the pass that is under way will tell.
    pass: Option<watch::Receiver<Option<std::result::Result<Look, String>>>>,
}

impl Default for ProcessTable {
    fn default() -> Self {
        Self::new()
    }
}

impl ProcessTable {
    /// The processes of this machine.
    pub fn new() -> Self {
        Self::with(SystemRoots::new(), AGE)
    }

    fn with(roots: SystemRoots, age: Duration) -> Self {
        Self(Arc::new(Shared {
            roots,
            age,
            state: Mutex::default(),
            wants_lines: AtomicBool::new(false),
            passes: AtomicU64::new(0),
        }))
    }

    /// The same with another age at which a look is too old. Default: 1 s.
    #[must_use]
    pub fn with_age(&self, age: Duration) -> Self {
        Self::with(self.0.roots.clone(), age)
    }

    /// The same where the kernel shows processes elsewhere. Default: `/proc`.
    #[must_use]
    pub fn with_roots(&self, roots: SystemRoots) -> Self {
        Self::with(roots, self.0.age)
    }

    /// How often all processes were looked at.
    pub fn passes(&self) -> u64 {
        self.0.passes.load(Ordering::Relaxed)
    }

    pub(super) fn want_lines(&self) {
        self.0.wants_lines.store(true, Ordering::Relaxed);
    }

    /// The number of a user, by name or number.
    pub(super) fn user(&self, name: &str) -> Result<u32> {
        if let Ok(number) = name.parse() {
            return Ok(number);
        }
        let users = fs::read_to_string("/etc/passwd").map_err(|error| Error::io("check.user", error))?;
        user_in(name, &users)
    }

    /// All processes, as they were not longer ago than the age.
    pub(super) async fn look(&self, cx: &Cx) -> Result<Look> {
        let cx = if cx.deadline().is_none() { cx.with_timeout(LIMIT) } else { cx.clone() };
        let mut pass = match self.begin(&cx)? {
            Begun::Fresh(look) => return Ok(look),
            Begun::Pass(pass) => pass,
        };
        let result = cx
            .run("process.list", async {
                let told = pass.wait_for(Option::is_some).await;
                let told = told.ok().and_then(|told| told.clone());
                Ok(told.unwrap_or_else(|| Err("the pass ended without a word".into())))
            })
            .await;
        result?.map_err(|why| Error::new(ErrorKind::Internal, why).with_operation("process.list"))
    }

    fn begin(&self, cx: &Cx) -> Result<Begun> {
        let wants_lines = self.0.wants_lines.load(Ordering::Relaxed);
        let now = cx.now();
        let mut state = self.0.lock();
        if let Some((at, has_lines, look)) = &state.last
            && now.since(*at) <= self.0.age
            && (*has_lines || !wants_lines)
        {
            return Ok(Begun::Fresh(look.clone()));
        }
        if let Some(pass) = &state.pass {
            return Ok(Begun::Pass(pass.clone()));
        }
        let (tell, pass) = watch::channel(None);
        let shared = self.0.clone();
        let work = move || {
            let look = read(&shared.roots.proc, wants_lines).map(Arc::new);
            let mut state = shared.lock();
            state.pass = None;
            if let Ok(look) = &look {
                state.last = Some((now, wants_lines, look.clone()));
            }
            drop(state);
            tell.send_replace(Some(look.map_err(|error| error.to_string())));
        };
        let thread = std::thread::Builder::new().name("purlin-processes".into()).spawn(work);
        thread.map_err(|error| Error::io("process.list", error))?;
        self.0.passes.fetch_add(1, Ordering::Relaxed);
        state.pass = Some(pass.clone());
        Ok(Begun::Pass(pass))
    }
}

/// The number of a user, by number or by a name of `/etc/passwd`.
pub(super) fn user_in(name: &str, users: &str) -> Result<u32> {
    if let Ok(number) = name.parse() {
        return Ok(number);
    }
    let number = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok()).flatten()
    });
    let unknown = || {
        Error::new(ErrorKind::NotFound, format!("there is no user {name} in /etc/passwd"))
            .with_operation("check.user")
            .with_note("of users from elsewhere the number is needed")
    };
    number.ok_or_else(unknown)
}

enum Begun {
    Fresh(Look),
    Pass(watch::Receiver<Option<std::result::Result<Look, String>>>),
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One pass. Processes that end meanwhile are left out.
fn read(proc: &Path, wants_lines: bool) -> Result<Vec<Process>> {
    let entries = fs::read_dir(proc).map_err(|error| {
        let error = Error::io("process.list", error);
        let message = format!("{}: {}", proc.display(), error.message());
        Error::new(error.kind(), message).with_operation("process.list").with_source(error)
    })?;
    let is_number = |name: &OsStr| name.to_str().is_some_and(|name| name.bytes().all(|b| b.is_ascii_digit()));
    let folders = entries.filter_map(std::result::Result::ok).filter(|entry| is_number(&entry.file_name()));
    Ok(folders.filter_map(|entry| one(&entry.path(), wants_lines)).collect())
}

fn one(folder: &PathBuf, wants_lines: bool) -> Option<Process> {
    let stat = fs::read(folder.join("stat")).ok()?;
    let user = fs::metadata(folder).ok()?.uid();
    let line = wants_lines.then(|| {
        let words = fs::read(folder.join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&words).trim_end_matches('\0').replace('\0', " ")
    });
    let mut process = parse(&String::from_utf8_lossy(&stat), rustix::param::page_size() as u64)?;
    (process.user, process.line) = (user, line);
    Some(process)
}

/// `4711 (name) S 1 …`: the name may hold anything, closing brackets too.
pub(super) fn parse(stat: &str, page: u64) -> Option<Process> {
    let (begin, rest) = stat.rsplit_once(')')?;
    let (_, name) = begin.split_once('(')?;
    let mut fields = rest.split_whitespace();
    let state = fields.next()?.chars().next()?;
    // The 24th field; the state is the third.
    let pages: u64 = fields.nth(20)?.parse().ok()?;
    let memory = pages.saturating_mul(page);
    Some(Process { name: name.to_owned(), state, user: 0, memory, line: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_may_look_like_anything() {
        let stat = "7 (a) R (b)) Z 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 100 9000 25 184";
        let process = parse(stat, 4096).unwrap();
        assert_eq!((&*process.name, process.state), ("a) R (b)", 'Z'));
        assert_eq!(process.memory, 25 * 4096);
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in r".{0,60}", tail in r"[0-9 \-]{0,120}") {
            let _ = parse(&text, 4096);
            let _ = parse(&format!("1 ({text}) S {tail}"), 4096);
        }
    }
}
