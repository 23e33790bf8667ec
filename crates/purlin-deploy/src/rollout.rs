//! How a deployment goes over its hosts.

use crate::span;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Some hosts of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Amount {
    /// So many.
    Count(u32),
    /// So many of a hundred, rounded down.
    Percent(u32),
    /// All that are left.
    Rest,
}

impl Amount {
    /// How many of that many, at least `least` and at most all.
    pub fn of(self, total: usize, least: usize) -> usize {
        let wanted = match self {
            Self::Count(count) => usize::try_from(count).unwrap_or(usize::MAX),
            Self::Percent(percent) => {
                let percent = usize::try_from(percent).unwrap_or(usize::MAX);
                total.saturating_mul(percent) / 100
            }
            Self::Rest => total,
        };
        wanted.max(least).min(total)
    }
}

/// What happens to what was changed already when a run fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rollback {
    /// It stays. Obligations are closed all the same.
    None,
    /// The hosts that failed go back.
    Host,
    /// All hosts of the batch go back.
    Batch,
    /// All hosts of the run go back.
    #[default]
    Run,
}

/// In which order steps and hosts take turns within a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Order {
    /// Each host goes through its steps without waiting for others.
    #[default]
    HostMajor,
    /// No host begins a step before all hosts of the batch have done the one before it.
    LockStep,
}

/// Who lets a run go on after its canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Promotion {
    /// The gates; where there are none it goes on.
    #[default]
    Gate,
    /// A person, after the gates.
    Person,
}

/// The first hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Canary {
    /// How many.
    pub count: u32,
    /// In each failure domain of that kind, such as `site`; else in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<String>,
}

/// How a deployment goes over its hosts: a canary, then batches, with limits, and what happens when it fails.
///
/// ```
/// use purlin_deploy::{Rollback, Rollout};
/// use std::time::Duration;
///
/// let rollout = Rollout::canary(1).then_percent(25).then_rest().by("site").soak(Duration::from_secs(60));
/// assert_eq!(rollout.rollback, Rollback::Run);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Rollout {
    /// The first hosts; none where the batches begin at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
    /// How large the batches after it are; the last size counts on until all hosts are done.
    pub batches: Vec<Amount>,
    /// A kind of failure domain that no batch after the canary mixes: the batches are counted in each of them, one domain
    /// after the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// What goes back when it fails.
    pub rollback: Rollback,
    /// How hosts take turns.
    pub order: Order,
    /// Who lets it go on after the canary.
    pub promotion: Promotion,
    /// How many hosts may be out of service at once: those that are worked on, that failed, that cannot be reached, and
    /// that were down before. As many as a batch has unless set; a percentage is one of all hosts, rounded down, at least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<Amount>,
    /// How many hosts of a batch may fail before the run does. 0 unless set.
    pub max_failed_batch: Amount,
    /// How many hosts may fail before the run does. 0 unless set.
    pub max_failed: Amount,
    /// How long each batch is left alone before the next one.
    #[serde(with = "span")]
    pub soak: Duration,
    /// How long nothing may come about before the run fails. 15 minutes unless set.
    #[serde(with = "span")]
    pub progress: Duration,
    /// Why steps that cannot be undone may run ahead of a batch that no gate guards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept_irreversible: Option<String>,
}

impl Rollout {
    /// All hosts at once.
    pub fn all() -> Self {
        Self {
            canary: None,
            batches: Vec::new(),
            by: None,
            rollback: Rollback::default(),
            order: Order::default(),
            promotion: Promotion::default(),
            max_unavailable: None,
            max_failed_batch: Amount::Count(0),
            max_failed: Amount::Count(0),
            soak: Duration::ZERO,
            progress: Duration::from_secs(15 * 60),
            accept_irreversible: None,
        }
    }

    /// So many hosts first, then the others.
    pub fn canary(count: u32) -> Self {
        Self { canary: Some(Canary { count, per: None }), ..Self::all() }
    }

    /// So many hosts of each failure domain of that kind first, then the others.
    pub fn canary_per(domain: impl Into<String>, count: u32) -> Self {
        Self { canary: Some(Canary { count, per: Some(domain.into()) }), ..Self::all() }
    }

    /// Then a batch of so many.
    #[must_use]
    pub fn then(mut self, amount: Amount) -> Self {
        self.batches.push(amount);
        self
    }

    /// Then a batch of so many of a hundred of all hosts.
    #[must_use]
    pub fn then_percent(self, percent: u32) -> Self {
        self.then(Amount::Percent(percent))
    }

    /// Then all that are left.
    #[must_use]
    pub fn then_rest(self) -> Self {
        self.then(Amount::Rest)
    }

    /// The kind of failure domain that no batch mixes.
    #[must_use]
    pub fn by(mut self, domain: impl Into<String>) -> Self {
        self.by = Some(domain.into());
        self
    }

    /// What goes back when it fails.
    #[must_use]
    pub fn rollback(mut self, rollback: Rollback) -> Self {
        self.rollback = rollback;
        self
    }

    /// How hosts take turns.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Who lets it go on after the canary.
    #[must_use]
    pub fn promotion(mut self, promotion: Promotion) -> Self {
        self.promotion = promotion;
        self
    }

    /// How many hosts may be out of service at once.
    #[must_use]
    pub fn max_unavailable(mut self, amount: Amount) -> Self {
        self.max_unavailable = Some(amount);
        self
    }

    /// How many hosts of a batch may fail before the run does.
    #[must_use]
    pub fn max_failed_batch(mut self, amount: Amount) -> Self {
        self.max_failed_batch = amount;
        self
    }

    /// How many hosts may fail before the run does.
    #[must_use]
    pub fn max_failed(mut self, amount: Amount) -> Self {
        self.max_failed = amount;
        self
    }

    /// How long each batch is left alone before the next one.
    #[must_use]
    pub fn soak(mut self, soak: Duration) -> Self {
        self.soak = soak;
        self
    }

    /// How long nothing may come about before the run fails.
    #[must_use]
    pub fn progress(mut self, progress: Duration) -> Self {
        self.progress = progress;
        self
    }

    /// Why steps that cannot be undone may run ahead of a batch that no gate guards.
    #[must_use]
    pub fn accept_irreversible(mut self, reason: impl Into<String>) -> Self {
        self.accept_irreversible = Some(reason.into());
        self
    }
}
