//! From an address to a session: resolve, connect, shake hands, log in, and again where the server sends one on.

use crate::Client;
use crate::browser;
use crate::channel::{Channel, Envelope};
use crate::prelogin::{Encryption, Prelogin, exchange};
use crate::settings::{Encrypted, Settings};
use crate::wire::{Shared, Wire};
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result, TlsSettings, net};
use purlin_tls::TlsClient;
use std::future::poll_fn;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::pin::pin;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tracing::dispatcher::{Dispatch, with_default};

/// How often a server may send a session on: once is what availability groups do.
const HOPS: usize = 3;

/// A session that is logged in.
pub(crate) struct Dialled {
    pub(crate) client: Client,
    pub(crate) shared: Arc<Shared>,
}

/// The caller's time bounds all of it.
pub(crate) async fn dial(settings: &Settings, cx: &Cx, endpoint: &Endpoint) -> Result<Dialled> {
    let mut at = endpoint.clone();
    let mut instance = settings.instance.as_deref();
    let mut seen = Vec::new();
    loop {
        let port = match instance {
            Some(name) => Some(instance_port(settings, cx, &at, name).await?),
            None => None,
        };
        if let (Some(port), Some(host)) = (port, at.host()) {
            at = Endpoint::new(host, port)?;
        }
        let onwards = match log_in(settings, cx, &at, instance).await? {
            Login::Done(dialled) => return Ok(*dialled),
            Login::Onwards(onwards) => onwards,
        };
        if seen.len() >= HOPS || onwards == at || seen.contains(&onwards) {
            let message = format!("the server sends the session on to {onwards}, and no server takes it");
            return Err(Error::new(ErrorKind::Unavailable, message)
                .with_operation("db.redirect")
                .with_outcome(Outcome::NotSent)
                .with_endpoint(at));
        }
        seen.push(std::mem::replace(&mut at, onwards));
        instance = None;
    }
}

enum Login {
    Done(Box<Dialled>),
    /// The server wants it to be had there.
    Onwards(Endpoint),
}

async fn log_in(settings: &Settings, cx: &Cx, at: &Endpoint, instance: Option<&str>) -> Result<Login> {
    let config = settings.config(cx, at).await.map_err(|error| error.or_endpoint(at))?;
    let stream = connect(settings, cx, at).await?;
    let unsent = |error: Error| error.with_outcome(Outcome::NotSent).or_endpoint(at);
    let (channel, prelogin) = secure(settings, cx, at, stream, instance).await.map_err(unsent)?;
    if instance.is_some() && prelogin.is_other_instance {
        let message = format!("another instance than {} listens there", instance.unwrap_or_default());
        return Err(unsent(Error::new(ErrorKind::NotFound, message).with_operation("db.login")));
    }
    let shared = Arc::new(Shared::new());
    let wire = Wire::new(channel, shared.clone(), prelogin.for_driver());
    let connecting = Client::connect(config, wire);
    let connected = match settings.encrypted {
        Encrypted::Clear => connecting.await,
        _ => quietly(connecting).await,
    };
    match connected {
        Ok(client) => Ok(Login::Done(Box::new(Dialled { client, shared }))),
        Err(tiberius::error::Error::Routing { host, port }) => {
            // `SERVER\INSTANCE`: the port says which instance it is.
            let host = host.split('\\').next().unwrap_or_default();
            Ok(Login::Onwards(Endpoint::new(host, port).map_err(unsent)?))
        }
        Err(error) => Err(settings.meanings.of_login(error, &shared).or_endpoint(at)),
    }
}

/// The driver does not see that its stream is encrypted, and would warn of a password in the clear.
async fn quietly<F: Future>(future: F) -> F::Output {
    let (nobody, mut future) = (Dispatch::none(), pin!(future));
    poll_fn(|context| with_default(&nobody, || future.as_mut().poll(context))).await
}

/// Ends TLS and does the first exchange, in the order that the mode wants.
async fn secure(
    settings: &Settings,
    cx: &Cx,
    at: &Endpoint,
    mut stream: TcpStream,
    instance: Option<&str>,
) -> Result<(Channel, Prelogin)> {
    match &settings.encrypted {
        Encrypted::Clear => {
            let prelogin = exchange(&mut stream, Encryption::NotSupported, instance).await?;
            if matches!(prelogin.encryption, Encryption::On | Encryption::Required) {
                let message = "the server insists on TLS: leave danger_no_tls out";
                return Err(Error::new(ErrorKind::Denied, message).with_operation("db.login"));
            }
            Ok((Channel::Plain(stream), prelogin))
        }
        Encrypted::Within(tls) => {
            let client = tls_client(cx, tls).await?;
            let prelogin = exchange(&mut stream, Encryption::On, instance).await?;
            if matches!(prelogin.encryption, Encryption::Off | Encryption::NotSupported) {
                let message = "the server offers no TLS, and nothing is sent to it in the clear";
                return Err(Error::new(ErrorKind::Tls, message).with_operation("tls.handshake"));
            }
            let mut stream = client.handshake(cx, at, Envelope::new(stream)).await?;
            stream.get_mut().0.open();
            Ok((Channel::Within(Box::new(stream)), prelogin))
        }
        Encrypted::Around(tls) => {
            let client = tls_client(cx, tls).await?;
            let mut stream = client.handshake(cx, at, stream).await?;
            let prelogin = exchange(&mut stream, Encryption::Required, instance).await?;
            Ok((Channel::Around(Box::new(stream)), prelogin))
        }
    }
}

async fn tls_client(cx: &Cx, tls: &TlsSettings) -> Result<TlsClient> {
    purlin_tls::ensure_provider();
    TlsClient::load(cx, tls).await
}

async fn connect(settings: &Settings, cx: &Cx, at: &Endpoint) -> Result<TcpStream> {
    if !settings.at_once {
        return Ok(net::dial(cx, at).await?.stream);
    }
    let addresses = resolve(cx, at).await?;
    let mut race = JoinSet::new();
    for address in addresses {
        let cx = cx.clone();
        race.spawn(async move {
            let address = Endpoint::new(&address.ip().to_string(), address.port())?;
            net::dial(&cx, &address).await
        });
    }
    let mut first = None;
    while let Some(ended) = race.join_next().await {
        match ended {
            Ok(Ok(dialled)) => return Ok(dialled.stream),
            Ok(Err(error)) => first = first.or(Some(error)),
            Err(error) => {
                let gone = Error::new(ErrorKind::Internal, "a dialling task ended").with_source(error);
                first = first.or(Some(gone.with_operation("tcp.connect")));
            }
        }
    }
    let error = first.unwrap_or_else(|| Error::new(ErrorKind::Unresolved, "the name has no address"));
    Err(error.with_outcome(Outcome::NotSent).with_endpoint(at.clone()))
}

async fn instance_port(settings: &Settings, cx: &Cx, at: &Endpoint, name: &str) -> Result<u16> {
    let mut addresses = resolve(cx, at).await?;
    addresses.iter_mut().for_each(|address| address.set_port(settings.browser_port));
    browser::port(cx, &addresses, name, at).await
}

/// All addresses of a name, in the order of the system.
async fn resolve(cx: &Cx, at: &Endpoint) -> Result<Vec<SocketAddr>> {
    const OPERATION: &str = "dns.resolve";
    let (host, port) = (at.host().unwrap_or_default().to_owned(), at.port().unwrap_or_default());
    let unresolved =
        || Error::new(ErrorKind::Unresolved, "the name has no address").with_operation(OPERATION);
    let lookup = move |_: &Cx| match (host.as_str(), port).to_socket_addrs() {
        Ok(found) => Ok(found.collect::<Vec<_>>()),
        Err(error) => Err(unresolved().with_source(error)),
    };
    let found = cx.run_blocking(OPERATION, lookup).await;
    let found = found.and_then(|found| match found.is_empty() {
        true => Err(unresolved()),
        false => Ok(found),
    });
    found.map_err(|error| error.with_outcome(Outcome::NotSent).or_endpoint(at))
}
