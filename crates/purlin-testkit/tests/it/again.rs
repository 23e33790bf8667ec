//! Tests that need a process of their own run themselves again.

/// Names the part that a test plays when it was started by itself.
pub(crate) const ROLE: &str = "PURLIN_TESTKIT_ROLE";

/// The part of this process; none in the process that the test runner has started.
pub(crate) fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}
