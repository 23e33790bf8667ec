//! The thin layer that does what the machine decides.

use super::machine::{Effect, Event, Machine};
use super::{ListenerReport, ListenerStage};
use crate::channel::{Channel, Way};
use crate::descriptor::{Address, Attempt, Security};
use purlin_core::{Cx, Error, ErrorKind, IoDetail, Outcome, Result, TlsSettings};
use purlin_tls::TlsClient;
use std::io;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const OPERATION: &str = "oracle.listener";
/// As much as any answer has.
const CHUNK: usize = 8192;

pub(super) async fn run(attempt: &Attempt, cx: &Cx, tls: &TlsSettings) -> Result<ListenerReport> {
    let begun = cx.now();
    let mut machine = Machine::new(attempt.clone());
    let mut line =
        Line { cx, security: &attempt.security, settings: tls, tls: None, wire: None, was_tls: false };
    let mut effect = machine.start();
    loop {
        if let Effect::Done(verdict) = effect {
            return Ok(ListenerReport {
                answer: verdict.answer,
                message: verdict.message,
                code: verdict.code,
                protocol: verdict.protocol,
                release: verdict.release,
                endpoint: machine.endpoint().clone(),
                redirects: machine.redirects(),
                elapsed: cx.now().since(begun),
            });
        }
        let done = line.perform(effect).await;
        let event = match done {
            Ok(event) => event,
            Err(error) => meaning(error.with_outcome(Outcome::NotSent).or_endpoint(machine.endpoint()))?,
        };
        effect = machine.step(event);
    }
}

/// What an error says about the listener; those that say nothing about it stay errors.
fn meaning(error: Error) -> Result<Event> {
    let stage = match error.operation() {
        Some("dns.resolve") => ListenerStage::Resolve,
        Some("tcp.connect") => ListenerStage::Connect,
        Some("tls.handshake") => ListenerStage::Tls,
        Some(OPERATION) => ListenerStage::Reply,
        _ => return Err(error),
    };
    match error.kind() {
        ErrorKind::Timeout => Ok(Event::Silent(stage)),
        ErrorKind::Refused if stage == ListenerStage::Connect => {
            let system = error.detail::<IoDetail>().map(|detail| detail.kind);
            Ok(match system == Some(io::ErrorKind::ConnectionRefused) {
                true => Event::Nobody,
                false => Event::NoWay(error.message().to_owned()),
            })
        }
        // The way there has vanished, or somebody on it has cut it.
        ErrorKind::Unavailable | ErrorKind::Refused if stage != ListenerStage::Resolve => {
            Ok(Event::HungUp(stage))
        }
        _ => Err(error),
    }
}

struct Line<'a> {
    cx: &'a Cx,
    security: &'a Security,
    settings: &'a TlsSettings,
    tls: Option<TlsClient>,
    wire: Option<(Way, Channel)>,
    was_tls: bool,
}

impl Line<'_> {
    async fn perform(&mut self, effect: Effect) -> Result<Event> {
        match effect {
            Effect::Dial(address) => self.dial(address).await,
            Effect::Send(bytes) => {
                let (cx, wire) = (self.cx, self.wire()?);
                cx.run(OPERATION, write(wire, &bytes)).await.map(|()| Event::Sent)
            }
            Effect::Reshake => self.reshake().await,
            Effect::Receive => {
                let (cx, wire) = (self.cx, self.wire()?);
                let bytes = cx.run(OPERATION, read(wire)).await?;
                Ok(match bytes.is_empty() {
                    true => Event::HungUp(ListenerStage::Reply),
                    false => Event::Received(bytes),
                })
            }
            Effect::Done(_) => Err(broken()),
        }
    }

    async fn dial(&mut self, address: Address) -> Result<Event> {
        // The one before is closed first: at no time are there two.
        self.wire = None;
        if self.was_tls && !address.tls {
            let message = format!("the listener sends a client with TLS on to {} without", address.endpoint);
            return Err(Error::new(ErrorKind::Tls, message).with_operation("oracle.redirect"));
        }
        self.was_tls = address.tls;
        let tls = if address.tls { Some(self.client().await?) } else { None };
        let way = Way { endpoint: address.endpoint, tls };
        let channel = way.dial(self.cx).await?;
        self.wire = Some((way, channel));
        Ok(Event::Connected)
    }

    async fn reshake(&mut self) -> Result<Event> {
        let (way, channel) = self.wire.take().ok_or_else(broken)?;
        let channel = way.renew(self.cx, channel).await?;
        self.wire = Some((way, channel));
        Ok(Event::Connected)
    }

    /// Certificates are read once, and only where they are needed.
    async fn client(&mut self) -> Result<TlsClient> {
        if let Some(client) = &self.tls {
            return Ok(client.clone());
        }
        let (security, settings) = (self.security.clone(), self.settings.clone());
        let settings = self.cx.run_blocking("oracle.wallet", move |_| security.tls(&settings)).await?;
        let client = TlsClient::load(self.cx, &settings).await?;
        let client = match self.cx.remaining() {
            Some(left) => client.limit(left),
            None => client,
        };
        Ok(self.tls.insert(client).clone())
    }

    fn wire(&mut self) -> Result<&mut Channel> {
        self.wire.as_mut().map(|(_, wire)| wire).ok_or_else(broken)
    }
}

async fn write(channel: &mut Channel, bytes: &[u8]) -> Result<()> {
    channel.write_all(bytes).await.map_err(lost)?;
    channel.flush().await.map_err(lost)
}

/// Nothing: the other side has closed.
async fn read(channel: &mut Channel) -> Result<Vec<u8>> {
    let mut bytes = vec![0; CHUNK];
    let size = channel.read(&mut bytes).await.map_err(lost)?;
    bytes.truncate(size);
    Ok(bytes)
}

fn lost(error: io::Error) -> Error {
    purlin_tls::stream_error(OPERATION, error)
}

fn broken() -> Error {
    Error::new(ErrorKind::Internal, "the probe has lost its connection").with_operation("oracle.probe")
}
