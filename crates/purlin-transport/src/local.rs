//! This machine, without a network.

mod process;

use crate::fault::invalid;
use crate::{Capabilities, Capability, Host, Launch, Process, Session, Transport};
use async_trait::async_trait;
use process::LocalProcess;
use purlin_core::{Cx, Result};
use std::sync::Arc;

/// Commands and files of this machine, as the user of this program, in its working folder and with its environment.
///
/// Each command is the leader of a process group of its own, which is ended as a whole.
///
/// ```
/// use purlin_core::Cx;
/// use purlin_transport::{Command, Host, Local, SessionExt, Transport};
///
/// # #[cfg(unix)]
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let cx = Cx::background();
/// let here = Local::new().connect(&cx, &Host::new("here")).await?;
/// let output = here.run(&cx, &Command::new("printf").args(["%s|", "a b", "$HOME"])).await?.checked()?;
/// assert_eq!(output.stdout.text(), "a b|$HOME|");
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Local;

impl Local {
    /// This machine.
    pub fn new() -> Self {
        Self
    }
}

#[async_trait]
impl Transport for Local {
    fn name(&self) -> &'static str {
        "local"
    }

    /// Nothing is done yet. A jump host is refused.
    async fn connect(&self, cx: &Cx, host: &Host) -> Result<Arc<dyn Session>> {
        cx.check("transport.connect")?;
        if let Some(jump) = &host.via {
            let message = format!("{host} is this machine, and not reached by way of {jump}");
            return Err(invalid(message).with_operation("transport.connect"));
        }
        Ok(Arc::new(LocalSession { host: host.clone() }))
    }
}

#[derive(Debug)]
struct LocalSession {
    host: Host,
}

#[async_trait]
impl Session for LocalSession {
    fn host(&self) -> &Host {
        &self.host
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities::new()
            .with(Capability::Evaluates)
            .with(Capability::KillsGroup)
            .with(Capability::Reconnects)
            .with(Capability::Shell)
            .with(Capability::Syncs)
    }

    async fn exec(&self, _: &Cx, launch: &Launch) -> Result<Box<dyn Process>> {
        LocalProcess::start(launch)
    }
}
