//! Checks against real servers, and the scheduler on a simulated clock.
