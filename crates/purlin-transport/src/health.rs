//! Checks that run on their target: what NRPE and `check_by_ssh` do, over one kept shell a host.

mod batch;
mod way;

pub use way::WayCheck;

use crate::{Become, Exit, Host, Output, SessionExt, Transport};
use crate::{Command, FaultClass, TransportDetail};
use async_trait::async_trait;
use batch::Batch;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use purlin_health::{Check, CheckId, CheckKind, CheckOutcome, OnTarget, Skip, TargetAnswer, TargetQuestion};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a check may take where the call has no deadline.
const LIMIT: Duration = Duration::from_secs(10);
/// How much of an answer is kept: the command lines of some thousand processes.
const KEPT: u64 = 8 * 1024 * 1024;

/// A host with checks that run there. Cheap to clone; clones share the connection and the kept shell.
///
/// - All checks of a host that are due at the same time are asked in one round trip, equal questions once. So that they
///   are due together they have [one place](Check::due_with) in their interval.
/// - What the shell answers is read by the code that reads it on this machine ([`OnTarget`]).
/// - A host that cannot be reached is one problem: that of its [`WayCheck`], on which all its checks hang. They themselves
///   are then skipped, and never failures.
/// - One that does not answer in half of its time is cut off, so that those behind it are asked in time, and from then on
///   it is asked by itself, with all of its time, until it is quick again.
///
/// ```
/// use purlin_core::Cx;
/// use purlin_health::checks::{Disk, Load};
/// use purlin_health::{Check, CheckSet, CheckSpec, Needs, as_plugin};
/// use purlin_transport::{Host, Local, Target};
/// use std::sync::Arc;
///
/// # #[cfg(target_os = "linux")]
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// // `Ssh` in its place reaches real hosts.
/// let web01 = Target::new(Arc::new(Local::new()), Host::new("web01"));
/// let (load, disk) = (web01.check(Load::new())?, web01.check(Disk::at("/")?)?);
///
/// // Both are asked at once.
/// let cx = Cx::background();
/// let (one, other) = tokio::join!(load.run(&cx), disk.run(&cx));
/// assert_eq!((as_plugin(&one, &[]).0, as_plugin(&other, &[]).0), (0, 0));
///
/// let way = web01.way_id();
/// let checks = CheckSet::new()
///     .with(CheckSpec::new(way.clone(), web01.way()))
///     .with(CheckSpec::new("web01/load", load).needs(Needs::check(way.clone())))
///     .with(CheckSpec::new("web01/disk", disk).needs(Needs::check(way)));
/// # assert_eq!(checks.len(), 3);
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Target(Arc<Inner>);

struct Inner {
    transport: Arc<dyn Transport>,
    host: Host,
    elevation: Option<Become>,
    batch: Batch,
}

impl Target {
    /// This host, by this transport. Nothing is connected yet.
    pub fn new(transport: Arc<dyn Transport>, host: Host) -> Self {
        Self(Arc::new(Inner { transport, host, elevation: None, batch: Batch::default() }))
    }

    /// The same with its checks run as somebody else; it shares nothing with this one but the transport.
    #[must_use]
    pub fn with_elevation(&self, elevation: Become) -> Self {
        let (transport, host) = (self.0.transport.clone(), self.0.host.clone());
        Self(Arc::new(Inner { transport, host, elevation: Some(elevation), batch: Batch::default() }))
    }

    /// The host.
    pub fn host(&self) -> &Host {
        &self.0.host
    }

    /// A check that runs there.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] where it can run here only.
    pub fn check(&self, check: impl Check + 'static) -> Result<TargetCheck> {
        self.place(Arc::new(check))
    }

    /// The same for a check that others hold too.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn place(&self, check: Arc<dyn Check>) -> Result<TargetCheck> {
        if check.on_target().is_none() {
            let message = format!("a check of kind {:?} cannot run on its target", check.kind().as_str());
            return Err(Error::new(ErrorKind::Unsupported, message).with_outcome(Outcome::NotSent));
        }
        Ok(TargetCheck { target: self.clone(), check })
    }

    /// The check of the way to the host, which all checks there hang on.
    pub fn way(&self) -> WayCheck {
        WayCheck::new(self.clone())
    }

    /// The name that the check of the way must have: `HOST/transport`.
    pub fn way_id(&self) -> CheckId {
        CheckId::from(format!("{}/transport", self.0.host.name))
    }

    /// In how many round trips its checks were asked so far.
    pub fn round_trips(&self) -> u64 {
        self.0.batch.round_trips()
    }

    /// Asks one by itself, with all the time that it has.
    async fn alone(&self, cx: &Cx, question: &TargetQuestion) -> Result<Output> {
        let session = self.0.transport.connect(cx, &self.0.host).await?;
        let command = Command::new("sh").args(["-c", question.text.as_ref(), "sh"]).args(&question.args);
        session.run(cx, &self.as_whom(command.keep(KEPT))).await
    }

    fn as_whom(&self, command: Command) -> Command {
        match &self.0.elevation {
            Some(elevation) => command.elevated(elevation.clone()),
            None => command,
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target")
            .field("transport", &self.0.transport)
            .field("host", &self.0.host.name)
            .field("elevation", &self.0.elevation)
            .finish_non_exhaustive()
    }
}

/// A check that runs on its [`Target`].
#[derive(Debug, Clone)]
pub struct TargetCheck {
    target: Target,
    check: Arc<dyn Check>,
}

#[async_trait]
impl Check for TargetCheck {
    fn kind(&self) -> CheckKind {
        self.check.kind()
    }

    fn due_with(&self) -> Option<&str> {
        Some(&self.target.0.host.name)
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let cx = if cx.deadline().is_none() { cx.with_timeout(LIMIT) } else { cx.clone() };
        let Some(check) = self.check.on_target() else {
            return CheckOutcome::Prober(Error::new(ErrorKind::Unsupported, "it runs here only"));
        };
        match self.target.0.batch.ask(&cx, &self.target, &check.question()).await {
            Ok(output) if output.stdout.is_cut() => {
                let error = Error::new(ErrorKind::Unsupported, "the target says too much");
                CheckOutcome::Prober(error.with_operation("transport.check"))
            }
            Ok(output) => judged(check, &output),
            Err(error) => self.unanswered(error),
        }
    }
}

fn judged(check: &dyn OnTarget, output: &Output) -> CheckOutcome {
    let code = match &output.exit {
        Exit::Code(code) => *code,
        // As a shell says it.
        Exit::Signal(_) => 137,
    };
    let (stdout, stderr) = (output.stdout.bytes().to_vec(), output.stderr.bytes().to_vec());
    check.judge(&TargetAnswer::new(code, stdout, stderr).took(output.took))
}

impl TargetCheck {
    /// The way there is somebody else's to judge; what ran and did not end is the target's failure.
    fn unanswered(&self, error: Error) -> CheckOutcome {
        let is_slow = error.kind() == ErrorKind::Timeout && error.outcome() != Outcome::NotSent;
        let is_lost = TransportDetail::class_of(&error) == Some(FaultClass::LinkLost);
        match error.kind() {
            ErrorKind::Invalid | ErrorKind::Internal | ErrorKind::Cancelled => CheckOutcome::Prober(error),
            _ if is_slow && !is_lost => batch::too_slow(&error),
            // Its turn did not come in time.
            ErrorKind::Timeout if error.operation() == Some("transport.probe") => CheckOutcome::Prober(error),
            _ => CheckOutcome::Skipped(Skip::Dependency(self.target.way_id())),
        }
    }
}

/// The [`Target`]s of many hosts, each made once. Cheap to clone; clones share.
#[derive(Debug, Clone, Default)]
pub struct Targets(Arc<Mutex<HashMap<String, Target>>>);

impl Targets {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// That of a host by its name, made where it is not known yet.
    pub fn of(&self, name: &str, make: impl FnOnce() -> Target) -> Target {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(name.to_owned()).or_insert_with(make).clone()
    }

    /// That of a host of an inventory, by this transport, as the user that the inventory names.
    #[cfg(feature = "inventory")]
    pub fn reached(&self, transport: Arc<dyn Transport>, reach: &crate::Reach) -> Target {
        self.of(&reach.host.name, || {
            let target = Target::new(transport, reach.host.clone());
            match &reach.elevation {
                Some(elevation) => target.with_elevation(elevation.clone()),
                None => target,
            }
        })
    }
}
