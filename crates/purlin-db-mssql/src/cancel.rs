//! Stopping a statement on its own connection.

use crate::wire::Shared;
use async_trait::async_trait;
use purlin_core::{Cx, Result};
use purlin_db::CancelHandle;
use std::pin::pin;
use std::sync::Arc;

/// Asks the wire to write an attention, which whoever waits for the answer then does.
#[derive(Debug)]
pub(crate) struct Cancel {
    pub(crate) shared: Arc<Shared>,
}

#[async_trait]
impl CancelHandle for Cancel {
    async fn cancel(&self, cx: &Cx) -> Result<()> {
        let written = async {
            loop {
                let mut changed = pin!(self.shared.changed.notified());
                changed.as_mut().enable();
                if !self.shared.interrupt() {
                    return Ok(());
                }
                changed.await;
            }
        };
        cx.run("db.cancel", written).await
    }
}
