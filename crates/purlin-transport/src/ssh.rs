//! SSH, on russh.

mod agent;
mod auth;
mod cord;
mod guard;
mod keys;
mod limits;
mod link;
mod process;
mod session;
mod settings;
mod slot;
mod way;

pub use settings::{AgentUse, HostKeyTrust, SshSettings};

use crate::running::tell;
use crate::{Host, Session, Transport};
use async_trait::async_trait;
use limits::ConnectLimits;
use purlin_core::{Cx, Error, Outcome, Result};
use session::SshSession;
use slot::Slot;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use way::Way;

/// Hosts over SSH: one connection for each, shared by everybody who holds a session with it, closed when it is idle, and
/// made anew by the next call when it broke.
///
/// Keys of hosts are checked as OpenSSH does it, strictly unless [`HostKeyTrust`] says otherwise; a changed or revoked key
/// is refused whatever it says. TCP is without Nagle's delay, nothing is compressed, a silent link is noticed after about
/// a minute.
///
/// ```no_run
/// use purlin_core::Cx;
/// use purlin_transport::{Command, Host, SessionExt, Ssh, SshSettings, Transport};
///
/// # async fn example() -> purlin_core::Result<()> {
/// let cx = Cx::background();
/// let ssh = Ssh::new(SshSettings::from_home());
/// let host = Host::new("web01.lon").user("deploy").via(Host::new("gate.lon"));
/// let web01 = ssh.connect(&cx, &host).await?;
/// let uptime = web01.run(&cx, &Command::new("uptime")).await?.checked()?;
/// println!("{}", uptime.stdout.line());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Ssh(Arc<Inner>);

pub(crate) struct Inner {
    settings: SshSettings,
    slots: Mutex<HashMap<Way, Arc<Slot>>>,
    limits: ConnectLimits,
}

impl Ssh {
    /// With these settings. Nothing is read or connected yet.
    pub fn new(settings: SshSettings) -> Self {
        let limits = ConnectLimits::new(settings.connects);
        Self(Arc::new(Inner { settings, slots: Mutex::default(), limits }))
    }

    /// The slot of a way, and those of its jump hosts.
    fn slot(&self, way: &Way) -> Arc<Slot> {
        let below = way.via.as_deref().map(|via| self.slot(via));
        let mut slots = self.0.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = slots
            .entry(way.clone())
            .or_insert_with(|| Arc::new(Slot::new(way.clone(), below, &self.0.settings)));
        slot.clone()
    }
}

#[async_trait]
impl Transport for Ssh {
    fn name(&self) -> &'static str {
        "ssh"
    }

    async fn connect(&self, cx: &Cx, host: &Host) -> Result<Arc<dyn Session>> {
        let told = |error: Error| {
            let error = match error.operation() {
                Some(_) => error,
                None => error.with_operation("transport.connect"),
            };
            tell(error.with_outcome(Outcome::NotSent), host, None)
        };
        let cx = cx.with_timeout(crate::CONNECT_LIMIT);
        cx.check("transport.connect")?;
        let way = Way::find(&cx, &self.0.settings, host).await.map_err(told)?;
        let endpoint = way.endpoint.clone();
        let slot = self.slot(&way);
        let linked = cx.run("transport.connect", slot.link(&cx, &self.0)).await;
        linked.map_err(|error| told(error.or_endpoint(&endpoint)))?;
        Ok(Arc::new(SshSession::new(host.clone(), slot, self.0.clone())))
    }
}

impl fmt::Debug for Ssh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ssh").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inner").finish_non_exhaustive()
    }
}
