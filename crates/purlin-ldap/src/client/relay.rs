//! The way between a server and ldap3, which takes a socket and no stream of ours: a pair of sockets, and a task that
//! carries bytes between one of them and the server. On the way in every message is read to its last byte; what is no
//! LDAP, or answers nothing that was asked, ends the connection before ldap3 sees it. Answers to what was abandoned
//! are dropped. Requests that wait together leave together.

use super::answer;
use super::ber::message_length;
use super::check::{self, operation};
use super::link::{Fate, Wire};
use super::paging::{self, Start};
use purlin_core::{Cx, Error, ErrorKind, Result};
use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);
/// How much is read at once.
const CHUNK: usize = 32 << 10;
/// A buffer that has grown beyond this is given back when it is empty.
const KEPT: usize = 256 << 10;
/// The last message of a connection: number 2147483647, so that it is nobody else's.
const UNBIND: &[u8] = b"\x30\x08\x02\x04\x7f\xff\xff\xff\x42\x00";

/// What is under way: the operation of each question.
#[derive(Default)]
struct Open(Mutex<HashMap<u32, u8>>);

impl Open {
    fn lock(&self) -> MutexGuard<'_, HashMap<u32, u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the holder of a connection tells its task.
pub(super) struct Ends {
    /// Nobody holds it any more.
    pub(super) closed: oneshot::Receiver<()>,
    /// Searches that were left before ldap3 had taken them.
    pub(super) left: mpsc::UnboundedReceiver<Start>,
}

/// Carries until one side ends or `closed` says so, and notes why.
pub(super) async fn run(
    server: Box<dyn Wire>,
    inner: Box<dyn Wire>,
    most: usize,
    ends: Ends,
    driver: JoinHandle<bool>,
    fate: Arc<Fate>,
) {
    let open = Open::default();
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let (mut from_inner, mut to_inner) = tokio::io::split(inner);
    let Ends { closed, left } = ends;
    let ended = tokio::select! {
        reason = outwards(&mut from_inner, &mut to_server, &open, most) => reason,
        reason = inwards(&mut from_server, &mut to_inner, &open, most, &fate) => Some(reason),
        never = orphans(left) => match never {},
        _ = closed => None,
    };
    let ended = match ended {
        Some(reason) => reason,
        None => {
            let farewell = async {
                to_server.write_all(UNBIND).await.map_err(|error| Error::io("ldap.close", error))?;
                to_server.shutdown().await.map_err(|error| Error::io("ldap.close", error))
            };
            // It is a courtesy.
            let _ = Cx::background().with_timeout(FAREWELL).run("ldap.close", farewell).await;
            Error::new(ErrorKind::Unavailable, "the connection was closed")
        }
    };
    fate.ends(ended);
    drop((from_inner, to_inner));
    // It ends with its socket; a panic has been printed, and is the reason by now.
    let _ = driver.await;
}

/// Sees to it that what was left half-way is abandoned.
async fn orphans(mut left: mpsc::UnboundedReceiver<Start>) -> Infallible {
    while let Some(start) = left.recv().await {
        paging::abandon(start).await;
    }
    // The connection goes too.
    std::future::pending().await
}

/// None where ldap3 has ended, which it does when nobody holds it any more.
async fn outwards<R, W>(from: &mut R, to: &mut W, open: &Open, most: usize) -> Option<Error>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut bytes = Vec::with_capacity(CHUNK);
    loop {
        match from.read_buf(&mut bytes).await {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) => return Some(Error::io("ldap.send", error)),
        }
        let whole = match note(&bytes, open, most) {
            Ok(whole) => whole,
            Err(error) => return Some(error),
        };
        if whole == 0 {
            continue;
        }
        let sent = async {
            to.write_all(bytes.get(..whole).unwrap_or_default()).await?;
            to.flush().await
        };
        if let Err(error) = sent.await {
            return Some(Error::io("ldap.send", error));
        }
        bytes.drain(..whole);
        give_back(&mut bytes);
    }
}

/// Takes down what is asked; how many bytes of whole messages there are.
fn note(bytes: &[u8], open: &Open, most: usize) -> Result<usize> {
    let mut whole = 0;
    loop {
        let rest = bytes.get(whole..).unwrap_or_default();
        let length = message_length(rest, most).map_err(|_| {
            Error::new(ErrorKind::Invalid, "a request that is larger than messages may be")
                .with_operation("ldap.send")
        })?;
        let Some(message) = length.and_then(|length| rest.get(..length)) else { return Ok(whole) };
        if let Ok((id, op, content)) = check::own(message) {
            match op {
                operation::ABANDON => {
                    if let Ok(abandoned) = super::ber::number(content) {
                        open.lock().remove(&abandoned);
                    }
                }
                operation::UNBIND => {}
                op => {
                    open.lock().insert(id, op);
                }
            }
        }
        whole += message.len();
    }
}

/// Ends with the reason.
async fn inwards<R, W>(from: &mut R, to: &mut W, open: &Open, most: usize, fate: &Fate) -> Error
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (mut bytes, mut checked) = (Vec::with_capacity(CHUNK), Vec::new());
    loop {
        match from.read_buf(&mut bytes).await {
            Ok(0) => return fate.last_word("the server closed the connection"),
            Ok(_) => {}
            Err(error) => return Error::io("ldap.receive", error),
        }
        let mut at = 0;
        let judged = loop {
            let rest = bytes.get_mut(at..).unwrap_or_default();
            let length = match message_length(rest, most) {
                Ok(Some(length)) if length <= rest.len() => length,
                Ok(_) => break Ok(()),
                Err(fault) => break Err(answer::malformed(&fault)),
            };
            let message = rest.get_mut(..length).unwrap_or_default();
            if let Err(error) = admit(message, open, fate, &mut checked) {
                break Err(error);
            }
            at += length;
        };
        if !checked.is_empty() && to.write_all(&checked).await.is_err() {
            return Error::new(ErrorKind::Internal, "the wire's driver has ended");
        }
        if let Err(error) = judged {
            return error;
        }
        checked.clear();
        bytes.drain(..at);
        give_back(&mut bytes);
        give_back(&mut checked);
    }
}

/// Lets a message through that answers a question.
fn admit(message: &mut [u8], open: &Open, fate: &Fate, checked: &mut Vec<u8>) -> Result<()> {
    let read = check::message(message).map_err(|fault| answer::malformed(&fault))?;
    if let Some(place) = read.not_text {
        // The server's own words in some other alphabet are no reason to lose its answer.
        let words = message.get_mut(place).unwrap_or_default();
        words.iter_mut().filter(|byte| !byte.is_ascii()).for_each(|byte| *byte = b'?');
    }
    if read.id == 0 {
        fate.notice(check::refusal(message));
        return Ok(());
    }
    let mut open = open.lock();
    let Some(asked) = open.get(&read.id).copied() else { return Ok(()) };
    let (fits, last) = match (asked, read.operation) {
        (operation::SEARCH, operation::ENTRY | operation::REFERENCE | operation::INTERMEDIATE) => {
            (true, false)
        }
        (operation::SEARCH, operation::DONE)
        | (operation::BIND, operation::BOUND)
        | (operation::EXTENDED, operation::EXTENDED_ANSWER) => (true, true),
        _ => (false, false),
    };
    if !fits {
        return Err(Error::new(
            ErrorKind::Protocol,
            "the server sent an answer of another kind than was asked for",
        ));
    }
    if last {
        open.remove(&read.id);
    }
    // ldap3 would take it for an entry.
    if read.operation != operation::INTERMEDIATE {
        checked.extend_from_slice(message);
    }
    Ok(())
}

fn give_back(bytes: &mut Vec<u8>) {
    if bytes.is_empty() && bytes.capacity() > KEPT {
        *bytes = Vec::with_capacity(CHUNK);
    }
}
