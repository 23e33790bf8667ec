//! What a client asks for: a batch, or a call of sp_executesql with values (MS-TDS 2.2.6.6 and 2.2.5.5).

use super::lines::{Message, utf16};
use super::{BATCH, RPC};
use purlin_core::Timestamp;
use purlin_db::{Date, DateTime, DateTimeTz, Decimal, Time};
use rusqlite::types::Value;

/// From 1 January of the year 1 to that of 1970.
const DAYS_FROM_YEAR_1: i64 = 719_162;
/// 0xFFFF, the number of the procedure, its flags.
const CALL: usize = 6;
const IN_PIECES: u16 = 0xffff;

impl Message {
    fn body(&self) -> Option<&[u8]> {
        let headers = u32::from_le_bytes(self.payload.get(..4)?.try_into().ok()?);
        self.payload.get(usize::try_from(headers).ok()?..)
    }

    /// The text of a batch, or of what a call is to execute.
    pub(super) fn text(&self) -> Option<String> {
        match self.kind {
            BATCH => self.body().map(utf16),
            RPC => match Reader(self.body()?.get(CALL..)?).parameter()? {
                (_, Value::Text(text)) => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    /// The values of a call by their names, which are in capitals; none where they cannot be read.
    pub(super) fn parameters(&self) -> Option<Vec<(String, Value)>> {
        if self.kind == BATCH {
            return Some(Vec::new());
        }
        let mut reader = Reader(self.body()?.get(CALL..)?);
        let mut parameters = Vec::new();
        while !reader.0.is_empty() {
            parameters.push(reader.parameter()?);
        }
        // The text, and the declaration of the rest.
        Some(parameters.split_off(2.min(parameters.len())))
    }
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A whole number of so many bytes.
    fn number(&mut self, count: usize) -> Option<u64> {
        let bytes = self.take(count)?.iter().rev();
        Some(bytes.fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn size(&mut self, count: usize) -> Option<usize> {
        usize::try_from(self.number(count)?).ok()
    }

    fn parameter(&mut self) -> Option<(String, Value)> {
        let units = self.size(1)?;
        let name = utf16(self.take(units * 2)?).to_uppercase();
        self.take(1)?;
        Some((name, self.value()?))
    }

    fn value(&mut self) -> Option<Value> {
        match self.number(1)? {
            // NULL, whatever its declaration.
            0x1f => Some(Value::Null),
            token @ (0x26 | 0x68 | 0x6d | 0x24) => {
                self.take(1)?;
                self.short(|bytes| scalar(token, bytes))
            }
            0x6a | 0x6c => {
                let scale = *self.take(3)?.last()?;
                self.short(|bytes| decimal(bytes, scale))
            }
            0x28 => self.short(|bytes| Some(Value::Text(date(bytes)?.to_string()))),
            token @ (0x29..=0x2b) => {
                let scale = u32::try_from(self.number(1)?).ok()?;
                self.short(|bytes| moment(token, bytes, scale))
            }
            0xe7 => {
                let size = self.number(2)?;
                self.take(5)?;
                self.sized(size, |bytes| Value::Text(utf16(bytes)))
            }
            0xa5 => {
                let size = self.number(2)?;
                self.sized(size, |bytes| Value::Blob(bytes.to_vec()))
            }
            _ => None,
        }
    }

    /// A value after a length of one byte; 0 is NULL.
    fn short(&mut self, read: impl Fn(&[u8]) -> Option<Value>) -> Option<Value> {
        match self.size(1)? {
            0 => Some(Value::Null),
            size => read(self.take(size)?),
        }
    }

    fn sized(&mut self, most: u64, read: impl Fn(&[u8]) -> Value) -> Option<Value> {
        if most != u64::from(IN_PIECES) {
            return match self.number(2)? {
                0xffff => Some(Value::Null),
                size => Some(read(self.take(usize::try_from(size).ok()?)?)),
            };
        }
        if self.number(8)? == u64::MAX {
            return Some(Value::Null);
        }
        let mut whole = Vec::new();
        loop {
            match self.size(4)? {
                0 => return Some(read(&whole)),
                size => whole.extend_from_slice(self.take(size)?),
            }
        }
    }
}

fn scalar(token: u64, bytes: &[u8]) -> Option<Value> {
    let mut reader = Reader(bytes);
    Some(match (token, bytes.len()) {
        (0x26, 1) | (0x68, _) => Value::Integer(i64::try_from(reader.number(1)?).ok()?),
        (0x26, 2) => Value::Integer(i16::from_le_bytes(bytes.try_into().ok()?).into()),
        (0x26, 4) => Value::Integer(i32::from_le_bytes(bytes.try_into().ok()?).into()),
        (0x26, 8) => Value::Integer(i64::from_le_bytes(bytes.try_into().ok()?)),
        (0x6d, 4) => Value::Real(f32::from_le_bytes(bytes.try_into().ok()?).into()),
        (0x6d, 8) => Value::Real(f64::from_le_bytes(bytes.try_into().ok()?)),
        (0x24, 16) => Value::Text(guid(bytes)),
        _ => return None,
    })
}

/// As the server writes it; the first three parts lie the other way round.
pub(super) fn guid(bytes: &[u8]) -> String {
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut text = String::new();
    for (at, byte) in ORDER.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{:02X}", bytes.get(*byte).copied().unwrap_or_default()));
    }
    text
}

fn decimal(bytes: &[u8], scale: u8) -> Option<Value> {
    let (sign, digits) = bytes.split_first()?;
    let mantissa = digits.iter().rev().fold(0_i128, |number, byte| number << 8 | i128::from(*byte));
    let mantissa = if *sign == 0 { -mantissa } else { mantissa };
    Some(Value::Text(Decimal::new(mantissa, scale)?.to_string()))
}

fn date(bytes: &[u8]) -> Option<Date> {
    let days = Reader(bytes).number(3)?;
    Date::from_unix_days(i64::try_from(days).ok()? - DAYS_FROM_YEAR_1)
}

fn moment(token: u64, bytes: &[u8], scale: u32) -> Option<Value> {
    let mut reader = Reader(bytes);
    let rest = match token {
        0x29 => 0,
        0x2a => 3,
        _ => 5,
    };
    let ticks = reader.number(bytes.len().checked_sub(rest)?)?;
    let time = Time::from_nanos(i64::try_from(ticks * 10_u64.pow(9_u32.checked_sub(scale)?)).ok()?);
    if token == 0x29 {
        return Some(Value::Text(time.to_string()));
    }
    let moment = DateTime::new(date(reader.take(3)?)?, time)?;
    if token == 0x2a {
        return Some(Value::Text(moment.to_string()));
    }
    let minutes = i16::from_le_bytes(reader.take(2)?.try_into().ok()?);
    let utc: Timestamp = moment.in_utc()?.timestamp();
    Some(Value::Text(DateTimeTz::at_offset(utc, i32::from(minutes) * 60)?.to_string()))
}
