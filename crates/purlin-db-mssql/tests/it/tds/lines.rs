//! Packets and messages, in the clear or within TLS.

use super::tokens::prelogin;
use purlin_testkit::Leaf;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

const PRELOGIN: u8 = 0x12;
const PACKET: usize = 4096;

/// What the server has to offer.
#[derive(Debug, Clone, Default)]
pub(crate) enum Encryption {
    /// None at all.
    #[default]
    None,
    /// It insists, and answers what it is told to about how.
    Says(u8),
    /// TLS within TDS 7, by this certificate; of version 1.2 only, or of 1.3 too.
    Within(Arc<ServerConfig>),
    /// TLS around TDS 8.
    Around(Arc<ServerConfig>),
}

/// TLS by that certificate.
pub(crate) fn tls(leaf: &Leaf, newest: bool, alpn: Option<&str>) -> Arc<ServerConfig> {
    let provider = purlin_tls::ensure_provider();
    let versions = if newest { &[&TLS13, &TLS12][..] } else { &[&TLS12][..] };
    let chain = CertificateDer::pem_slice_iter(leaf.pem().as_bytes()).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(leaf.key_pem().as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
    let mut config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
    config.alpn_protocols = alpn.map(|name| name.as_bytes().to_vec()).into_iter().collect();
    Arc::new(config)
}

/// What a client sent.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) kind: u8,
    pub(crate) payload: Vec<u8>,
}

impl Message {
    /// The text of a batch, or of what a call is to execute.
    pub(crate) fn text(&self) -> Option<String> {
        let headers = u32::from_le_bytes(self.payload.get(..4)?.try_into().ok()?) as usize;
        let rest = self.payload.get(headers..)?;
        match self.kind {
            super::BATCH => Some(utf16(rest)),
            // 0xFFFF, the number of sp_executesql, two flags, an empty name and status, nvarchar.
            super::RPC => statement(rest.get(6..)?),
            _ => None,
        }
    }
}

fn statement(mut rest: &[u8]) -> Option<String> {
    let name = usize::from(*rest.first()?);
    // Name, status, type, size, collation.
    rest = rest.get(1 + name * 2 + 1..)?;
    let size = u16::from_le_bytes(rest.get(1..3)?.try_into().ok()?);
    rest = rest.get(8..)?;
    if size == 0xffff {
        let count = u32::from_le_bytes(rest.get(8..12)?.try_into().ok()?) as usize;
        return Some(utf16(rest.get(12..12 + count)?));
    }
    let count = usize::from(u16::from_le_bytes(rest.get(..2)?.try_into().ok()?));
    Some(utf16(rest.get(2..2 + count)?))
}

pub(crate) fn utf16(bytes: &[u8]) -> String {
    let units: Vec<_> = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
    String::from_utf16_lossy(&units)
}

trait Stream: Read + Write + Send {}

impl<T: Read + Write + Send> Stream for T {}

/// A connection behind its first exchange.
pub(crate) struct Line {
    stream: Box<dyn Stream>,
}

impl Line {
    pub(crate) fn accept(mut stream: TcpStream, encryption: &Encryption) -> io::Result<Self> {
        let says = |stream: &mut dyn Stream, byte: u8| -> io::Result<()> {
            let (kind, _) = message(stream)?;
            if kind != PRELOGIN {
                return Err(io::ErrorKind::InvalidData.into());
            }
            send(stream, &prelogin(byte), true)
        };
        match encryption {
            Encryption::None => says(&mut stream, 2)?,
            Encryption::Says(byte) => says(&mut stream, *byte)?,
            Encryption::Within(config) => {
                says(&mut stream, 3)?;
                let connection = handshake(&mut stream, config)?;
                return Ok(Self { stream: Box::new(StreamOwned::new(connection, stream)) });
            }
            Encryption::Around(config) => {
                let connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
                let mut stream = StreamOwned::new(connection, stream);
                says(&mut stream, 2)?;
                return Ok(Self { stream: Box::new(stream) });
            }
        }
        Ok(Self { stream: Box::new(stream) })
    }

    /// The next message; none where the client is gone.
    pub(crate) fn read(&mut self) -> Option<Message> {
        let (kind, payload) = message(&mut *self.stream).ok()?;
        Some(Message { kind, payload })
    }

    pub(crate) fn send(&mut self, tokens: &[u8]) -> io::Result<()> {
        send(&mut *self.stream, tokens, true)
    }

    pub(crate) fn begin(&mut self, tokens: &[u8]) -> io::Result<()> {
        send(&mut *self.stream, tokens, false)
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)?;
        self.stream.flush()
    }
}

fn message(stream: &mut dyn Stream) -> io::Result<(u8, Vec<u8>)> {
    let mut payload = Vec::new();
    loop {
        let mut header = [0; 8];
        stream.read_exact(&mut header)?;
        let size = usize::from(u16::from_be_bytes([header[2], header[3]])) - 8;
        let from = payload.len();
        payload.resize(from + size, 0);
        stream.read_exact(&mut payload[from..])?;
        if header[1] & 1 != 0 {
            return Ok((header[0], payload));
        }
    }
}

fn send(stream: &mut dyn Stream, tokens: &[u8], ends: bool) -> io::Result<()> {
    let mut pieces: Vec<_> = tokens.chunks(PACKET - 8).collect();
    if pieces.is_empty() {
        pieces.push(&[]);
    }
    let last = pieces.len() - 1;
    for (at, piece) in pieces.into_iter().enumerate() {
        let [high, low] = ((piece.len() + 8) as u16).to_be_bytes();
        let status = u8::from(ends && at == last);
        stream.write_all(&[&[4, status, high, low, 0, 0, 1, 0][..], piece].concat())?;
    }
    stream.flush()
}

/// The records lie in packets of the first exchange.
fn handshake(stream: &mut TcpStream, config: &Arc<ServerConfig>) -> io::Result<ServerConnection> {
    let mut connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
    while connection.is_handshaking() {
        let (_, records) = message(stream)?;
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
            let [high, low] = ((answer.len() + 8) as u16).to_be_bytes();
            stream.write_all(&[&[PRELOGIN, 1, high, low, 0, 0, 1, 0][..], &answer].concat())?;
        }
    }
    Ok(connection)
}
