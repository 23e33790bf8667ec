//! Peers to check, and what every run must keep to.

use super::udp::{Play, UdpPeer};
use super::{CheckEnd, CheckPeer, CheckSubject, CheckWire};
use crate::{Accept, Fault, FaultProxy, Leaks, ReservedPort};
use purlin_core::{Cx, Error};
use purlin_health::{Check, CheckOutcome, Measurement, Phases};
use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, getsockname, listen, socket_with};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

/// What a run may take that is to end by itself: no case passes because of it.
const AMPLE: Duration = Duration::from_secs(30);

/// What a run may take that is to end by its deadline.
const SHORT: Duration = Duration::from_millis(1500);

/// How long what a run held may take to go.
const GONE: Duration = Duration::from_secs(5);

/// How long a byte of an answer takes that drips: far longer than all of it may.
const DRIP: Duration = Duration::from_millis(200);

/// What is wrong.
pub(super) struct Complaint(pub(super) String);

/// How a case ends.
pub(super) type Case = std::result::Result<(), Complaint>;

impl From<Error> for Complaint {
    fn from(error: Error) -> Self {
        Self(format!("{error:#}"))
    }
}

impl From<String> for Complaint {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// A peer, and where it is.
pub(super) enum Peer {
    Port(ReservedPort),
    Hole(BlackHole),
    Proxy(FaultProxy),
    Udp(UdpPeer),
}

impl Peer {
    pub(super) fn address(&self) -> SocketAddr {
        match self {
            Self::Port(port) => port.address(),
            Self::Hole(hole) => hole.address,
            Self::Proxy(proxy) => proxy.address(),
            Self::Udp(peer) => peer.address(),
        }
    }
}

pub(super) struct Stage<'s> {
    pub(super) subject: &'s dyn CheckSubject,
}

impl<'s> Stage<'s> {
    pub(super) fn new(subject: &'s dyn CheckSubject) -> Self {
        Self { subject }
    }

    /// What the cases of this subject need: its wire, its server, and each peer of whom it expects something.
    pub(super) fn abilities(&self) -> Vec<&'static str> {
        let (wire, server) = (self.subject.wire(), self.subject.server());
        let mut abilities = vec![wire.name()];
        abilities.extend(server.map(|_| "server"));
        if server.is_some() || wire == CheckWire::None {
            abilities.push("good");
        }
        if self.waits_for(CheckPeer::Silent) {
            abilities.push("waits");
        }
        let plays = |peer: &CheckPeer| {
            let has_server = server.is_some() || !peer.needs_server();
            peer.is_on(wire) && has_server && !self.subject.expects(*peer).is_empty()
        };
        abilities.extend(CheckPeer::ALL.into_iter().filter(plays).map(CheckPeer::name));
        abilities
    }

    /// Whether only its deadline ends a run at this peer.
    pub(super) fn waits_for(&self, peer: CheckPeer) -> bool {
        self.subject.expects(peer).iter().any(CheckEnd::is_late)
    }

    /// Where somebody is whom the check likes.
    pub(super) fn home(&self) -> SocketAddr {
        // Nobody is at port 1; only a check that goes nowhere is given it.
        self.subject.server().unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 1)))
    }

    /// A bad peer; with an offset where its badness begins there.
    pub(super) fn peer(&self, peer: CheckPeer, offset: u64) -> std::result::Result<Peer, Complaint> {
        if self.subject.wire() == CheckWire::Udp {
            let play = match peer {
                CheckPeer::Refuses => Play::Refuse,
                CheckPeer::Silent => Play::Nothing,
                CheckPeer::Garbage => Play::Noise,
                _ => Play::Cut(self.home(), usize::try_from(offset).unwrap_or(usize::MAX)),
            };
            return Ok(Peer::Udp(UdpPeer::start(play)?));
        }
        match peer {
            CheckPeer::Refuses => return Ok(Peer::Port(ReservedPort::new()?)),
            CheckPeer::BlackHole => return Ok(Peer::Hole(BlackHole::new()?)),
            _ => {}
        }
        let proxy = FaultProxy::start(self.home())?;
        match peer {
            CheckPeer::Closes => proxy.to_client([Fault::cut()]),
            CheckPeer::Resets => proxy.to_client([Fault::reset()]),
            CheckPeer::Garbage => proxy.to_client([Fault::garbage().seed(7)]),
            CheckPeer::Half => proxy.to_client([Fault::cut().at(offset)]),
            CheckPeer::Stalls => proxy.to_client([Fault::stall().at(offset)]),
            CheckPeer::Drips => proxy.to_client([Fault::pieces(1), Fault::delay(DRIP)]),
            _ => proxy.accept(Accept::Ignore)?,
        }
        Ok(Peer::Proxy(proxy))
    }

    /// Runs a check that is to end in one of these ways, by its own deadline where that is one of them.
    pub(super) async fn ends(&self, check: &dyn Check, expected: &[CheckEnd]) -> Case {
        let limit = if expected.iter().any(CheckEnd::is_late) { SHORT } else { AMPLE };
        let outcome = check.run(&Cx::background().with_timeout(limit)).await;
        let end = CheckEnd::of(&outcome);
        if !expected.contains(&end) {
            let expected: Vec<_> = expected.iter().map(ToString::to_string).collect();
            return Err(format!("expected {}, got {end}: {outcome:?}", expected.join(" or ")).into());
        }
        sound(&outcome)
    }

    /// Runs a check of a good target.
    pub(super) async fn likes(&self, check: &dyn Check) -> Case {
        let outcome = check.run(&ample()).await;
        sound(&outcome)?;
        match CheckEnd::of(&outcome) {
            CheckEnd::Answered(purlin_health::Status::Ok) => Ok(()),
            _ => Err(format!("a good target is not found good: {outcome:?}").into()),
        }
    }

    pub(super) fn check(&self, at: SocketAddr) -> std::result::Result<Arc<dyn Check>, Complaint> {
        Ok(self.subject.check(at)?)
    }
}

/// A context for a run that is to end by itself.
pub(super) fn ample() -> Cx {
    Cx::background().with_timeout(AMPLE)
}

/// Waits until no more is held than at the start; the runtime goes on meanwhile.
pub(super) async fn nothing_left(leaks: &Leaks) -> Case {
    let settled = async {
        loop {
            match leaks.check() {
                Ok(()) => return,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    match tokio::time::timeout(GONE, settled).await {
        Ok(()) => Ok(()),
        Err(_) => Ok(leaks.check()?),
    }
}

/// What is held now; it does not wait by itself.
pub(super) fn leaks() -> std::result::Result<Leaks, Complaint> {
    Ok(Leaks::start()?.within(Duration::ZERO))
}

/// What every outcome keeps to: words for people, numbers with names of their own, the failed step among the steps.
fn sound(outcome: &CheckOutcome) -> Case {
    let (message, measurements, phases) = match outcome {
        CheckOutcome::Answered(evidence) => (&evidence.message, &evidence.measurements, &evidence.phases),
        CheckOutcome::Failed(failure) => (&failure.message, &failure.measurements, &failure.phases),
        _ => return Ok(()),
    };
    if message.trim().is_empty() || message.contains('\n') {
        return Err(format!("the message is not one line: {message:?}").into());
    }
    if let CheckOutcome::Failed(failure) = outcome
        && failure.phases.get(failure.phase).is_none()
    {
        return Err(format!("{:?} failed and is not among the steps {phases:?}", failure.phase).into());
    }
    numbers_are_sound(measurements)?;
    steps_are_in_order(phases)
}

fn numbers_are_sound(measurements: &[Measurement]) -> Case {
    for (place, measurement) in measurements.iter().enumerate() {
        if measurement.name.is_empty() || !measurement.value.is_finite() {
            return Err(format!("no sound measurement: {measurement:?}").into());
        }
        if measurements[..place].iter().any(|other| other.name == measurement.name) {
            return Err(format!("{} is measured twice", measurement.name).into());
        }
    }
    Ok(())
}

/// A name comes before its connection, and a question before its answer.
fn steps_are_in_order(phases: &Phases) -> Case {
    use purlin_health::Phase::{Connect, FirstByte, Resolve, Tls, Transfer};
    let usual = [Resolve, Connect, Tls, FirstByte, Transfer];
    let places = phases.iter().filter_map(|(phase, _)| usual.iter().position(|step| *step == phase));
    // A redirect begins anew.
    let places: Vec<_> = places.collect();
    let is_turn = |pair: &[usize]| pair[0] > pair[1] && pair[1] > 0 && !places.contains(&0);
    match places.windows(2).any(is_turn) {
        true => Err(format!("the steps are out of order: {phases:?}").into()),
        false => Ok(()),
    }
}

/// A port whose queue is full: the system drops what asks for a connection.
pub(super) struct BlackHole {
    address: SocketAddr,
    _listener: OwnedFd,
    _fillers: Vec<OwnedFd>,
}

impl BlackHole {
    fn new() -> std::result::Result<Self, Complaint> {
        Self::dig().map_err(|error| Complaint(format!("no black hole: {error}")))
    }

    fn dig() -> rustix::io::Result<Self> {
        let socket = || {
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)
        };
        let listener = socket()?;
        bind(&listener, &SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0))?;
        listen(&listener, 0)?;
        let address = SocketAddr::try_from(getsockname(&listener)?)?;
        let mut fillers = Vec::new();
        for _ in 0..4 {
            let filler = socket()?;
            // It is under way, or waits as the next one will.
            let _ = rustix::net::connect(&filler, &address);
            fillers.push(filler);
        }
        Ok(Self { address, _listener: listener, _fillers: fillers })
    }
}
