//! The first exchange (MS-TDS 2.2.6.5): purlin does it in the driver's place, and ends TLS itself.

use purlin_core::{Error, ErrorKind, Result};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

const HEADER: usize = 8;
const PRELOGIN: u8 = 0x12;
const ANSWER: u8 = 0x04;
/// No server sends a longer one.
const LONGEST: usize = 4096;

const VERSION: u8 = 0;
const ENCRYPTION: u8 = 1;
const INSTANCE: u8 = 2;
const THREAD: u8 = 3;
const MARS: u8 = 4;
const END: u8 = 0xff;

/// What is said of encryption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// For the login only.
    Off,
    /// For everything.
    On,
    /// There is none.
    NotSupported,
    /// The server insists.
    Required,
    /// Such as `Strict`, of which there is nothing to say any more.
    Other(u8),
}

impl Encryption {
    fn byte(self) -> u8 {
        match self {
            Self::Off => 0,
            Self::On => 1,
            Self::NotSupported => 2,
            Self::Required => 3,
            Self::Other(byte) => byte,
        }
    }

    fn of(byte: u8) -> Self {
        match byte {
            0 => Self::Off,
            1 => Self::On,
            2 => Self::NotSupported,
            3 => Self::Required,
            byte => Self::Other(byte),
        }
    }
}

/// What the server answered.
#[derive(Debug)]
pub(crate) struct Prelogin {
    pub(crate) encryption: Encryption,
    version: [u8; 6],
    /// The instance that was asked for is not this one.
    pub(crate) is_other_instance: bool,
}

impl Prelogin {
    /// As it is told the driver: there is no encryption that it should care for.
    pub(crate) fn for_driver(&self) -> Vec<u8> {
        message(
            ANSWER,
            &[
                (VERSION, &self.version),
                (ENCRYPTION, &[Encryption::NotSupported.byte()]),
                (INSTANCE, &[0]),
                (THREAD, &[]),
                (MARS, &[0]),
            ],
        )
    }
}

/// Asks the server who it is and what it wants encrypted.
pub(crate) async fn exchange(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    encryption: Encryption,
    instance: Option<&str>,
) -> Result<Prelogin> {
    let mut name = instance.unwrap_or_default().as_bytes().to_vec();
    name.push(0);
    let asked = message(
        PRELOGIN,
        &[
            (VERSION, &[0, 13, 0, 0, 0, 0]),
            (ENCRYPTION, &[encryption.byte()]),
            (INSTANCE, &name),
            (THREAD, &[0; 4]),
            (MARS, &[0]),
        ],
    );
    let told = |error: io::Error| lost(error);
    stream.write_all(&asked).await.map_err(told)?;
    stream.flush().await.map_err(told)?;
    let mut payload = Vec::new();
    loop {
        let mut header = [0; HEADER];
        stream.read_exact(&mut header).await.map_err(told)?;
        let size = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let size = size.checked_sub(HEADER).filter(|size| payload.len() + size <= LONGEST);
        let (ANSWER, Some(size)) = (header[0], size) else {
            return Err(protocol("what answers there does not speak TDS"));
        };
        let from = payload.len();
        payload.resize(from + size, 0);
        stream.read_exact(&mut payload[from..]).await.map_err(told)?;
        if header[1] & 1 != 0 {
            break;
        }
    }
    read(&payload).ok_or_else(|| protocol("the server's answer to the first packet cannot be read"))
}

fn read(payload: &[u8]) -> Option<Prelogin> {
    let mut prelogin =
        Prelogin { encryption: Encryption::NotSupported, version: [0; 6], is_other_instance: false };
    for entry in payload.chunks(5) {
        if entry.first() == Some(&END) {
            return Some(prelogin);
        }
        let [option, high, low, size_high, size_low] = <[u8; 5]>::try_from(entry).ok()?;
        let from = usize::from(u16::from_be_bytes([high, low]));
        let size = usize::from(u16::from_be_bytes([size_high, size_low]));
        let value = payload.get(from..from + size)?;
        match option {
            VERSION => prelogin.version = value.get(..6)?.try_into().ok()?,
            ENCRYPTION => prelogin.encryption = Encryption::of(*value.first()?),
            INSTANCE => prelogin.is_other_instance = value.first().is_some_and(|byte| *byte != 0),
            _ => {}
        }
    }
    None
}

fn message(kind: u8, options: &[(u8, &[u8])]) -> Vec<u8> {
    let mut from = options.len() * 5 + 1;
    let mut head = Vec::new();
    let mut values = Vec::new();
    for (option, value) in options {
        head.push(*option);
        head.extend_from_slice(&(from as u16).to_be_bytes());
        head.extend_from_slice(&(value.len() as u16).to_be_bytes());
        values.extend_from_slice(value);
        from += value.len();
    }
    head.push(END);
    let [high, low] = ((HEADER + from) as u16).to_be_bytes();
    let mut message = vec![kind, 1, high, low, 0, 0, 1, 0];
    message.extend_from_slice(&head);
    message.extend_from_slice(&values);
    message
}

fn lost(error: io::Error) -> Error {
    purlin_tls::stream_error("db.login", error)
}

fn protocol(message: &'static str) -> Error {
    Error::new(ErrorKind::Protocol, message).with_operation("db.login")
}
