//! A session over SSH.

use super::Inner;
use super::process::SshProcess;
use super::slot::Slot;
use crate::{Capabilities, Capability, FaultClass, Host, Launch, Process, Session, TransportDetail};
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Error, Outcome, Result};
use std::sync::Arc;
use std::time::Duration;

/// OpenSSH counts a command that has ended until it next tidies up, so that a quick client meets its limit without having
/// reached it: the first wait before it is asked again, and the one at which the host is busy in earnest.
const PATIENCE: Duration = Duration::from_millis(10);
const ENOUGH: Duration = Duration::from_millis(640);

#[derive(Debug)]
pub(super) struct SshSession {
    host: Host,
    slot: Arc<Slot>,
    inner: Arc<Inner>,
}

impl SshSession {
    pub(super) fn new(host: Host, slot: Arc<Slot>, inner: Arc<Inner>) -> Self {
        Self { host, slot, inner }
    }
}

#[async_trait]
impl Session for SshSession {
    fn host(&self) -> &Host {
        &self.host
    }

    fn endpoint(&self) -> Option<&Endpoint> {
        Some(&self.slot.way().endpoint)
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::new()
            .with(Capability::Evaluates)
            .with(Capability::KillsGroup)
            .with(Capability::Reconnects)
            .with(Capability::Shell)
            .with(Capability::Syncs)
    }

    async fn exec(&self, cx: &Cx, launch: &Launch) -> Result<Box<dyn Process>> {
        let permit = self.slot.room(cx).await?;
        let (mut again, mut patience) = (true, PATIENCE);
        loop {
            let link = self
                .slot
                .link(cx, &self.inner)
                .await
                .map_err(|error| error.with_outcome(Outcome::NotSent))?;
            match link.channel().await {
                Ok(channel) => {
                    let sent = channel.exec(true, launch.shell_line()).await;
                    let process = SshProcess::new(channel, permit, link);
                    sent.map_err(|error| not_sent(&error))?;
                    return Ok(Box::new(process));
                }
                // It broke while nobody looked, and nothing was asked over it: the next one is as good.
                Err(error) if again && TransportDetail::class_of(&error) == Some(FaultClass::LinkLost) => {
                    self.slot.forget(&link).await;
                    again = false;
                }
                Err(error)
                    if patience < ENOUGH && TransportDetail::class_of(&error) == Some(FaultClass::Busy) =>
                {
                    cx.sleep(patience).await?;
                    patience *= 2;
                }
                Err(error) => return Err(error),
            }
        }
    }
}

fn not_sent(error: &russh::Error) -> Error {
    FaultClass::LinkLost.error(format!("the link broke: {error}")).with_outcome(Outcome::NotSent)
}
