//! A command over SSH.

use super::link::Link;
use crate::{Event, Exit, FaultClass, Process};
use purlin_core::{Error, Result};
use russh::client::Msg;
use russh::{Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use std::fmt;
use std::future::Future;
use std::io::ErrorKind as Io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::AsyncWrite;
use tokio::sync::OwnedSemaphorePermit;

/// How long the end of a command is asked for that nobody waits for any more.
const LEAVING: Duration = Duration::from_secs(2);
/// How long a signal has to take effect before it is sent again.
const AGAIN: Duration = Duration::from_millis(200);
/// `SSH_EXTENDED_DATA_STDERR` (RFC 4254, 5.2).
const STDERR: u32 = 1;

type Asking = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(super) struct SshProcess {
    /// None once it is left.
    channel: Option<(ChannelReadHalf, Arc<ChannelWriteHalf<Msg>>)>,
    writer: Option<Pin<Box<dyn AsyncWrite + Send>>>,
    asking: Option<Asking>,
    exited: bool,
    /// Whether anything has come from it that a refused request has not.
    begun: bool,
    /// Held for as long as the channel is.
    kept: Option<(OwnedSemaphorePermit, Arc<Link>)>,
}

impl SshProcess {
    pub(super) fn new(channel: Channel<Msg>, permit: OwnedSemaphorePermit, link: Arc<Link>) -> Self {
        let (read, write) = channel.split();
        let writer: Pin<Box<dyn AsyncWrite + Send>> = Box::pin(write.make_writer());
        Self {
            channel: Some((read, Arc::new(write))),
            writer: Some(writer),
            asking: None,
            exited: false,
            begun: false,
            kept: Some((permit, link)),
        }
    }

    fn lost(&self) -> Error {
        let link = self.kept.as_ref().map(|(_, link)| link);
        match link.and_then(|link| link.fate()) {
            Some(why) => crate::running::lost().with_note(why),
            None => crate::running::lost(),
        }
    }

    /// What a message means to whoever reads; none: nothing.
    fn heard(&mut self, message: ChannelMsg) -> Result<Option<Event>> {
        let event = match message {
            ChannelMsg::Data { data } if !data.is_empty() => Event::Stdout(data),
            ChannelMsg::ExtendedData { data, ext: STDERR } if !data.is_empty() => Event::Stderr(data),
            ChannelMsg::ExitStatus { exit_status } => self.exit(Exit::Code(exit_status.cast_signed())),
            ChannelMsg::ExitSignal { signal_name, .. } => self.exit(Exit::Signal(name(&signal_name))),
            ChannelMsg::Failure if !self.begun => {
                return Err(
                    FaultClass::Busy.error("the host does not run commands for this login, or not now")
                );
            }
            ChannelMsg::Success => {
                self.begun = true;
                return Ok(None);
            }
            _ => return Ok(None),
        };
        self.begun = true;
        Ok(Some(event))
    }

    fn exit(&mut self, exit: Exit) -> Event {
        self.exited = true;
        self.writer = None;
        Event::Exited(exit)
    }
}

fn name(signal: &Sig) -> String {
    match signal {
        Sig::Custom(name) => name.clone(),
        known => format!("{known:?}"),
    }
}

impl Process for SshProcess {
    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Event>>> {
        if let Some(asking) = &mut self.asking
            && asking.as_mut().poll(context).is_ready()
        {
            self.asking = None;
        }
        loop {
            let Some((read, _)) = &mut self.channel else { return Poll::Ready(Ok(None)) };
            // A message is taken out or stays: nothing is lost with the future.
            let message = ready!(pin!(read.wait()).poll(context));
            match message {
                Some(message) => {
                    if let Some(event) = self.heard(message)? {
                        return Poll::Ready(Ok(Some(event)));
                    }
                }
                None if self.exited => return Poll::Ready(Ok(None)),
                None => return Poll::Ready(Err(self.lost())),
            }
        }
    }

    fn poll_write(&mut self, context: &mut Context<'_>, input: &[u8]) -> Poll<Result<usize>> {
        let Some(writer) = &mut self.writer else { return Poll::Ready(Ok(0)) };
        match ready!(writer.as_mut().poll_write(context, input)) {
            Ok(count) => Poll::Ready(Ok(count)),
            // Whether the link broke or the command reads no more, its events tell.
            Err(error) if error.kind() == Io::BrokenPipe => {
                self.writer = None;
                Poll::Ready(Ok(0))
            }
            Err(error) => Poll::Ready(Err(Error::io("transport.exec", error))),
        }
    }

    fn poll_close(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        if let Some(writer) = &mut self.writer {
            // That it cannot be told is told by its events.
            let _ = ready!(writer.as_mut().poll_shutdown(context));
            self.writer = None;
        }
        Poll::Ready(Ok(()))
    }

    fn kill(&mut self) {
        if let (Some((_, write)), false, None) = (&self.channel, self.exited, &self.asking) {
            let write = write.clone();
            self.asking = Some(Box::pin(async move {
                // OpenSSH sends it to the whole process group, unless that is only about to be made: so once more.
                while write.signal(Sig::KILL).await.is_ok() {
                    tokio::time::sleep(AGAIN).await;
                }
            }));
        }
    }
}

impl Drop for SshProcess {
    /// Asks the host to end it, and waits for that no longer than 2 s; the connection is kept until then.
    fn drop(&mut self) {
        let (Some((read, write)), Some(kept)) = (self.channel.take(), self.kept.take()) else { return };
        let exited = self.exited;
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let _ = tokio::time::timeout(LEAVING, leave(read, &write, exited)).await;
                drop(kept);
            });
        }
    }
}

async fn leave(mut read: ChannelReadHalf, write: &ChannelWriteHalf<Msg>, exited: bool) {
    let mut over = exited;
    while !over && write.signal(Sig::KILL).await.is_ok() {
        over = loop {
            match tokio::time::timeout(AGAIN, read.wait()).await {
                Ok(Some(ChannelMsg::ExitStatus { .. } | ChannelMsg::ExitSignal { .. }) | None) => break true,
                // It has only begun now.
                Ok(Some(ChannelMsg::Success)) | Err(_) => break false,
                Ok(Some(_)) => {}
            }
        };
    }
    let _ = write.close().await;
    while read.wait().await.is_some() {}
}

impl fmt::Debug for SshProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SshProcess").field("exited", &self.exited).finish_non_exhaustive()
    }
}
