//! The listener machine.
