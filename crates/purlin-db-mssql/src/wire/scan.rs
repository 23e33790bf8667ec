//! Reads along in the server's answers (MS-TDS 2.2.7), because the driver keeps some of what they say to itself: how
//! many rows a statement changed, whether a transaction is open, errors that a broken end swallows, exact money.

mod row;
#[cfg(test)]
mod tests;

use super::bytes::{Bytes, Malformed};
use super::message::ServerMessage;
use super::types::{Kind, Shape};
use row::RowAt;
use std::collections::VecDeque;
use std::sync::Arc;

/// The most that is held of a token that has not arrived whole. Larger ones are passed over piece by piece.
const HELD: usize = 4 << 20;

const DONE_COUNT: u16 = 0x10;
const DONE_ATTENTION: u16 = 0x20;
const SELECT: u16 = 0xc1;

/// What an answer said, in its order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event {
    /// Rows of these columns follow.
    Columns(Arc<[Kind]>),
    /// A statement has ended; how many rows it changed, where it says so.
    Done { changed: Option<u64>, is_count: bool },
    /// The server refuses.
    Error(ServerMessage),
}

/// What comes next.
#[derive(Debug)]
enum State {
    Token,
    Row(RowAt),
}

/// Bytes of messages come in, without the headers of their packets; events come out.
#[derive(Debug)]
pub(super) struct Scanner {
    state: State,
    held: Vec<u8>,
    /// Bytes of a value or token that are of no interest.
    skip: u64,
    columns: Arc<[Kind]>,
    /// How the values of their rows lie, where nothing but their lengths is of interest; else empty.
    plain: Vec<Shape>,
    /// The one column of a returned value.
    returned: Arc<[Kind]>,
    pub(super) events: VecDeque<Event>,
    /// The money of the rows, in their order, in ten-thousandths: the driver gives doubles.
    pub(super) money: VecDeque<i64>,
    /// Whether a transaction is open; none where nothing was said of one.
    pub(super) in_transaction: Option<bool>,
    /// A cancellation was acknowledged in this message.
    pub(super) acknowledged: bool,
}

impl Scanner {
    pub(super) fn new() -> Self {
        Self {
            state: State::Token,
            held: Vec::new(),
            skip: 0,
            columns: Arc::new([]),
            plain: Vec::new(),
            returned: Arc::new([]),
            events: VecDeque::new(),
            money: VecDeque::new(),
            in_transaction: None,
            acknowledged: false,
        }
    }

    /// A message begins.
    pub(super) fn begins(&mut self) {
        self.events.clear();
        self.money.clear();
        self.acknowledged = false;
    }

    /// A message has ended.
    pub(super) fn ends(&mut self) -> Result<(), Malformed> {
        let whole = self.skip == 0 && self.held.is_empty() && matches!(self.state, State::Token);
        if whole { Ok(()) } else { Err(Malformed("a message that ends within a token".to_owned())) }
    }

    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        if self.held.is_empty() {
            return self.run(bytes);
        }
        let mut joined = std::mem::take(&mut self.held);
        joined.extend_from_slice(bytes);
        self.run(&joined)
    }

    fn run(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        let mut rest = bytes;
        loop {
            let passed = self.skip.min(rest.len() as u64);
            self.skip -= passed;
            rest = rest.get(passed as usize..).unwrap_or_default();
            if rest.is_empty() && (self.skip > 0 || !self.row_may_end()) {
                return Ok(());
            }
            let used = match &self.state {
                State::Token => {
                    rest = rest.get(row::whole_rows(&self.plain, rest)..).unwrap_or_default();
                    self.token(rest)?
                }
                State::Row(_) => self.row(rest)?,
            };
            match used {
                Some(used) => rest = rest.get(used..).unwrap_or_default(),
                None if rest.is_empty() => return Ok(()),
                None if rest.len() > HELD => {
                    return Err(Malformed("a token that is too long".to_owned()));
                }
                None => {
                    self.held.extend_from_slice(rest);
                    return Ok(());
                }
            }
        }
    }

    /// A row whose values are all read ends without a further byte.
    fn row_may_end(&self) -> bool {
        matches!(&self.state, State::Row(at) if at.is_over(self.row_columns(at).len()))
    }

    fn row_columns(&self, at: &RowAt) -> &Arc<[Kind]> {
        if at.is_returned { &self.returned } else { &self.columns }
    }

    /// How many bytes the token takes; none where more are wanted.
    fn token(&mut self, bytes: &[u8]) -> Result<Option<usize>, Malformed> {
        let mut bytes = Bytes::new(bytes);
        let Some(token) = bytes.u8() else { return Ok(None) };
        let read = match token {
            row::ROW => {
                self.state = State::Row(RowAt::new(Vec::new(), false));
                Some(())
            }
            0xd2 => bytes.take(self.columns.len().div_ceil(8)).map(|nulls| {
                self.state = State::Row(RowAt::new(nulls.to_vec(), false));
            }),
            0x81 => self.columns(&mut bytes)?,
            0xac => self.returned(&mut bytes)?,
            0xfd..=0xff => self.done(&mut bytes),
            0xaa => self.error(&mut bytes)?,
            0xe3 => self.change(&mut bytes),
            0x79 => bytes.skip(4),
            0xa4 | 0xa5 | 0xa9 | 0xab | 0xad | 0xed => bytes.u16().map(|size| self.skip = size.into()),
            0xe4 | 0xee => bytes.u32().map(|size| self.skip = size.into()),
            0xae => features(&mut bytes),
            _ => return Err(Malformed(format!("a token that is not known (0x{token:02x})"))),
        };
        Ok(read.map(|()| bytes.used()))
    }

    fn columns(&mut self, bytes: &mut Bytes<'_>) -> Result<Option<()>, Malformed> {
        let count = match bytes.u16() {
            None => return Ok(None),
            Some(0xffff) => 0,
            Some(count) => count,
        };
        let mut kinds = Vec::new();
        for _ in 0..count {
            let Some(kind) = self::column(bytes)? else { return Ok(None) };
            kinds.push(kind);
        }
        if count > 0 {
            self.columns = kinds.into();
            self.plain = row::plain(&self.columns);
            self.events.push_back(Event::Columns(self.columns.clone()));
        }
        Ok(Some(()))
    }

    /// A value of a procedure's parameter, which lies as a row of one column does.
    fn returned(&mut self, bytes: &mut Bytes<'_>) -> Result<Option<()>, Malformed> {
        let head = bytes.u16().and_then(|_| bytes.short_text()).and_then(|_| bytes.skip(7));
        if head.is_none() {
            return Ok(None);
        }
        let Some(mut kind) = Kind::read(bytes)? else { return Ok(None) };
        kind.is_money = false;
        self.returned = Arc::new([kind]);
        self.state = State::Row(RowAt::new(Vec::new(), true));
        Ok(Some(()))
    }

    fn done(&mut self, bytes: &mut Bytes<'_>) -> Option<()> {
        let (status, command, rows) = (bytes.u16()?, bytes.u16()?, bytes.u64()?);
        self.acknowledged |= status & DONE_ATTENTION != 0;
        let is_count = status & DONE_COUNT != 0;
        let changed = (is_count && command != SELECT).then_some(rows);
        self.events.push_back(Event::Done { changed, is_count });
        Some(())
    }

    fn error(&mut self, bytes: &mut Bytes<'_>) -> Result<Option<()>, Malformed> {
        let Some(body) = bytes.u16().and_then(|size| bytes.take(size.into())) else { return Ok(None) };
        let message = ServerMessage::read(&mut Bytes::new(body))
            .ok_or_else(|| Malformed("an error without its parts".to_owned()))?;
        self.events.push_back(Event::Error(message));
        Ok(Some(()))
    }

    /// Of the changes to the session's environment only those of transactions count.
    fn change(&mut self, bytes: &mut Bytes<'_>) -> Option<()> {
        let size = bytes.u16()?;
        match bytes.take(size.into())?.first() {
            Some(8 | 11) => self.in_transaction = Some(true),
            Some(9 | 10 | 12 | 17) => self.in_transaction = Some(false),
            _ => {}
        }
        Some(())
    }
}

fn column(bytes: &mut Bytes<'_>) -> Result<Option<Kind>, Malformed> {
    if bytes.skip(6).is_none() {
        return Ok(None);
    }
    let Some(kind) = Kind::read(bytes)? else { return Ok(None) };
    if kind.has_table() {
        let Some(parts) = bytes.u8() else { return Ok(None) };
        for _ in 0..parts {
            if bytes.long_text().is_none() {
                return Ok(None);
            }
        }
    }
    Ok(bytes.short_text().map(|_| kind))
}

fn features(bytes: &mut Bytes<'_>) -> Option<()> {
    while bytes.u8()? != 0xff {
        let size = bytes.u32()?;
        bytes.skip(usize::try_from(size).ok()?)?;
    }
    Some(())
}
