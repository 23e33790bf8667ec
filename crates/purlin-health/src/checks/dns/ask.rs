//! A question to a name server, and its reply.

use super::super::udp::{self, Broken};
use crate::{Phase, Phases};
use hickory_proto::op::{Message, MessageType, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Result, net};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// What is asked for.
#[derive(Debug, Clone)]
pub(super) struct Question {
    name: Name,
    pub(super) kind: RecordType,
}

impl Question {
    pub(super) fn new(name: &str, kind: RecordType) -> Result<Self> {
        let fault = |_| {
            let message = format!("\"{}\" is no name of the DNS", name.escape_debug());
            Error::new(ErrorKind::Invalid, message).with_operation("check.dns")
        };
        let mut name = Name::from_ascii(name).map_err(fault)?;
        name.set_fqdn(true);
        Ok(Self { name, kind })
    }

    fn message(&self) -> Message {
        // Its number is drawn by a generator that is fit for secrets (RFC 5452).
        let mut message = Message::query();
        message.metadata.recursion_desired = true;
        message.add_query(Query::query(self.name.clone(), self.kind));
        message
    }
}

/// What a server said.
#[derive(Debug)]
pub(super) struct Reply {
    code: ResponseCode,
    pub(super) is_authoritative: bool,
    /// The records of the sort that was asked for, as text.
    pub(super) values: Vec<String>,
    pub(super) serial: Option<u32>,
}

impl Reply {
    fn of(message: &Message, question: &Question) -> Self {
        let found = message.answers.iter().filter(|record| record.record_type() == question.kind);
        let serial = found.clone().find_map(|record| match &record.data {
            RData::SOA(soa) => Some(soa.serial),
            _ => None,
        });
        Self {
            code: message.metadata.response_code,
            is_authoritative: message.metadata.authoritative,
            values: found.map(|record| value(&record.data)).collect(),
            serial,
        }
    }

    /// Why it is no answer at all: a word and a line.
    pub(super) fn fault(&self) -> Option<(String, String)> {
        if self.code != ResponseCode::NoError {
            let word = format!("{:?}", self.code).to_ascii_lowercase();
            return Some((word, format!("the server says {}", self.code)));
        }
        let is_empty = self.values.is_empty();
        is_empty.then(|| ("answer".to_owned(), "it has no such record".to_owned()))
    }

    pub(super) fn holds(&self, wanted: &str) -> bool {
        self.values.iter().any(|value| value.eq_ignore_ascii_case(wanted.trim_end_matches('.')))
    }
}

/// A record as people write it, without control characters.
fn value(data: &RData) -> String {
    let text = match data {
        RData::TXT(text) => {
            let parts = text.txt_data.iter().map(|part| String::from_utf8_lossy(part).into_owned());
            return crate::judge::one_line(&parts.collect::<String>());
        }
        data => data.to_string(),
    };
    let word = |word: &str| word.strip_suffix('.').filter(|word| !word.is_empty()).unwrap_or(word).to_owned();
    crate::judge::one_line(&text.split(' ').map(word).collect::<Vec<_>>().join(" "))
}

/// Asks a server, over TCP too where the answer does not fit into a datagram.
pub(super) async fn ask(
    cx: &Cx,
    server: &Endpoint,
    question: &Question,
    phases: &mut Phases,
) -> std::result::Result<Reply, Broken> {
    let address = udp::resolve(cx, server, phases).await?;
    let message = question.message();
    let bytes = message.to_vec().map_err(|error| {
        let error = Error::new(ErrorKind::Invalid, format!("the question cannot be written: {error}"));
        (Phase::FirstByte, error.with_operation("check.dns"))
    })?;
    let read = |bytes: &[u8]| understood(bytes, &message);
    let answer = udp::ask(cx, address, &bytes, phases, read).await?;
    if !answer.metadata.truncation {
        return Ok(Reply::of(&answer, question));
    }
    let answer = ask_again(cx, server, &message, &bytes, phases).await?;
    Ok(Reply::of(&answer, question))
}

/// The answer to this message; none where it answers another one.
fn understood(bytes: &[u8], asked: &Message) -> Option<Result<Message>> {
    let Ok(answer) = Message::from_vec(bytes) else {
        let error = Error::new(ErrorKind::Protocol, "the answer is no message of the DNS");
        return Some(Err(error.with_operation("dns.ask")));
    };
    let is_ours = answer.metadata.id == asked.metadata.id
        && answer.metadata.message_type == MessageType::Response
        && (answer.queries.is_empty() || answer.queries == asked.queries);
    is_ours.then_some(Ok(answer))
}

/// The same over TCP (RFC 7766).
async fn ask_again(
    cx: &Cx,
    server: &Endpoint,
    asked: &Message,
    bytes: &[u8],
    phases: &mut Phases,
) -> std::result::Result<Message, Broken> {
    let mut stream = net::dial(cx, server).await.map_err(|error| {
        phases.push(Phase::Connect, std::time::Duration::ZERO);
        (Phase::Connect, error)
    })?;
    phases.push(Phase::Connect, stream.connect);
    let begun = cx.now();
    let exchange = async {
        let io = |error| Error::io("dns.ask", error);
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
        let stream = &mut stream.stream;
        stream.write_all(&[&length, bytes].concat()).await.map_err(io)?;
        let length = stream.read_u16().await.map_err(io)?;
        let mut answer = vec![0; length.into()];
        stream.read_exact(&mut answer).await.map_err(io)?;
        understood(&answer, asked).unwrap_or_else(|| {
            let error = Error::new(ErrorKind::Protocol, "it answers a question that was not asked");
            Err(error.with_operation("dns.ask"))
        })
    };
    let answer = cx.run("dns.ask", exchange).await;
    phases.push(Phase::Transfer, cx.now().since(begun));
    answer.map_err(|error| (Phase::Transfer, error))
}
