//! Where hosts come from.

use crate::Batch;
use async_trait::async_trait;
use purlin_core::{Cx, Result};
use std::fmt;

/// Something that knows hosts: files, a script, a directory, a database.
///
/// A source gives all that it knows at once; there is no call for a single host, so a thousand requests for a thousand
/// hosts cannot be written by accident.
#[async_trait]
pub trait Source: Send + Sync + fmt::Debug {
    /// What messages and origins call it: a path, a URL, a word.
    fn name(&self) -> &str;

    /// Fetches everything.
    ///
    /// # Errors
    /// When the source cannot be reached or read: never an empty batch instead. Faults of its content are
    /// [diagnostics](Batch::report) of the batch, all of one pass.
    async fn fetch(&self, cx: &Cx) -> Result<Batch>;
}
