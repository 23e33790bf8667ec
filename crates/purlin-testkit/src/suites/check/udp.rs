//! Bad peers that speak UDP.

use purlin_core::{Error, Result};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often a peer looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(20);

/// How long a real server may take to answer a datagram.
const ANSWER: Duration = Duration::from_secs(5);

/// What a peer does with a datagram.
#[derive(Debug, Clone, Copy)]
pub(super) enum Play {
    Refuse,
    Nothing,
    Noise,
    /// The real server's answer, cut to so many bytes.
    Cut(SocketAddr, usize),
}

/// A peer on a port of 127.0.0.1, until it is dropped.
#[derive(Debug)]
pub(super) struct UdpPeer {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    /// Keeps the port.
    _socket: UdpSocket,
}

impl UdpPeer {
    pub(super) fn start(play: Play) -> Result<Self> {
        Self::set_up(play).map_err(|error| Error::io("udp.peer", error))
    }

    fn set_up(play: Play) -> io::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        let address = socket.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let mut thread = None;
        match play {
            // A socket that has a partner, itself, takes nothing from others: the system tells them that nobody is there.
            Play::Refuse => socket.connect(address)?,
            Play::Nothing => {}
            Play::Noise | Play::Cut(..) => {
                let (own, stop) = (socket.try_clone()?, stop.clone());
                own.set_read_timeout(Some(LOOK))?;
                thread = Some(std::thread::Builder::new().name("udp-peer".into()).spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        // Whoever asked may be gone.
                        let _ = answer(&own, play);
                    }
                })?);
            }
        }
        Ok(Self { address, stop, thread, _socket: socket })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

fn answer(socket: &UdpSocket, play: Play) -> io::Result<()> {
    let mut bytes = [0; 4096];
    let (count, from) = socket.recv_from(&mut bytes)?;
    match play {
        Play::Noise => socket.send_to(&[0xa5; 100], from)?,
        Play::Cut(server, most) => {
            let question = bytes[..count].to_vec();
            let count = ask(server, &question, &mut bytes)?;
            socket.send_to(&bytes[..count.min(most)], from)?
        }
        Play::Refuse | Play::Nothing => 0,
    };
    Ok(())
}

/// Asks the real server, and gives the length of its answer.
fn ask(server: SocketAddr, question: &[u8], answer: &mut [u8]) -> io::Result<usize> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.set_read_timeout(Some(ANSWER))?;
    socket.send_to(question, server)?;
    socket.recv(answer)
}

impl Drop for UdpPeer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed by then.
            let _ = thread.join();
        }
    }
}
