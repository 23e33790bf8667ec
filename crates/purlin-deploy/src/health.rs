//! Gates over checks.

use crate::{After, Baseline, Definition, Gate, HostName, Verdict};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Result, Timestamp, units};
use purlin_health::{Cadence, CheckSet, Monitor, MonitorHandle, Snapshot, State};
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::Mutex;

/// How often the monitor is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// A gate that watches checks for a while: it refuses as soon as one of them is down that was well before the run, and at
/// the end unless each of those has answered since and is well. What was down before is told and not held against the
/// run; its hosts count as out of service.
///
/// A check is about a host where its subject says so (`host NAME`) or its name begins with `NAME/`. One that is about a host
/// that the run has not come to yet is left out.
///
/// ```
/// use purlin_deploy::HealthGate;
/// use purlin_health::CheckSet;
/// use purlin_health::checks::Tcp;
/// use std::time::Duration;
///
/// let checks = CheckSet::new().add("web01/app", Tcp::to("127.0.0.1:8080")?);
/// let gate = HealthGate::new("app", checks).during(Duration::from_secs(60));
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug)]
pub struct HealthGate {
    name: String,
    after: After,
    during: Duration,
    cadence: Cadence,
    checks: CheckSet,
    described: String,
    /// Runs from the baseline on.
    monitor: Mutex<Option<Monitor>>,
}

impl HealthGate {
    /// These checks, for 30 s after each batch. They run every second unless they say otherwise.
    pub fn new(name: impl Into<String>, checks: CheckSet) -> Self {
        let ids: Vec<_> = checks.iter().map(|check| check.id().to_string()).collect();
        Self {
            name: name.into(),
            after: After::Batch,
            during: Duration::from_secs(30),
            cadence: Cadence::every(Duration::from_secs(1)),
            checks,
            described: ids.join(" "),
            monitor: Mutex::new(None),
        }
    }

    /// When it is asked.
    #[must_use]
    pub fn after(mut self, after: After) -> Self {
        self.after = after;
        self
    }

    /// How long all has to be well.
    #[must_use]
    pub fn during(mut self, during: Duration) -> Self {
        self.during = during;
        self
    }

    /// How often checks run that do not say it themselves.
    #[must_use]
    pub fn cadence(mut self, cadence: Cadence) -> Self {
        self.cadence = cadence;
        self
    }

    /// What the checks are, for the plan, where their names do not say it all: the text of their file.
    #[must_use]
    pub fn described(mut self, text: impl Into<String>) -> Self {
        self.described = text.into();
        self
    }

    async fn watched(&self, cx: &Cx) -> Result<MonitorHandle> {
        let mut monitor = self.monitor.lock().await;
        if monitor.is_none() {
            *monitor = Some(Monitor::start(cx, self.checks.clone(), self.cadence.clone()).await?);
        }
        match &*monitor {
            Some(monitor) => Ok(monitor.handle()),
            None => Err(Error::new(ErrorKind::Internal, "the monitor is not there")),
        }
    }

    /// What is to be well: checks of these hosts and of no host, but those that were ill before.
    fn of_interest(
        &self,
        all: Vec<Snapshot>,
        hosts: &BTreeSet<&str>,
        ill: &BTreeSet<String>,
    ) -> Vec<Snapshot> {
        let known: BTreeSet<&str> = self.checks.iter().map(|check| check.id().as_str()).collect();
        let wanted = all.into_iter().filter(|seen| {
            let about = host_of(seen);
            let here = about.as_deref().is_none_or(|host| hosts.contains(host));
            known.contains(seen.id.as_str()) && here && !ill.contains(seen.id.as_str())
        });
        wanted.collect()
    }
}

/// The host that a check is about.
fn host_of(seen: &Snapshot) -> Option<String> {
    if seen.subject.kind.as_str() == "host" {
        return Some(seen.subject.id.to_string());
    }
    seen.id.as_str().split_once('/').map(|(host, _)| host.to_owned())
}

/// Whether the last result came after that moment.
fn is_fresh(seen: &Snapshot, since: Timestamp, now: Timestamp) -> bool {
    seen.age.is_some_and(|age| now.saturating_sub(age) >= since)
}

#[async_trait]
impl Gate for HealthGate {
    fn name(&self) -> &str {
        &self.name
    }

    fn after(&self) -> After {
        self.after
    }

    fn definition(&self) -> Result<Definition> {
        Definition::of(&(units::duration::format(self.during), &self.described))
    }

    async fn baseline(&self, cx: &Cx, _: &[HostName]) -> Result<(Baseline, Vec<HostName>)> {
        if self.checks.is_empty() {
            let message = format!("the gate {:?} has no checks: it would let everything pass", self.name);
            return Err(Error::new(ErrorKind::Invalid, message).with_operation("deploy.gate"));
        }
        let monitor = self.watched(cx).await?;
        monitor.settled(cx).await?;
        let ill: Vec<Snapshot> = monitor.snapshot().into_iter().filter(|seen| !seen.is_up()).collect();
        let down: BTreeSet<HostName> = ill.iter().filter_map(host_of).map(HostName::from).collect();
        let names: BTreeSet<String> = ill.iter().map(|seen| seen.id.to_string()).collect();
        Ok((Baseline::of(&names)?, down.into_iter().collect()))
    }

    async fn judge(&self, cx: &Cx, hosts: &[HostName], baseline: &Baseline) -> Result<Verdict> {
        let ill: BTreeSet<String> = baseline.read().unwrap_or_default();
        let hosts: BTreeSet<&str> = hosts.iter().map(HostName::as_str).collect();
        let monitor = self.watched(cx).await?;
        let began = cx.clock().timestamp();
        let mut late = false;
        loop {
            let now = cx.clock().timestamp();
            let seen = self.of_interest(monitor.snapshot(), &hosts, &ill);
            let down = seen.iter().find(|seen| seen.state == State::Down && is_fresh(seen, began, now));
            if let Some(down) = down {
                return Ok(Verdict::failed(format!("{}: {}", down.id, down.message)));
            }
            if now.since(began) >= self.during {
                let unwell = seen.iter().find(|seen| !seen.is_up() || !is_fresh(seen, began, now));
                match unwell {
                    None => return Ok(Verdict::passed(told(&seen, &ill))),
                    // A check may be about to answer: it has as much time again.
                    Some(_) if !late => late = now.since(began) >= self.during.saturating_mul(2).max(GRACE),
                    Some(unwell) => {
                        return Ok(Verdict::failed(format!(
                            "{} has not been well: {}",
                            unwell.id, unwell.message
                        )));
                    }
                }
            }
            cx.sleep(LOOK).await?;
        }
    }

    fn limit(&self) -> Duration {
        self.during.saturating_mul(3).saturating_add(Duration::from_secs(120))
    }
}

/// However short the window is, checks have that long to answer once.
const GRACE: Duration = Duration::from_secs(30);

fn told(seen: &[Snapshot], ill: &BTreeSet<String>) -> String {
    let before = match ill.len() {
        0 => String::new(),
        count => format!("; {count} were ill before: {}", ill.iter().cloned().collect::<Vec<_>>().join(", ")),
    };
    format!("{} checks are well{before}", seen.len())
}
