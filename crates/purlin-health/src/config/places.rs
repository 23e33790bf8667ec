//! Where the checks of a file run that are to run on their target.

use crate::{Check, CheckSpec};
use purlin_core::Result;
use purlin_inventory::Host;
use std::fmt;
use std::sync::Arc;

/// A check that runs on its target, and the check of the way there, on which it hangs.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Placed {
    /// The check.
    pub check: Arc<dyn Check>,
    /// That of the way; the same for all checks of a host.
    pub way: CheckSpec,
}

impl Placed {
    /// A check that hangs on this one.
    pub fn new(check: impl Check + 'static, way: CheckSpec) -> Self {
        Self { check: Arc::new(check), way }
    }
}

/// What runs checks on hosts: a transport. Any function of this form is one.
///
/// ```
/// use purlin_health::config::{Placed, Places};
/// use purlin_health::{Check, CheckSpec};
/// use purlin_inventory::Host;
/// use std::sync::Arc;
///
/// // With `Target` of purlin-transport in place of the check itself.
/// # use purlin_health::fake::FakeCheck;
/// # use purlin_health::{CheckOutcome, Evidence, Status};
/// # let way = || FakeCheck::new(|| CheckOutcome::Answered(Evidence::new(Status::Ok, "fine")));
/// let places = |host: Host<'_>, check: Arc<dyn Check>| -> purlin_core::Result<Placed> {
///     # let _ = check;
///     # let check = way();
///     Ok(Placed::new(check, CheckSpec::new(format!("{}/transport", host.name()), way())))
/// };
/// let places: &dyn Places = &places;
/// # assert_eq!(format!("{places:?}"), "Places");
/// ```
pub trait Places: Send + Sync {
    /// The same check, run on that host.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`](purlin_core::ErrorKind::Unsupported) where it cannot run there; those of the host's way.
    fn place(&self, host: Host<'_>, check: Arc<dyn Check>) -> Result<Placed>;
}

impl<F: Fn(Host<'_>, Arc<dyn Check>) -> Result<Placed> + Send + Sync> Places for F {
    fn place(&self, host: Host<'_>, check: Arc<dyn Check>) -> Result<Placed> {
        self(host, check)
    }
}

impl fmt::Debug for dyn Places + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Places")
    }
}
