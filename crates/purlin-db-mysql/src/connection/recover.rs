//! Back to a session whose next answer is that of the next statement.

use super::MySqlConnection;
use crate::call;
use crate::line::{Fault, Reply};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use purlin_db::CancelHandle;
use std::time::Duration;

/// How long the rest of an answer is passed over before the statement is cancelled.
const PATIENCE: Duration = Duration::from_millis(50);
/// How many errors may stand in an answer that is passed over: that of the cancellation, and one of its own.
const ERRORS: usize = 3;
/// `ER_QUERY_INTERRUPTED`: what a cancelled statement answers.
const INTERRUPTED: u16 = 1317;

impl MySqlConnection {
    pub(super) async fn bring_into_order(&mut self, cx: &Cx) -> Result<()> {
        self.killer.settle().await;
        let short = cx.with_timeout(PATIENCE);
        let passed = short.run("db.recover", self.pass_over()).await;
        if let Err(error) = passed {
            if !self.line.is_calling() || cx.check("db.recover").is_err() {
                return Err(error);
            }
            let killer = self.killer.clone();
            killer.cancel(cx).await?;
            self.pass_over().await?;
        }
        self.closing.extend(self.line.prepared());
        self.prove().await
    }

    /// Brings what is under way to its end and reads what is left of its answer.
    async fn pass_over(&mut self) -> Result<()> {
        self.line.settle().await;
        for _ in 0..ERRORS {
            match self.line.run(call::ping).await {
                Ok(_) => return Ok(()),
                Err(Fault::Driver(mysql_async::Error::Server(_))) => {}
                Err(fault) => return Err(self.meaning.of(fault)),
            }
        }
        Err(Error::new(ErrorKind::Protocol, "the answer does not end").with_outcome(Outcome::Maybe))
    }

    /// Asks for a value that nobody else can have asked for.
    async fn prove(&mut self) -> Result<()> {
        let nonce = format!("purlin {:016x}", fastrand::u64(..));
        let sql = format!("SELECT '{nonce}'");
        let ask = sql.clone();
        let mut answer = self.line.run(|conn| call::ask(conn, ask)).await;
        // A cancellation that came late.
        if let Err(Fault::Driver(mysql_async::Error::Server(error))) = &answer
            && error.code == INTERRUPTED
        {
            answer = self.line.run(|conn| call::ask(conn, sql)).await;
        }
        match answer {
            Ok(Reply::Text(Some(text))) if text == nonce => Ok(()),
            Ok(_) => {
                let message = "the answer is that of another statement";
                Err(Error::new(ErrorKind::Protocol, message).with_outcome(Outcome::Maybe))
            }
            Err(fault) => Err(self.meaning.of(fault)),
        }
    }
}
