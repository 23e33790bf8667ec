//! Faults on the way to a host, for tests of what is built on transports.

use crate::files::{FileRead, FileReply, FileRequest, ReadFile, WriteFile, Written};
use crate::running::lost;
use crate::{Capabilities, Event, FaultClass, Host, Launch, Process, Session, Transport};
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Error, Outcome, Result};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::AsyncWrite;

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChaosFault {
    /// Nothing.
    None,
    /// It comes that much later.
    Delay(Duration),
    /// The host takes no further command.
    Busy,
    /// The link breaks before anything is done.
    CutBefore,
    /// The link breaks when it is done: the effect is there, and no answer.
    CutAfter,
    /// So many bytes of standard output come, then the link breaks. Of calls for files, as [`CutAfter`](Self::CutAfter).
    Truncate(u64),
}

/// A transport with faults on the way: each call of its sessions takes one from a list, and goes well when the list is
/// empty.
///
/// ```
/// use purlin_core::{Cx, Outcome};
/// use purlin_transport::fake::FakeTransport;
/// use purlin_transport::{Chaos, ChaosFault, Host, Session, SessionExt, Transport, WriteFile};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let transport = FakeTransport::new();
/// let web01 = transport.host("web01");
/// let chaos = Chaos::new(transport).with([ChaosFault::CutAfter]);
///
/// let cx = Cx::background();
/// let session = chaos.connect(&cx, &Host::new("web01")).await?;
/// let error = session.write(&cx, &WriteFile::new("/map.conf", "x")).await.unwrap_err();
/// assert_eq!(error.outcome(), Outcome::Maybe);
/// assert_eq!(web01.content("/map.conf").unwrap(), b"x");
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Chaos {
    inner: Arc<dyn Transport>,
    faults: Faults,
}

type Faults = Arc<Mutex<VecDeque<ChaosFault>>>;

impl Chaos {
    /// That transport, without a fault so far.
    pub fn new(inner: impl Transport + 'static) -> Self {
        Self { inner: Arc::new(inner), faults: Faults::default() }
    }

    /// With these faults, one for each call to come, behind those that are there.
    #[must_use]
    pub fn with(self, faults: impl IntoIterator<Item = ChaosFault>) -> Self {
        self.add(faults);
        self
    }

    /// Adds faults.
    pub fn add(&self, faults: impl IntoIterator<Item = ChaosFault>) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).extend(faults);
    }
}

#[async_trait]
impl Transport for Chaos {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    async fn connect(&self, cx: &Cx, host: &Host) -> Result<Arc<dyn Session>> {
        let inner = self.inner.connect(cx, host).await?;
        Ok(Arc::new(ChaosSession { inner, faults: self.faults.clone() }))
    }
}

#[derive(Debug)]
struct ChaosSession {
    inner: Arc<dyn Session>,
    faults: Faults,
}

impl ChaosSession {
    /// The fault of this call, where it is not over with it already.
    async fn fault(&self, cx: &Cx) -> Result<ChaosFault> {
        let fault = self.faults.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        match fault.unwrap_or(ChaosFault::None) {
            ChaosFault::Delay(time) => cx.sleep(time).await.map(|()| ChaosFault::None),
            ChaosFault::Busy => Err(FaultClass::Busy.error("the host takes no further command")),
            ChaosFault::CutBefore => Err(self.told(lost().with_outcome(Outcome::NotSent))),
            fault => Ok(fault),
        }
    }

    fn after<T>(&self, fault: ChaosFault, result: Result<T>) -> Result<T> {
        match fault {
            ChaosFault::CutAfter | ChaosFault::Truncate(_) => Err(self.told(lost())),
            _ => result,
        }
    }

    fn told(&self, error: Error) -> Error {
        crate::running::tell(error, self.inner.host(), self.inner.endpoint())
    }
}

#[async_trait]
impl Session for ChaosSession {
    fn host(&self) -> &Host {
        self.inner.host()
    }

    fn endpoint(&self) -> Option<&Endpoint> {
        self.inner.endpoint()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn exec(&self, cx: &Cx, launch: &Launch) -> Result<Box<dyn Process>> {
        let fault = self.fault(cx).await?;
        let inner = self.inner.exec(cx, launch).await?;
        let left = match fault {
            ChaosFault::CutAfter => None,
            ChaosFault::Truncate(bytes) => Some(bytes),
            _ => return Ok(inner),
        };
        Ok(Box::new(Cut { inner, left }))
    }

    async fn read(
        &self,
        cx: &Cx,
        request: &ReadFile,
        into: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> Result<FileRead> {
        let fault = self.fault(cx).await?;
        let result = self.inner.read(cx, request, into).await;
        self.after(fault, result)
    }

    async fn write(&self, cx: &Cx, request: &WriteFile) -> Result<Written> {
        let fault = self.fault(cx).await?;
        let result = self.inner.write(cx, request).await;
        self.after(fault, result)
    }

    async fn file(&self, cx: &Cx, request: &FileRequest) -> Result<FileReply> {
        let fault = self.fault(cx).await?;
        let result = self.inner.file(cx, request).await;
        self.after(fault, result)
    }
}

/// A command whose link breaks: before its exit is told, or after so many bytes of output.
#[derive(Debug)]
struct Cut {
    inner: Box<dyn Process>,
    left: Option<u64>,
}

impl Process for Cut {
    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Event>>> {
        let event = ready!(self.inner.poll_event(context))?;
        Poll::Ready(match (event, &mut self.left) {
            (Some(Event::Stdout(bytes)), Some(left)) if *left > 0 => {
                let kept = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left -= kept as u64;
                Ok(Some(Event::Stdout(bytes.slice(..kept))))
            }
            (Some(event @ Event::Stderr(_)), _) | (Some(event @ Event::Stdout(_)), None) => Ok(Some(event)),
            _ => Err(lost()),
        })
    }

    fn poll_write(&mut self, context: &mut Context<'_>, input: &[u8]) -> Poll<Result<usize>> {
        self.inner.poll_write(context, input)
    }

    fn poll_close(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        self.inner.poll_close(context)
    }

    fn kill(&mut self) {
        self.inner.kill();
    }
}
