//! What a pool does with a session between two callers.

use super::{Session, SessionState};
use purlin_core::{Cx, Result};

impl Session {
    /// Brings the session into order: passes over what was left unread, rolls back what is open.
    ///
    /// # Errors
    /// Any: it has to be [abandoned](Self::abandon) then.
    pub(crate) async fn settle(&mut self, cx: &Cx) -> Result<()> {
        self.ready(cx, "db.settle").await?;
        if self.state() == SessionState::InTransaction {
            self.machine.owes(0);
            self.ready(cx, "db.settle").await?;
        }
        Ok(())
    }

    /// Throws the session away, and stops on the server what it may still be doing there.
    pub(crate) async fn abandon(self) {
        let cx = Cx::background().with_timeout(self.limits.cancel);
        if self.state() != SessionState::Closed {
            if let Some(cancel) = self.connection.cancel_handle() {
                // The connection goes in any case.
                let _ = cx.run("db.cancel", cancel.cancel(&cx)).await;
            }
        }
        drop(self.connection);
    }
}
