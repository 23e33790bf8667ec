//! Makes plans and runs them.

use crate::{Deployment, Entry, Holder, HostRelease, Journal, Plan, Redactor, RunId};
use purlin_core::{Cx, Result};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

type OnEntry = Arc<dyn Fn(&Entry) + Send + Sync>;

/// Makes plans and runs them, with a journal. Cheap to clone.
#[derive(Clone)]
#[non_exhaustive]
pub struct Deployer {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) holder: Holder,
    pub(crate) redactor: Redactor,
    pub(crate) hosts_at_once: usize,
    pub(crate) lease: Duration,
    pub(crate) listen: Duration,
    pub(crate) leaves: bool,
    pub(crate) told: Option<OnEntry>,
}

/// How a run ended, or that it waits.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RunReport {
    /// The run.
    pub run: RunId,
    /// How it ended; none where it waits for a person and its lease is parked.
    pub ending: Option<crate::Ending>,
    /// Why, where it did not succeed.
    pub why: String,
    /// What each host has now.
    pub hosts: Vec<HostRelease>,
}

impl Deployer {
    /// With that journal, for whoever answers for its runs.
    pub fn new(journal: Arc<dyn Journal>, holder: Holder) -> Self {
        Self {
            journal,
            holder,
            redactor: Redactor::new(),
            hosts_at_once: 50,
            lease: Duration::from_secs(60),
            listen: Duration::from_millis(500),
            leaves: false,
            told: None,
        }
    }

    /// How many hosts are worked on at once, whatever the batches say. 50 unless set.
    #[must_use]
    pub fn hosts_at_once(mut self, hosts: usize) -> Self {
        self.hosts_at_once = hosts.max(1);
        self
    }

    /// How long a lease holds without being renewed, which is done after a third of it. 60 s unless set.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// How often the journal is asked what people told the run. 500 ms unless set.
    #[must_use]
    pub fn listen(mut self, every: Duration) -> Self {
        self.listen = every;
        self
    }

    /// Leaves a run that waits for a person, with its lease parked, instead of waiting with it.
    #[must_use]
    pub fn leave_when_waiting(mut self) -> Self {
        self.leaves = true;
        self
    }

    /// Tells each entry once it is durable, from the task that drives the run: so it should be quick.
    #[must_use]
    pub fn on_entry(mut self, told: impl Fn(&Entry) + Send + Sync + 'static) -> Self {
        self.told = Some(Arc::new(told));
        self
    }

    /// What knows the secrets that were resolved.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Looks at every host, and says what a run would do. Nothing is changed.
    ///
    /// # Errors
    /// [`Invalid`](purlin_core::ErrorKind::Invalid) with all faults of the deployment as [`Diagnostics`](purlin_core::Diagnostics); those of
    /// the hosts that cannot be reached, and those of the journal, which says what a rollback can go back to.
    pub async fn plan(&self, cx: &Cx, deployment: &Deployment) -> Result<Plan> {
        crate::plan::make(self, cx, deployment).await
    }

    /// Does what a plan says.
    ///
    /// # Errors
    /// [`Conflict`](purlin_core::ErrorKind::Conflict) for a plan that is spent, naming its run, for hosts that somebody else deploys to, naming
    /// who, and for a plan of another deployment; those of the journal. How the run ended is none of them.
    pub async fn apply(&self, cx: &Cx, deployment: &Deployment, plan: &Plan) -> Result<RunReport> {
        crate::driver::apply(self, cx, deployment, plan).await
    }

    /// Tells a run what to do, from any process that can write its journal: whoever drives it hears that soon.
    ///
    /// # Errors
    /// [`NotFound`](purlin_core::ErrorKind::NotFound) for a run that is not there; those of the journal.
    pub async fn tell(&self, cx: &Cx, run: &RunId, control: crate::Control, reason: &str) -> Result<()> {
        let (by, reason) = (self.holder.operator.clone(), self.redactor.redact(reason));
        let told = vec![crate::Record::Told { control, by, reason }];
        self.journal.append(cx, run, crate::Author::Person, told).await.map(drop)
    }

    /// Takes the right to drive a run away from its holder, whom it shows as it was; none where nobody had it. A live one
    /// is refused unless forced. That is written down with the reason.
    ///
    /// # Errors
    /// [`Conflict`](purlin_core::ErrorKind::Conflict) while it is live, naming the holder; those of the journal.
    pub async fn unlock(
        &self,
        cx: &Cx,
        run: &RunId,
        force: crate::Force,
        reason: &str,
    ) -> Result<Option<crate::Lease>> {
        let held = self.journal.lease(cx, run, crate::LeaseRequest::Show).await?;
        self.journal.lease(cx, run, crate::LeaseRequest::Break { force }).await?;
        match self.tell(cx, run, crate::Control::Unlock, reason).await {
            // It ended before it began: there is nothing to write it into.
            Err(error) if error.kind() == purlin_core::ErrorKind::NotFound => Ok(held),
            told => told.map(|()| held),
        }
    }

    /// Takes the locks that a run has left on the hosts away, for a run that nobody will resume; gives the hosts where that
    /// could not be done.
    ///
    /// # Errors
    /// [`Conflict`](purlin_core::ErrorKind::Conflict) while somebody drives the run; those of the journal.
    pub async fn unlock_hosts(
        &self,
        cx: &Cx,
        deployment: &Deployment,
        run: &RunId,
    ) -> Result<Vec<(crate::HostName, purlin_core::Error)>> {
        crate::driver::unlock(self, cx, deployment, run).await
    }

    /// Goes on with a run that was left, paused or cut off.
    ///
    /// # Errors
    /// Those of [`apply`](Self::apply); [`NotFound`](purlin_core::ErrorKind::NotFound) for a run that is not there.
    pub async fn resume(&self, cx: &Cx, deployment: &Deployment, run: &RunId) -> Result<RunReport> {
        crate::driver::resume(self, cx, deployment, run).await
    }
}

impl fmt::Debug for Deployer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deployer")
            .field("journal", &self.journal)
            .field("holder", &self.holder)
            .finish_non_exhaustive()
    }
}
