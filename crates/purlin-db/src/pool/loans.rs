//! Who holds what.

use super::lane::Purpose;
use super::lent::Borrower;
use purlin_core::Instant;
use std::panic::Location;
use std::time::Duration;

#[derive(Debug)]
struct Loan {
    location: &'static Location<'static>,
    purpose: Purpose,
    since: Instant,
    told: bool,
}

/// The loans, each in a slot that goes with its session.
#[derive(Debug, Default)]
pub(super) struct Loans {
    slots: Vec<Option<Loan>>,
    free: Vec<usize>,
}

impl Loans {
    pub(super) fn begins(
        &mut self,
        purpose: Purpose,
        location: &'static Location<'static>,
        since: Instant,
    ) -> usize {
        let loan = Some(Loan { location, purpose, since, told: false });
        match self.free.pop() {
            Some(slot) if slot < self.slots.len() => {
                self.slots[slot] = loan;
                slot
            }
            _ => {
                self.slots.push(loan);
                self.slots.len() - 1
            }
        }
    }

    pub(super) fn ends(&mut self, slot: usize) {
        if let Some(loan) = self.slots.get_mut(slot) {
            *loan = None;
            self.free.push(slot);
        }
    }

    /// Who holds one, the longest first; of one purpose or of all.
    pub(super) fn longest(&self, purpose: Option<Purpose>, now: Instant) -> Vec<Borrower> {
        let loans = self.slots.iter().flatten();
        let loans = loans.filter(|loan| purpose.is_none_or(|purpose| purpose == loan.purpose));
        let mut all: Vec<_> =
            loans.map(|loan| Borrower { location: loan.location, lent_for: now.since(loan.since) }).collect();
        all.sort_by_key(|borrower| std::cmp::Reverse(borrower.lent_for));
        all
    }

    /// Those that are lent for longer than that and were not told yet.
    pub(super) fn leaks(&mut self, limit: Duration, now: Instant) -> Vec<Borrower> {
        let mut leaks = Vec::new();
        for loan in self.slots.iter_mut().flatten() {
            let lent_for = now.since(loan.since);
            if !loan.told && lent_for >= limit {
                loan.told = true;
                leaks.push(Borrower { location: loan.location, lent_for });
            }
        }
        leaks
    }
}
