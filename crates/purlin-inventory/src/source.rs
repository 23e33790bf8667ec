//! Where hosts come from.

use crate::Batch;
use async_trait::async_trait;
use purlin_core::{Cx, Result};
use std::fmt;

/// Something that knows hosts: files, a script, a directory, a database.
///
/// A source gives all that it knows at once; there is no call for a single host, so a thousand requests for a thousand
/// hosts cannot be written by accident. purlin-testkit's feature `inventory` has a suite that every source must pass.
///
/// ```
/// use async_trait::async_trait;
/// use purlin_core::{Cx, Result};
/// use purlin_inventory::{Batch, Loader, Source};
/// use std::sync::Arc;
///
/// #[derive(Debug)]
/// struct Racks(Vec<(&'static str, &'static str)>);
///
/// #[async_trait]
/// impl Source for Racks {
///     fn name(&self) -> &str {
///         "racks"
///     }
///
///     async fn fetch(&self, cx: &Cx) -> Result<Batch> {
///         cx.check("racks.fetch")?;
///         let mut batch = Batch::new(self.name());
///         for (name, rack) in &self.0 {
///             let (host, group) = (batch.host(name), batch.group(rack));
///             batch.add_host(group, host);
///         }
///         Ok(batch)
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let racks = Racks(vec![("web01", "r1"), ("web02", "r2"), ("db01", "r1")]);
/// let loaded = Loader::new().add(Arc::new(racks)).load(&Cx::background()).await?;
/// assert_eq!(loaded.inventory.group("r1").unwrap().hosts().len(), 2);
/// # Ok::<(), purlin_core::Error>(())
/// # }).unwrap();
/// ```
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
