//! Makes plans and runs them.

use crate::{Deployment, Entry, Holder, HostRelease, Journal, Plan, Redactor, RunId};
use purlin_core::{Cx, Error, ErrorKind, Result};
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
    /// [`ErrorKind::Invalid`] with all faults of the deployment as [`Diagnostics`](purlin_core::Diagnostics); those of
    /// the hosts that cannot be reached.
    pub async fn plan(&self, cx: &Cx, deployment: &Deployment) -> Result<Plan> {
        crate::plan::make(self, cx, deployment).await
    }

    /// Does what a plan says.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] for a plan that is spent, naming its run, for hosts that somebody else deploys to, naming
    /// who, and for a plan of another deployment; those of the journal. How the run ended is none of them.
    pub async fn apply(&self, cx: &Cx, deployment: &Deployment, plan: &Plan) -> Result<RunReport> {
        let _ = (cx, deployment, plan);
        Err(Error::new(ErrorKind::Unsupported, "runs come with the next commit"))
    }

    /// Goes on with a run that was left, paused or cut off.
    ///
    /// # Errors
    /// Those of [`apply`](Self::apply); [`ErrorKind::NotFound`] for a run that is not there.
    pub async fn resume(&self, cx: &Cx, deployment: &Deployment, run: &RunId) -> Result<RunReport> {
        let _ = (cx, deployment, run);
        Err(Error::new(ErrorKind::Unsupported, "runs come with the next commit"))
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
