//! The answers.

use super::{ABORT, ACCEPT, DATA, FLAG_NEW_TLS, Foreign, Packet, REDIRECT, REFUSE, RESEND};
use crate::descriptor::nodes::{self, Node, Value};
use crate::descriptor::{Address, port};
use purlin_core::Endpoint;

/// Versions of the protocol that have been seen or can be expected.
const VERSIONS: std::ops::Range<u16> = 300..400;
/// Native network encryption, integrity or authentication is required.
const SERVICES_REQUIRED: u8 = 0x10;
/// Where the flags of an ACCEPT stand.
const FLAGS: usize = 14;

/// An answer to a CONNECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    Accept {
        version: u16,
        services_required: bool,
    },
    Refuse(Refusal),
    /// Where to is said by a packet of its own, of this many bytes.
    RedirectFollows(usize),
    /// Where to, see [`onwards`].
    Redirect(Vec<u8>),
    /// The same question again.
    Resend {
        new_tls: bool,
    },
    /// What follows a REDIRECT.
    Data(Vec<u8>),
}

/// What a listener says when it refuses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The number of the error; 0 where there is none, such as after a ping.
    pub(crate) code: Option<u32>,
    /// The listener's release.
    pub(crate) release: Option<String>,
}

/// Where a listener sends a client on to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Onwards {
    pub(crate) address: Address,
    /// What is to be asked there; none: the same.
    pub(crate) question: Option<String>,
}

impl Reply {
    pub(crate) fn read(packet: Packet<'_>) -> Result<Self, Foreign> {
        let body = packet.body;
        match packet.kind {
            ACCEPT => accept(body).ok_or(Foreign::Content("an ACCEPT that is none")),
            REFUSE | ABORT => {
                refusal(body).map(Self::Refuse).ok_or(Foreign::Content("a REFUSE that is none"))
            }
            REDIRECT => redirect(body),
            RESEND if body.is_empty() => Ok(Self::Resend { new_tls: packet.flags & FLAG_NEW_TLS != 0 }),
            RESEND => Err(Foreign::Content("a RESEND that is none")),
            // Two bytes of flags stand before the data.
            DATA => match body.get(2..) {
                Some(data) => Ok(Self::Data(data.to_vec())),
                None => Err(Foreign::Content("a DATA without its flags")),
            },
            other => Err(Foreign::Kind(other)),
        }
    }
}

fn word(body: &[u8], at: usize) -> Option<u16> {
    body.get(at..at + 2).and_then(|bytes| bytes.try_into().ok()).map(u16::from_be_bytes)
}

fn accept(body: &[u8]) -> Option<Reply> {
    let version = word(body, 0).filter(|version| VERSIONS.contains(version))?;
    let flags = body.get(FLAGS)?;
    Some(Reply::Accept { version, services_required: flags & SERVICES_REQUIRED != 0 })
}

/// Two reasons, a length and a text; none where the text cannot be one.
fn refusal(body: &[u8]) -> Option<Refusal> {
    let Some(length) = word(body, 2) else {
        return Some(Refusal::default());
    };
    let text = body.get(4..).unwrap_or_default();
    let text = &text[..text.len().min(usize::from(length))];
    let is_text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\r' | b'\n' | b'\t' | 0x80..);
    if !text.iter().all(is_text) {
        return None;
    }
    let text = String::from_utf8_lossy(text);
    let release = number(&text, "(VSNNUM=").filter(|version| *version > 0).map(release);
    let code = number(&text, "(ERR=").or_else(|| number(&text, "(CODE="));
    Some(Refusal { code, release })
}

/// The text is not read as a whole: some listeners close more parentheses than they open.
fn number(text: &str, key: &str) -> Option<u32> {
    let (_, after) = text.split_once(key)?;
    after.split_once(')')?.0.trim().parse().ok()
}

/// `VSNNUM`: from release 18 on the parts have other widths than before.
fn release(version: u32) -> String {
    let part = |shift: u32, mask: u32| version >> shift & mask;
    let rest = match version >> 24 {
        18.. => [part(16, 0xff), part(12, 0xf), part(4, 0xff), part(0, 0xf)],
        _ => [part(20, 0xf), part(12, 0xff), part(8, 0xf), part(0, 0xff)],
    };
    let [b, c, d, e] = rest;
    format!("{}.{b}.{c}.{d}.{e}", version >> 24)
}

fn redirect(body: &[u8]) -> Result<Reply, Foreign> {
    let none = Foreign::Content("a REDIRECT that is none");
    let length = word(body, 0).map(usize::from).filter(|length| *length > 0).ok_or(none)?;
    match body.get(2..).unwrap_or_default() {
        [] => Ok(Reply::RedirectFollows(length)),
        text => text.get(..length).map(|text| Reply::Redirect(text.to_vec())).ok_or(none),
    }
}

/// An address and, after a zero, what is to be asked there.
pub(crate) fn onwards(text: &[u8]) -> Option<Onwards> {
    let text = std::str::from_utf8(text).ok()?;
    let (address, question) = match text.split_once('\0') {
        Some((address, question)) => (address, Some(question)),
        None => (text, None),
    };
    let (node, _) = nodes::node(address, 0).ok()?;
    let question = question.map(|question| question.trim_end_matches('\0')).filter(|text| !text.is_empty());
    Some(Onwards { address: first_address(&node)?, question: question.map(str::to_owned) })
}

fn first_address(node: &Node) -> Option<Address> {
    let Value::Nodes(children) = &node.value else { return None };
    if node.key != "ADDRESS" {
        return children.iter().find_map(first_address);
    }
    let value =
        |key: &str| children.iter().find(|child| child.key == key).and_then(|child| child.text().ok());
    let tls = match value("PROTOCOL").unwrap_or("tcp").to_ascii_lowercase().as_str() {
        "tcp" => false,
        "tcps" => true,
        _ => return None,
    };
    let endpoint = Endpoint::new(value("HOST")?, port(value("PORT")?)?).ok()?;
    Some(Address { endpoint, tls })
}
