//! What is to be deployed, how and where: what a plan is made of.

use crate::{Gate, HostName, Rollout, Step, StepId, Target};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// A step in its place.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Node {
    /// Its name.
    pub id: StepId,
    /// What it does; none for one that only [closes](Node::closing).
    pub step: Option<Arc<dyn Step>>,
    /// The step whose [obligation](Step::obligation) it closes.
    pub closes: Option<StepId>,
    /// Steps that come before it, beside the one written before it.
    pub after: Vec<StepId>,
    /// It is done only where one of these steps changed something in the run; in any case where there are none.
    pub on_change: Vec<StepId>,
    /// Whether one host does it for all.
    pub once: bool,
    /// Whether all hosts of the batch have to come this far before one goes on.
    pub barrier: bool,
    /// How often it is tried again, where its [effect](Step::effect) allows that.
    pub retries: u32,
    /// How long each call may take. 10 minutes unless set.
    pub timeout: Duration,
}

impl Node {
    fn bare(id: StepId, step: Option<Arc<dyn Step>>, closes: Option<StepId>) -> Self {
        let timeout = Duration::from_secs(600);
        let (after, on_change) = (Vec::new(), Vec::new());
        Self { id, step, closes, after, on_change, once: false, barrier: false, retries: 0, timeout }
    }

    /// A step under that name.
    pub fn new(id: impl Into<StepId>, step: impl Step + 'static) -> Self {
        Self::shared(id, Arc::new(step))
    }

    /// The same for a step that others hold too.
    pub fn shared(id: impl Into<StepId>, step: Arc<dyn Step>) -> Self {
        Self::bare(id.into(), Some(step), None)
    }

    /// The place where the obligation of an earlier step is closed, such as the return to the balancer.
    pub fn closing(id: impl Into<StepId>, of: impl Into<StepId>) -> Self {
        Self::bare(id.into(), None, Some(of.into()))
    }

    /// It comes after that step, wherever that is written.
    #[must_use]
    pub fn after(mut self, step: impl Into<StepId>) -> Self {
        self.after.push(step.into());
        self
    }

    /// It is done only where that step, or another one named so, changed something in the run.
    #[must_use]
    pub fn on_change(mut self, step: impl Into<StepId>) -> Self {
        self.on_change.push(step.into());
        self
    }

    /// One host does it for all: the first one that comes to it; the others wait.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.once = true;
        self
    }

    /// No host of a batch begins it before all have come this far.
    #[must_use]
    pub fn barrier(mut self) -> Self {
        self.barrier = true;
        self
    }

    /// How often it is tried again, where its effect allows that.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// How long each call may take.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

/// Where what is deployed comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Origin {
    /// The revision, as its version control names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// When it was committed: where lead time begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed_at: Option<purlin_core::Timestamp>,
    /// The file that the deployment was read from, as its user named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its text, so that a run can be resumed from the journal alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The sources that its hosts were read from, as its user named them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inventory: Vec<String>,
}

/// What is to be deployed, how and where.
///
/// ```
/// use purlin_deploy::{Deployment, Node, Rollout, steps};
///
/// let deployment = Deployment::named("map 42")
///     .node(Node::new("conf", steps::File::new("/etc/map.conf", "port = {{ port }}\n")))
///     .step("reload", steps::Command::always(["systemctl", "reload", "map"], "it reads its file anew"))
///     .rollout(Rollout::canary(1).then_percent(25).then_rest().accept_irreversible("a reload does no harm"));
/// assert_eq!(deployment.nodes.len(), 2);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Deployment {
    /// What people call it: the release that hosts have after it.
    pub name: String,
    /// Its steps, in the order in which they are written.
    pub nodes: Vec<Node>,
    /// What must hold between batches.
    pub gates: Vec<Arc<dyn Gate>>,
    /// How it goes over its hosts.
    pub rollout: Rollout,
    /// Its hosts, in the order in which they take turns.
    pub targets: Vec<Target>,
    /// Where it comes from.
    pub origin: Origin,
    /// The folder on each host that holds what a run leaves there as evidence; as its user and root need it unless set.
    pub evidence: Option<String>,
}

impl Deployment {
    /// A deployment of that name that does nothing nowhere yet.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            nodes: Vec::new(),
            gates: Vec::new(),
            rollout: Rollout::all(),
            targets: Vec::new(),
            origin: Origin::default(),
            evidence: None,
        }
    }

    /// Then this step.
    #[must_use]
    pub fn step(self, id: impl Into<StepId>, step: impl Step + 'static) -> Self {
        self.node(Node::new(id, step))
    }

    /// Then this one, with all that is said about it.
    #[must_use]
    pub fn node(mut self, node: Node) -> Self {
        self.nodes.push(node);
        self
    }

    /// What must hold between batches.
    #[must_use]
    pub fn gate(mut self, gate: impl Gate + 'static) -> Self {
        self.gates.push(Arc::new(gate));
        self
    }

    /// How it goes over its hosts.
    #[must_use]
    pub fn rollout(mut self, rollout: Rollout) -> Self {
        self.rollout = rollout;
        self
    }

    /// To this host.
    #[must_use]
    pub fn target(mut self, target: Target) -> Self {
        self.targets.push(target);
        self
    }

    /// To these hosts.
    #[must_use]
    pub fn targets(mut self, targets: impl IntoIterator<Item = Target>) -> Self {
        self.targets.extend(targets);
        self
    }

    /// Where it comes from.
    #[must_use]
    pub fn origin(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }

    /// The folder on each host for evidence.
    #[must_use]
    pub fn evidence(mut self, folder: impl Into<String>) -> Self {
        self.evidence = Some(folder.into());
        self
    }

    pub(crate) fn target_of(&self, host: &HostName) -> Option<&Target> {
        self.targets.iter().find(|target| target.name == *host)
    }

    pub(crate) fn node_of(&self, step: &StepId) -> Option<&Node> {
        self.nodes.iter().find(|node| node.id == *step)
    }
}
