//! Whether a mount is there and answers.

mod iscsi;
mod nfs;
mod table;
mod target;

use super::SystemRoots;
use super::disk::{absolute, timed};
use super::touch::{Told, Touch, refused};
use crate::{
    Cause, Check, CheckKind, CheckOutcome, Evidence, Failure, Measurement, OnTarget, Phase, Phases, Status,
    Unit,
};
use async_trait::async_trait;
use purlin_core::{Cx, Error, Result};
use table::Mounted;

/// Whether a file system is mounted at a path, and answers.
///
/// Kind `mount`. Measures `time`, in seconds, until the file system has answered; on NFS `retransmits` and `timeouts`
/// since it was mounted (`/proc/self/mountstats`), on iSCSI `paths`, the disks below it that are up, through
/// device mapper and LVM (`/sys/block`, `/sys/class/iscsi_session`). One with some of its paths down is a warning; one
/// with none left has failed, and is not touched.
///
/// A mount whose server is gone holds everybody who touches it, for ever. So this process only reads the kernel's list
/// (`/proc/self/mountinfo`), never resolves the path, and has it touched by a child: see [`Touch`]. While that
/// child is out the check says since when it is stuck, and sends no other.
///
/// What is said of NFS and iSCSI is proven over trees made after the kernel's documentation, not on such mounts.
///
/// ```
/// use purlin_core::Cx;
/// use purlin_health::checks::Mount;
/// use purlin_health::{Check, CheckOutcome, as_plugin};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let outcome = Mount::at("/proc")?.file_system("proc").run(&Cx::background()).await;
/// assert_eq!(as_plugin(&outcome, &[]).0, 0);
///
/// // Nothing is mounted there.
/// let outcome = Mount::at("/proc/self")?.run(&Cx::background()).await;
/// assert!(matches!(outcome, CheckOutcome::Failed(_)));
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Mount {
    path: String,
    file_system: Option<String>,
    source: Option<String>,
    is_written: bool,
    file: Option<String>,
    touch: Touch,
    roots: SystemRoots,
}

impl Mount {
    /// Looks at what is mounted at exactly this path.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid) where the path is not absolute.
    pub fn at(path: impl Into<String>) -> Result<Self> {
        let path = absolute(path.into())?;
        let path = match path.trim_end_matches('/') {
            "" => "/".to_owned(),
            path => path.to_owned(),
        };
        Ok(Self {
            path,
            file_system: None,
            source: None,
            is_written: false,
            file: None,
            touch: Touch::new(),
            roots: SystemRoots::new(),
        })
    }

    /// Expects this kind of file system, such as `nfs4` or `ext4`. Default: any.
    #[must_use]
    pub fn file_system(mut self, kind: impl Into<String>) -> Self {
        self.file_system = Some(kind.into());
        self
    }

    /// Expects that this is mounted, such as `nas:/export`, as the kernel writes it. Default: anything.
    #[must_use]
    pub fn source(mut self, source: impl Into<String>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Expects that it can be written: some file systems turn read-only when their disk fails. Default: either.
    #[must_use]
    pub fn writable(mut self) -> Self {
        self.is_written = true;
        self
    }

    /// Reads the first byte of this file on it, by a path below the mount, instead of asking how full it is. What was
    /// read before may come from this machine's memory.
    #[must_use]
    pub fn reading(mut self, file: impl AsRef<str>) -> Self {
        self.file = Some(format!("{}/{}", self.path.trim_end_matches('/'), file.as_ref()));
        self
    }

    /// Shares its children with other checks.
    #[must_use]
    pub fn touch(mut self, touch: &Touch) -> Self {
        self.touch = touch.clone();
        self
    }

    /// Sets where the kernel shows itself. Default: `/proc` and `/sys`.
    #[must_use]
    pub fn roots(mut self, roots: SystemRoots) -> Self {
        self.roots = roots;
        self
    }

    /// Why what is mounted is not what was expected; none where it is.
    fn unexpected(&self, mounted: &Mounted) -> Option<Failure> {
        let differs = |expected: &Option<String>, is: &str| {
            expected
                .as_ref()
                .filter(|expected| *expected != is)
                .map(|expected| format!("{is}, not {expected}"))
        };
        let (word, what) = if let Some(what) = differs(&self.file_system, &mounted.file_system) {
            ("file_system", what)
        } else if let Some(what) = differs(&self.source, &mounted.source) {
            ("source", what)
        } else if self.is_written && mounted.is_read_only {
            ("writable", "mounted read-only".to_owned())
        } else {
            return None;
        };
        let message = format!("{} is {what}", self.path);
        Some(Failure::new(Phase::Execute, Cause::Assertion(word.into()), message))
    }

    /// What can be found out without touching it.
    fn look(&self) -> Result<std::result::Result<(Mounted, Vec<iscsi::Disk>), Failure>> {
        let Some(mounted) = Mounted::find(&self.roots, &self.path)? else {
            let message = format!("nothing is mounted at {}", self.path);
            return Ok(Err(Failure::new(Phase::Execute, Cause::Assertion("mounted".into()), message)));
        };
        if let Some(failure) = self.unexpected(&mounted) {
            return Ok(Err(failure));
        }
        let disks = iscsi::below(&self.roots, &mounted.device);
        if !disks.is_empty() && disks.iter().all(|disk| !disk.is_up()) {
            let message = format!("no path to {} is up: {}", self.path, disks[0]);
            return Ok(Err(Failure::new(Phase::Connect, Cause::Unreachable, message)));
        }
        Ok(Ok((mounted, disks)))
    }

    async fn ask(&self, cx: &Cx) -> Told {
        match &self.file {
            Some(file) => self.touch.ask(cx, &self.path, &["head", "-c", "1", "--", file]).await,
            None => self.touch.ask(cx, &self.path, &["stat", "-f", "-c", "%T", "--", &self.path]).await,
        }
    }

    fn evidence(
        &self,
        mounted: &Mounted,
        disks: &[iscsi::Disk],
        of_nfs: Vec<Measurement>,
        phases: Phases,
    ) -> Evidence {
        let time = phases.get(Phase::Execute).unwrap_or_default().as_secs_f64();
        let line = format!("{} answers ({} of {})", self.path, mounted.file_system, mounted.source);
        let mut evidence = Evidence::new(Status::Ok, line).phases(phases);
        evidence.measurements.push(Measurement::new("time", time, Unit::Seconds));
        if mounted.file_system.starts_with("nfs") {
            evidence.measurements.extend(of_nfs);
        }
        if let Some(down) = disks.iter().find(|disk| !disk.is_up()) {
            evidence.status = Status::Warning;
            evidence.message = format!("{}, but a path to it is down: {down}", evidence.message);
        }
        if !disks.is_empty() {
            let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
            let up = count(disks.iter().filter(|disk| disk.is_up()).count());
            let paths = Measurement::new("paths", up, Unit::None).limits(0.0, count(disks.len()));
            evidence.measurements.push(paths);
        }
        evidence
    }
}

#[async_trait]
impl Check for Mount {
    fn kind(&self) -> CheckKind {
        CheckKind::from("mount")
    }

    fn on_target(&self) -> Option<&dyn OnTarget> {
        Some(self)
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let begun = cx.now();
        let (mounted, disks) = match self.look() {
            Ok(Ok(found)) => found,
            Ok(Err(failure)) => return CheckOutcome::Failed(failure),
            Err(error) => return CheckOutcome::Prober(error),
        };
        let told = self.ask(cx).await;
        let mut phases = Phases::default();
        phases.push(Phase::Execute, cx.now().since(begun));
        match told {
            Told::Said(_) => {
                let is_nfs = mounted.file_system.starts_with("nfs");
                let of_nfs = if is_nfs { nfs::measure(&self.roots, &self.path) } else { Vec::new() };
                CheckOutcome::Answered(self.evidence(&mounted, &disks, of_nfs, phases))
            }
            Told::Refused(complaint) => timed(refused(&self.path, &complaint), phases),
            Told::Ended(outcome) => timed(outcome, phases),
        }
    }
}

/// A file of the kernel's.
fn read(path: &std::path::Path) -> Result<String> {
    // Mount points and sources may be any bytes.
    let bytes = std::fs::read(path).map_err(|error| {
        let error = Error::io("check.mount", error);
        let message = format!("{}: {}", path.display(), error.message());
        Error::new(error.kind(), message).with_operation("check.mount").with_source(error)
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests;
