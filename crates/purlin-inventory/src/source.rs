//! Where hosts come from.

use crate::Batch;
use async_trait::async_trait;
use purlin_core::{Cx, Result};
use std::fmt;

/// Something that knows hosts: files, a script, a directory, a database.
///
/// A source gives all that it knows at once; there is no call for a single host, so a thousand requests for a thousand
/// hosts cannot be written by accident.
///
/// A source of your own is a few lines:
///
/// ```
/// use purlin_core::{Cx, Result};
/// use purlin_inventory::{Batch, Loader, Source};
///
/// #[derive(Debug)]
/// struct Cmdb(Vec<(&'static str, &'static str)>);
///
/// #[async_trait::async_trait]
/// impl Source for Cmdb {
///     fn name(&self) -> &str {
///         "cmdb"
///     }
///
///     async fn fetch(&self, _cx: &Cx) -> Result<Batch> {
///         let mut batch = Batch::new(self.name());
///         for (name, site) in &self.0 {
///             let (group, host) = (batch.group(site), batch.host(name));
///             batch.add_host(group, host);
///             batch.set_host_var(host, "site", *site);
///         }
///         Ok(batch)
///     }
/// }
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let cmdb = Cmdb(vec![("web1", "lon"), ("db1", "ams")]);
/// let loaded = Loader::new().add(std::sync::Arc::new(cmdb)).load(&Cx::background()).await?;
/// assert_eq!(loaded.inventory.group("lon").unwrap().hosts().len(), 1);
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
