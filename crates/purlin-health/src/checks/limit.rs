//! What a run may take where nobody said.

use purlin_core::Cx;
use std::time::Duration;

/// The default limit of a check.
const DEFAULT: Duration = Duration::from_secs(10);

/// The same call, with the default limit where it has no deadline: nothing waits for ever.
pub(super) fn limited(cx: &Cx) -> Cx {
    if cx.deadline().is_some() { cx.clone() } else { cx.with_timeout(DEFAULT) }
}
