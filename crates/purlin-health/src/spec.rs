//! Checks, declared.

use crate::{Cadence, Check, CheckId, CheckKind, Group, Needs, Range};
use purlin_core::Subject;
use std::sync::Arc;
use std::time::Duration;

/// Thresholds for a measurement, instead of those that the check brings.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Rule {
    /// The measurement's name.
    pub measurement: String,
    /// Where a warning begins.
    pub warning: Option<Range>,
    /// Where it is critical.
    pub critical: Option<Range>,
}

impl Rule {
    /// A rule for this measurement that raises no alarm yet.
    pub fn on(measurement: impl Into<String>) -> Self {
        Self { measurement: measurement.into(), warning: None, critical: None }
    }

    /// Sets where a warning begins.
    #[must_use]
    pub fn warning(mut self, range: Range) -> Self {
        self.warning = Some(range);
        self
    }

    /// Sets where it is critical.
    #[must_use]
    pub fn critical(mut self, range: Range) -> Self {
        self.critical = Some(range);
        self
    }
}

/// Where the results of a check come from.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// The monitor runs it.
    Active(Arc<dyn Check>),
    /// Somebody reports; after this time without a report it is stale.
    Passive(Duration),
}

/// What few checks have, behind one pointer: a monitor may hold 100,000 of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Extras {
    pub(crate) rules: Vec<Rule>,
    pub(crate) needs: Option<Needs>,
    pub(crate) subject: Option<Subject>,
    pub(crate) runbook: Option<String>,
    pub(crate) is_reference: bool,
    pub(crate) groups: Vec<Group>,
}

/// One check with all that is said about it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CheckSpec {
    pub(crate) id: CheckId,
    pub(crate) work: Work,
    pub(crate) cadence: Option<Arc<Cadence>>,
    pub(crate) extras: Option<Box<Extras>>,
}

impl CheckSpec {
    /// A check that the monitor runs. It is about itself until [`subject`](Self::subject) says what it is about.
    pub fn new(id: impl Into<CheckId>, check: impl Check + 'static) -> Self {
        Self::of(id.into(), Work::Active(Arc::new(check)))
    }

    /// The same for a check that others hold too.
    pub fn shared(id: impl Into<CheckId>, check: Arc<dyn Check>) -> Self {
        Self::of(id.into(), Work::Active(check))
    }

    /// A check whose results somebody reports; `ttl` after the last report it is stale, and then unknown.
    pub fn passive(id: impl Into<CheckId>, ttl: Duration) -> Self {
        Self::of(id.into(), Work::Passive(ttl))
    }

    fn of(id: CheckId, work: Work) -> Self {
        Self { id, work, cadence: None, extras: None }
    }

    fn with(mut self, change: impl FnOnce(&mut Extras)) -> Self {
        change(self.extras.get_or_insert_default());
        self
    }

    /// Sets how often it runs and what makes an outage. Default: the monitor's.
    #[must_use]
    pub fn cadence(mut self, cadence: Cadence) -> Self {
        self.cadence = Some(Arc::new(cadence));
        self
    }

    /// Adds thresholds; a later rule on the same measurement replaces an earlier one.
    #[must_use]
    pub fn rule(self, rule: Rule) -> Self {
        self.with(|extras| {
            extras.rules.retain(|known| known.measurement != rule.measurement);
            extras.rules.push(rule);
        })
    }

    /// Sets what it hangs on.
    #[must_use]
    pub fn needs(self, needs: Needs) -> Self {
        self.with(|extras| extras.needs = Some(needs))
    }

    /// Sets what it is about: a host, a service. Its labels go with every event.
    #[must_use]
    pub fn subject(self, subject: Subject) -> Self {
        self.with(|extras| extras.subject = Some(subject))
    }

    /// Sets the page to open when it fails: an address, told with every alarm.
    #[must_use]
    pub fn runbook(self, address: impl Into<String>) -> Self {
        self.with(|extras| extras.runbook = Some(address.into()))
    }

    /// Makes it a reference: something that is sure to be well while the monitor's own network is, such as the gateway.
    /// While all references fail at once the monitor doubts itself and confirms no outage.
    #[must_use]
    pub fn reference(self) -> Self {
        self.with(|extras| extras.is_reference = true)
    }

    /// Puts it into a group that somebody asks for as one: see [`Group`]. Everything is in [`Group::Deep`].
    #[must_use]
    pub fn group(self, group: Group) -> Self {
        self.with(|extras| extras.groups.push(group))
    }

    /// Its name.
    pub fn id(&self) -> &CheckId {
        &self.id
    }

    /// What it hangs on.
    pub fn hangs_on(&self) -> Option<&Needs> {
        self.extras.as_ref().and_then(|extras| extras.needs.as_ref())
    }

    /// The sort of it; none where somebody reports.
    pub fn kind(&self) -> Option<CheckKind> {
        match &self.work {
            Work::Active(check) => Some(check.kind()),
            Work::Passive(_) => None,
        }
    }

    /// How often it runs and what makes an outage; none where that is the monitor's to say.
    pub fn own_cadence(&self) -> Option<&Cadence> {
        self.cadence.as_deref()
    }

    /// Its thresholds.
    pub fn rules(&self) -> &[Rule] {
        self.extras.as_ref().map_or(&[], |extras| &extras.rules)
    }

    /// The page to open when it fails.
    pub fn runbook_address(&self) -> Option<&str> {
        self.extras.as_ref().and_then(|extras| extras.runbook.as_deref())
    }

    /// What it is about.
    pub fn about(&self) -> Subject {
        about(&self.id, self.extras.as_deref())
    }
}

/// What a check is about: itself, where nobody said.
pub(crate) fn about(id: &CheckId, extras: Option<&Extras>) -> Subject {
    let own = extras.and_then(|extras| extras.subject.clone());
    own.unwrap_or_else(|| Subject::new("check", id.as_str()))
}

/// Checks that belong together: what a monitor watches.
#[derive(Debug, Clone, Default)]
pub struct CheckSet(pub(crate) Vec<CheckSpec>);

impl CheckSet {
    /// No checks yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a check with nothing else to say about it.
    #[must_use]
    pub fn add(self, id: impl Into<CheckId>, check: impl Check + 'static) -> Self {
        self.with(CheckSpec::new(id, check))
    }

    /// Adds a check.
    #[must_use]
    pub fn with(mut self, spec: CheckSpec) -> Self {
        self.0.push(spec);
        self
    }

    /// How many they are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &CheckSpec> {
        self.0.iter()
    }
}
