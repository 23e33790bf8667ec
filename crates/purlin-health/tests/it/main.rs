//! Checks against real servers, and the monitor on a clock that jumps.

mod monitor;
mod pull;
