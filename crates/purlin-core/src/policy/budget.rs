//! How many retries all calls together may cause.

/// A retry budget: each call earns a share of a retry, on top of a reserve. When everything fails, the load on what
/// is failing grows by the share instead of by a multiple (B. Beyer et al., "Site Reliability Engineering",
/// chapter 21, where the per-client budget is 10 %).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budget {
    /// Retries earned per 100 calls; 20 by default.
    pub percent: u32,
    /// Retries that may be used before any is earned, and the most that can be saved up; 10 by default.
    pub reserve: u32,
}

impl Budget {
    /// So many retries per 100 calls.
    pub fn percent(percent: u32) -> Self {
        Self { percent, reserve: 10 }
    }

    /// Retries that may be used before any is earned, and the most that can be saved up.
    #[must_use]
    pub fn reserve(mut self, reserve: u32) -> Self {
        self.reserve = reserve;
        self
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::percent(20)
    }
}

/// The state of a [`Budget`], in hundredths of a retry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    budget: Budget,
    hundredths: u64,
}

impl Tokens {
    /// A full reserve.
    pub fn new(budget: Budget) -> Self {
        Self { budget, hundredths: 100 * u64::from(budget.reserve) }
    }

    /// A call begins: it earns its share, up to the reserve (or one retry, if the reserve is smaller).
    pub fn earn(&mut self) {
        let most = 100 * u64::from(self.budget.reserve.max(1));
        self.hundredths = (self.hundredths + u64::from(self.budget.percent)).min(most);
    }

    /// Whether a retry can be paid for.
    pub fn is_enough(&self) -> bool {
        self.hundredths >= 100
    }

    /// Pays for a retry; false, and nothing is paid, when it cannot be.
    pub fn take(&mut self) -> bool {
        let enough = self.is_enough();
        if enough {
            self.hundredths -= 100;
        }
        enough
    }
}
