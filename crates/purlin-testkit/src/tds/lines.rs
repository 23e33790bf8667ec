//! Packets and messages, in the clear or within TLS.

use super::tokens::prelogin;
use rustix::net::RecvFlags;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

const PRELOGIN: u8 = 0x12;
const ANSWER: u8 = 0x04;
const HEADER: usize = 8;
pub(super) const PACKET: usize = 4096;
/// A session may be idle for minutes where a machine has much else to do; all end when the server stops.
pub(super) const PATIENCE: Duration = Duration::from_secs(600);

/// What the server has to offer.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Encryption {
    /// None at all.
    #[default]
    None,
    /// It says this word about it, and speaks in the clear all the same.
    Says(u8),
    /// TLS within TDS 7.
    Within(Arc<ServerConfig>),
    /// TLS around TDS 8.
    Around(Arc<ServerConfig>),
}

/// What a client sent.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) kind: u8,
    pub(super) payload: Vec<u8>,
}

/// Text of UTF-16, the rest of an odd byte left out.
pub fn utf16(bytes: &[u8]) -> String {
    let mut units = Vec::with_capacity(bytes.len() / 2);
    for unit in bytes.chunks_exact(2) {
        units.push(u16::from_le_bytes([unit[0], unit[1]]));
    }
    String::from_utf16_lossy(&units)
}

trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// A connection behind its first exchange.
pub(super) struct Line {
    stream: Box<dyn Stream>,
    /// The same socket, to look at what comes next.
    socket: TcpStream,
    packets: Vec<u8>,
}

impl Line {
    pub(super) fn accept(mut stream: TcpStream, encryption: &Encryption) -> io::Result<Self> {
        let socket = stream.try_clone()?;
        let says = |stream: &mut dyn Stream, byte: u8| -> io::Result<()> {
            let message = message(stream)?;
            if message.kind != PRELOGIN {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let mut packets = Vec::new();
            pack(&mut packets, &prelogin(byte), true);
            stream.write_all(&packets)?;
            stream.flush()
        };
        let stream: Box<dyn Stream> = match encryption {
            Encryption::None | Encryption::Says(_) => {
                says(&mut stream, if let Encryption::Says(byte) = encryption { *byte } else { 2 })?;
                Box::new(stream)
            }
            Encryption::Within(config) => {
                says(&mut stream, 3)?;
                let connection = handshake(&mut stream, config)?;
                Box::new(StreamOwned::new(connection, stream))
            }
            Encryption::Around(config) => {
                let connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
                let mut stream = StreamOwned::new(connection, stream);
                says(&mut stream, 2)?;
                Box::new(stream)
            }
        };
        Ok(Self { stream, socket, packets: Vec::new() })
    }

    /// The next message; none where the client is gone.
    pub(super) fn read(&mut self) -> Option<Message> {
        message(&mut *self.stream).ok()
    }

    /// Sends a whole message of these tokens, or the end of one.
    pub(super) fn send(&mut self, tokens: &[u8]) -> io::Result<()> {
        self.put(tokens, true)
    }

    /// Sends these tokens and leaves the message open.
    pub(super) fn begin(&mut self, tokens: &[u8]) -> io::Result<()> {
        self.put(tokens, false)
    }

    pub(super) fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }

    fn put(&mut self, tokens: &[u8], ends: bool) -> io::Result<()> {
        // Many packets at once, and never all of a long answer.
        let mut parts = tokens.chunks(16 * (PACKET - HEADER)).peekable();
        if parts.peek().is_none() {
            pack(&mut self.packets, &[], ends);
            self.stream.write_all(&self.packets)?;
        }
        while let Some(part) = parts.next() {
            pack(&mut self.packets, part, ends && parts.peek().is_none());
            self.stream.write_all(&self.packets)?;
        }
        self.stream.flush()
    }

    /// Another hold of the socket, to look at it from elsewhere.
    pub(super) fn socket(&self) -> io::Result<TcpStream> {
        self.socket.try_clone()
    }

    /// Whether the client says something, or is gone, while it is owed an answer.
    pub(super) fn is_called(&self) -> bool {
        is_called(&self.socket)
    }

    /// The same, waiting so long for it.
    pub(super) fn is_called_within(&self, wait: Duration) -> io::Result<bool> {
        self.socket.set_read_timeout(Some(wait.max(Duration::from_millis(1))))?;
        let seen = self.socket.peek(&mut [0]);
        self.socket.set_read_timeout(Some(PATIENCE))?;
        match seen {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}

pub(super) fn is_called(socket: &TcpStream) -> bool {
    let seen = rustix::net::recv(socket, &mut [0_u8; 1][..], RecvFlags::PEEK | RecvFlags::DONTWAIT);
    !matches!(seen, Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR))
}

fn message(stream: &mut dyn Stream) -> io::Result<Message> {
    let mut payload = Vec::new();
    loop {
        let mut header = [0; HEADER];
        stream.read_exact(&mut header)?;
        let size = usize::from(u16::from_be_bytes([header[2], header[3]])).saturating_sub(HEADER);
        let from = payload.len();
        payload.resize(from + size, 0);
        stream.read_exact(payload.get_mut(from..).unwrap_or_default())?;
        if header[1] & 1 != 0 {
            return Ok(Message { kind: header[0], payload });
        }
    }
}

fn pack(packets: &mut Vec<u8>, tokens: &[u8], ends: bool) {
    packets.clear();
    let mut pieces = tokens.chunks(PACKET - HEADER).peekable();
    loop {
        let piece = pieces.next().unwrap_or_default();
        let is_last = pieces.peek().is_none();
        let [high, low] = ((piece.len() + HEADER) as u16).to_be_bytes();
        packets.extend_from_slice(&[ANSWER, u8::from(ends && is_last), high, low, 0, 0, 1, 0]);
        packets.extend_from_slice(piece);
        if is_last {
            return;
        }
    }
}

/// The records lie in packets of the first exchange.
fn handshake(stream: &mut TcpStream, config: &Arc<ServerConfig>) -> io::Result<ServerConnection> {
    let mut connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
    while connection.is_handshaking() {
        let records = message(stream)?.payload;
        let mut records = &records[..];
        while !records.is_empty() {
            connection.read_tls(&mut records)?;
            connection.process_new_packets().map_err(io::Error::other)?;
        }
        let mut answer = Vec::new();
        // What TLS 1.3 adds after the handshake goes out without a packet.
        while connection.is_handshaking() && connection.wants_write() {
            connection.write_tls(&mut answer)?;
        }
        if !connection.is_handshaking()
            && connection.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_2)
        {
            while connection.wants_write() {
                connection.write_tls(&mut answer)?;
            }
        }
        if !answer.is_empty() {
            let [high, low] = ((answer.len() + HEADER) as u16).to_be_bytes();
            stream.write_all(&[&[PRELOGIN, 1, high, low, 0, 0, 1, 0][..], &answer].concat())?;
        }
    }
    Ok(connection)
}
