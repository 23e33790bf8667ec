//! What is known of the addresses, over all searches.

use crate::{Role, WantedRole};
use purlin_core::Instant;
use std::time::Duration;

/// How addresses are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FailoverSettings {
    /// How long an address has to itself before the next one is started.
    pub(crate) head_start: Duration,
    /// How long an address is put back after its first failure; it doubles with each further one.
    pub(crate) deny_base: Duration,
    /// The longest time that an address is put back.
    pub(crate) deny_cap: Duration,
    /// How long a role is believed without asking again.
    pub(crate) role_lasts: Duration,
}

#[derive(Debug, Clone, Default)]
struct Address {
    /// The role that it had last, whether it is still believed or not.
    last: Option<Role>,
    /// The role is believed until then.
    believed_until: Option<Instant>,
    denial: Option<Denial>,
    /// Its resting sessions have to prove themselves.
    distrusted: bool,
}

#[derive(Debug, Clone, Copy)]
struct Denial {
    failed_at: Instant,
    until: Instant,
    failures: u32,
}

/// The addresses of a database in the order of preference, by their index: roles, and the deny list. An address on it
/// comes after all others, but is never left out.
#[derive(Debug)]
pub(crate) struct Book {
    addresses: Vec<Address>,
    settings: FailoverSettings,
    random: fastrand::Rng,
}

impl Book {
    pub(crate) fn new(addresses: usize, settings: FailoverSettings, seed: u64) -> Self {
        Self {
            addresses: vec![Address::default(); addresses],
            settings,
            random: fastrand::Rng::with_seed(seed),
        }
    }

    pub(crate) fn settings(&self) -> &FailoverSettings {
        &self.settings
    }

    /// The order in which a search tries the addresses, each once: first those that had the wanted role last or were
    /// never asked, as they are listed; then those that had another, which may have changed; then those that failed of
    /// late, the one whose failure is longest ago first.
    ///
    /// An address whose denial is over is where it was before. Who comes first tries it alone: it is put back for the
    /// others meanwhile.
    pub(crate) fn order(&self, wanted: WantedRole, now: Instant) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.addresses.len()).collect();
        order.sort_by_key(|index| {
            let address = &self.addresses[*index];
            match address.denial.filter(|denial| denial.until > now) {
                Some(denial) => (2, Some(denial.failed_at)),
                None if address.last.is_none_or(|role| wanted.accepts(role)) => (0, None),
                None => (1, None),
            }
        });
        order
    }

    /// An address is about to be tried.
    pub(crate) fn starts(&mut self, index: usize, now: Instant) {
        let base = self.settings.deny_base;
        let denial = self.addresses.get_mut(index).and_then(|address| address.denial.as_mut());
        if let Some(denial) = denial.filter(|denial| denial.until <= now) {
            denial.until = now.saturating_add(base);
        }
    }

    /// The role, where it is still believed.
    pub(crate) fn role(&self, index: usize, now: Instant) -> Option<Role> {
        let address = self.addresses.get(index)?;
        address.last.filter(|_| address.believed_until.is_some_and(|until| now < until))
    }

    /// An address said what it is.
    pub(crate) fn said(&mut self, index: usize, role: Role, now: Instant) {
        let until = now.saturating_add(self.settings.role_lasts);
        if let Some(address) = self.addresses.get_mut(index) {
            (address.last, address.believed_until) = (Some(role), Some(until));
        }
    }

    /// An address answered: what was held against it is forgotten.
    pub(crate) fn answered(&mut self, index: usize) {
        if let Some(address) = self.addresses.get_mut(index) {
            address.denial = None;
        }
    }

    /// An address failed: it goes on the deny list, or stays there for longer.
    pub(crate) fn failed(&mut self, index: usize, now: Instant) {
        let Some(address) = self.addresses.get_mut(index) else { return };
        let failures = address.denial.map_or(0, |denial| denial.failures);
        let full = self.settings.deny_base.saturating_mul(1 << failures.min(16)).min(self.settings.deny_cap);
        let time = full.mul_f64(0.5 + self.random.f64() / 2.0);
        let denial =
            Denial { failed_at: now, until: now.saturating_add(time), failures: failures.saturating_add(1) };
        address.denial = Some(denial);
        address.believed_until = None;
    }

    /// A new connection was made, so that the server may have changed: its role is asked for again.
    pub(crate) fn connected(&mut self, index: usize) {
        if let Some(address) = self.addresses.get_mut(index) {
            address.believed_until = None;
        }
    }

    /// A session broke, or was refused as not writable: the role is asked for again, and other sessions may be no better.
    pub(crate) fn doubted(&mut self, index: usize) {
        if let Some(address) = self.addresses.get_mut(index) {
            address.believed_until = None;
            address.distrusted = true;
        }
    }

    /// Whether its resting sessions have to prove themselves; said once.
    pub(crate) fn take_distrust(&mut self, index: usize) -> bool {
        self.addresses.get_mut(index).is_some_and(|address| std::mem::take(&mut address.distrusted))
    }

    /// Until when an address comes after the others.
    #[cfg(test)]
    pub(crate) fn denied_until(&self, index: usize) -> Option<Instant> {
        self.addresses[index].denial.map(|denial| denial.until)
    }
}
