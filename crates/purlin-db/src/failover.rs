//! Which address is asked next: a machine without I/O. [`Database`](crate::Database) does what it says.

mod book;
mod search;
#[cfg(test)]
mod tests;

pub use search::AddressCauses;

pub(crate) use book::{Book, FailoverSettings};
pub(crate) use search::{Effect, Event, Search};
