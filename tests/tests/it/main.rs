//! Tests that cross crates.

mod copy_out;
mod packages;
mod providers;
