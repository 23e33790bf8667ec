//! One connection that has logged in.

use super::auth;
use super::cord::{Cord, Knife, Owner};
use super::guard::{Fate, Guard, Refusal};
use super::keys::HostKeys;
use super::settings::SshSettings;
use super::way::Way;
use crate::FaultClass;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result, net};
use russh::client::{Config, Handle, Msg};
use russh::{AlgorithmKind, Channel, ChannelOpenFailure};
use std::fmt;
use std::io::ErrorKind as Io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// How often a host is asked again that hangs up before it has said who it is: one that has too many who are about to log
/// in does that (`MaxStartups`).
const ATTEMPTS: u32 = 4;

pub(crate) struct Link {
    handle: Handle<Guard>,
    _owner: Owner,
    fate: Fate,
    /// The connection that this one goes through.
    _below: Option<Arc<Link>>,
}

impl Link {
    pub(super) async fn connect(
        cx: &Cx,
        way: &Way,
        settings: &SshSettings,
        below: Option<Arc<Self>>,
    ) -> Result<Self> {
        let mut attempt = 1;
        loop {
            match Self::attempt(cx, way, settings, below.clone()).await {
                Err(error) if is_turned_away(&error) && attempt < ATTEMPTS => {
                    let patience = u64::from(attempt) * fastrand::u64(100..400);
                    cx.sleep(Duration::from_millis(patience)).await?;
                    attempt += 1;
                }
                result => return result.map_err(|error| error.or_endpoint(&way.endpoint)),
            }
        }
    }

    async fn attempt(cx: &Cx, way: &Way, settings: &SshSettings, below: Option<Arc<Self>>) -> Result<Self> {
        let keys = HostKeys::load(cx, way, settings.trust).await?;
        let (owner, fate) = (Owner::default(), Fate::default());
        let greeted = match &below {
            None => {
                let stream = net::dial(cx, &way.endpoint).await?.stream;
                Self::greet(cx, stream, owner.knife(), keys, settings, fate.clone()).await
            }
            Some(jump) => {
                let stream = jump.tunnel(way).await?;
                Self::greet(cx, stream, owner.knife(), keys, settings, fate.clone()).await
            }
        };
        let mut link = Self { handle: greeted?, _owner: owner, fate, _below: below };
        cx.run("ssh.login", auth::log_in(cx, &mut link.handle, way, settings)).await?;
        Ok(link)
    }

    async fn greet<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
        cx: &Cx,
        stream: S,
        knife: Knife,
        keys: HostKeys,
        settings: &SshSettings,
        fate: Fate,
    ) -> Result<Handle<Guard>> {
        let config = Config {
            preferred: keys.preferred(),
            keepalive_interval: Some(settings.keepalive),
            keepalive_max: 3,
            nodelay: true,
            ..Config::default()
        };
        let guard = Guard::new(keys, fate);
        let stream = Cord::new(stream, knife);
        let greeting = russh::client::connect_stream(Arc::new(config), stream, guard);
        let greeting = async { greeting.await.map_err(of_greeting) };
        let greeted = cx.run("ssh.handshake", greeting).await;
        greeted.map_err(|error| error.with_outcome(Outcome::NotSent))
    }

    /// A connection to another host through this one.
    async fn tunnel(&self, to: &Way) -> Result<impl AsyncRead + AsyncWrite + Unpin + Send + 'static> {
        let (host, port) = (to.endpoint.host().unwrap_or_default(), to.endpoint.port().unwrap_or(22));
        let opened = self.handle.channel_open_direct_tcpip(host, u32::from(port), "127.0.0.1", 0).await;
        match opened {
            Ok(channel) => Ok(channel.into_stream()),
            Err(russh::Error::ChannelOpenFailure(ChannelOpenFailure::ConnectFailed)) => {
                Err(Error::new(ErrorKind::Refused, "the jump host cannot connect to it")
                    .with_operation("ssh.jump"))
            }
            Err(russh::Error::ChannelOpenFailure(ChannelOpenFailure::AdministrativelyProhibited)) => {
                let message = "the jump host does not allow it (AllowTcpForwarding)";
                Err(Error::new(ErrorKind::Denied, message)
                    .with_operation("ssh.jump")
                    .with_outcome(Outcome::NotSent))
            }
            Err(error) => Err(self.of_channel(&error).with_operation("ssh.jump")),
        }
    }

    pub(super) fn is_gone(&self) -> bool {
        self.handle.is_closed()
    }

    /// Why it ended, in words.
    pub(super) fn fate(&self) -> Option<String> {
        self.fate.told()
    }

    /// A channel for one command.
    pub(super) async fn channel(&self) -> Result<Channel<Msg>> {
        self.handle.channel_open_session().await.map_err(|error| self.of_channel(&error))
    }

    fn of_channel(&self, error: &russh::Error) -> Error {
        if let russh::Error::ChannelOpenFailure(reason) = error {
            let message = format!("the host takes no further command on this connection ({reason:?})");
            return FaultClass::Busy.error(message);
        }
        let why = self.fate().unwrap_or_else(|| error.to_string());
        FaultClass::LinkLost
            .error(format!("the link broke before the command was sent: {why}"))
            .with_outcome(Outcome::NotSent)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("is_gone", &self.is_gone()).finish_non_exhaustive()
    }
}

fn is_turned_away(error: &Error) -> bool {
    crate::TransportDetail::class_of(error) == Some(FaultClass::Busy)
}

fn of_greeting(refusal: Refusal) -> Error {
    let error = match refusal {
        Refusal::Key(error) => return error,
        Refusal::Russh(error) => error,
    };
    let error = match error {
        russh::Error::NoCommonAlgo { kind: AlgorithmKind::Key, theirs, .. } => return no_common_key(&theirs),
        russh::Error::NoCommonAlgo { kind, theirs, .. } => {
            let message = format!("no {kind:?} algorithm in common; the host has {}", theirs.join(", "));
            Error::new(ErrorKind::Unsupported, message)
        }
        russh::Error::Disconnect | russh::Error::HUP => return hung_up(),
        russh::Error::IO(error) => match error.kind() {
            Io::UnexpectedEof | Io::ConnectionReset | Io::BrokenPipe => return hung_up(),
            _ => Error::io("ssh.handshake", error),
        },
        russh::Error::Version => Error::new(ErrorKind::Protocol, "it is no SSH server"),
        other => Error::new(ErrorKind::Protocol, other.to_string()),
    };
    error.with_operation("ssh.handshake").with_outcome(Outcome::NotSent)
}

fn hung_up() -> Error {
    let message =
        "the host hung up before it said who it is: too many are about to log in, or it turns us away";
    FaultClass::Busy.error(message).with_operation("ssh.handshake")
}

fn no_common_key(theirs: &[String]) -> Error {
    let has = theirs.join(", ");
    let only_rsa = theirs.iter().all(|name| name.contains("rsa") || name.contains("dss"));
    let message = match (only_rsa, cfg!(feature = "ssh-rsa")) {
        (true, false) => format!(
            "the host has only {has}, and RSA is switched off: feature `ssh-rsa` switches it on, whose signatures leak by \
             their timing (RUSTSEC-2023-0071); better give the host an Ed25519 key"
        ),
        _ => format!("the host has no kind of key that we know: {has}"),
    };
    FaultClass::KeyNotSupported.error(message).with_operation("ssh.handshake")
}
