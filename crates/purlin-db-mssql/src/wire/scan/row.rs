//! Values within a row, of which none but money is looked at.

use super::super::bytes::{Bytes, Malformed};
use super::super::types::{Kind, Shape};
use super::{Scanner, State};

/// The token of a row whose NULLs have lengths of their own.
pub(super) const ROW: u8 = 0xd1;
/// A value in pieces that is NULL.
const NULL_PIECES: u64 = u64::MAX;

/// Where in a row the scanner stands.
#[derive(Debug)]
pub(super) struct RowAt {
    column: usize,
    /// A bit for each column that is NULL and has no bytes at all; empty where the row does not tell.
    nulls: Vec<u8>,
    /// Within a value that comes in pieces.
    in_pieces: bool,
    /// It is not a row but a value that a procedure returns.
    pub(super) is_returned: bool,
}

impl RowAt {
    pub(super) fn new(nulls: Vec<u8>, is_returned: bool) -> Self {
        Self { column: 0, nulls, in_pieces: false, is_returned }
    }

    pub(super) fn is_over(&self, columns: usize) -> bool {
        !self.in_pieces && self.column >= columns
    }

    fn is_null(&self) -> bool {
        self.nulls.get(self.column / 8).is_some_and(|byte| byte >> (self.column % 8) & 1 != 0)
    }
}

/// How the values of such columns lie, where each lies after a short length or none and none is money; else nothing.
pub(super) fn plain(columns: &[Kind]) -> Vec<Shape> {
    let is_plain =
        |kind: &Kind| !kind.is_money && matches!(kind.shape, Shape::Fixed(_) | Shape::Byte | Shape::Short);
    match columns.iter().all(is_plain) {
        true => columns.iter().map(|kind| kind.shape).collect(),
        false => Vec::new(),
    }
}

/// How many bytes of these are whole rows of that form, token by token: most of a long answer is nothing else, and
/// there is nothing to be noted in it.
pub(super) fn whole_rows(shapes: &[Shape], bytes: &[u8]) -> usize {
    let mut whole = 0;
    while !shapes.is_empty() && bytes.get(whole) == Some(&ROW) {
        let mut end = whole + 1;
        for shape in shapes {
            let size = match shape {
                Shape::Fixed(size) => usize::from(*size),
                Shape::Byte => match bytes.get(end) {
                    Some(size) => 1 + usize::from(*size),
                    None => return whole,
                },
                _ => match bytes.get(end..end + 2) {
                    Some(&[0xff, 0xff]) => 2,
                    Some(&[low, high]) => 2 + usize::from(u16::from_le_bytes([low, high])),
                    _ => return whole,
                },
            };
            end += size;
        }
        if end > bytes.len() {
            return whole;
        }
        whole = end;
    }
    whole
}

impl Scanner {
    /// How many bytes of the row were read; none where more are wanted.
    pub(super) fn row(&mut self, bytes: &[u8]) -> Result<Option<usize>, Malformed> {
        let State::Row(at) = &mut self.state else { return Ok(Some(0)) };
        let columns = if at.is_returned { &self.returned } else { &self.columns };
        let mut bytes = Bytes::new(bytes);
        loop {
            let mut ahead = bytes;
            if at.in_pieces {
                match ahead.u32() {
                    None => break,
                    Some(0) => {
                        at.in_pieces = false;
                        at.column += 1;
                    }
                    Some(size) => self.skip = size.into(),
                }
            } else if at.is_over(columns.len()) {
                self.state = State::Token;
                return Ok(Some(bytes.used()));
            } else if at.is_null() {
                at.column += 1;
            } else if let Some(kind) = columns.get(at.column) {
                match value(kind, &mut ahead)? {
                    None => break,
                    Some(Value::Pieces) => at.in_pieces = true,
                    Some(Value::Money(money)) => {
                        self.money.push_back(money);
                        at.column += 1;
                    }
                    Some(Value::Bytes(size)) => {
                        self.skip = size;
                        at.column += 1;
                    }
                }
            }
            bytes = ahead;
            if self.skip > 0 {
                let here = self.skip.min(bytes.left() as u64);
                self.skip -= here;
                if bytes.skip(here as usize).is_none() || self.skip > 0 {
                    return Ok(Some(bytes.used()));
                }
            }
        }
        Ok((bytes.used() > 0).then_some(bytes.used()))
    }
}

enum Value {
    /// So many bytes follow.
    Bytes(u64),
    /// Pieces follow.
    Pieces,
    Money(i64),
}

/// Reads what stands before a value; none where more bytes are wanted.
fn value(kind: &Kind, bytes: &mut Bytes<'_>) -> Result<Option<Value>, Malformed> {
    if kind.is_money {
        return money(kind.shape, bytes);
    }
    Ok(match kind.shape {
        Shape::Fixed(size) => Some(Value::Bytes(size.into())),
        Shape::Byte => bytes.u8().map(|size| Value::Bytes(size.into())),
        Shape::Short => bytes.u16().map(|size| match size {
            u16::MAX => Value::Bytes(0),
            size => Value::Bytes(size.into()),
        }),
        Shape::Long => bytes.u32().map(|size| Value::Bytes(size.into())),
        Shape::Pieces => bytes.u64().map(|size| match size {
            NULL_PIECES => Value::Bytes(0),
            _ => Value::Pieces,
        }),
        Shape::Pointed => bytes.u8().and_then(|pointer| match pointer {
            0 => Some(Value::Bytes(0)),
            pointer => {
                bytes.skip(usize::from(pointer) + 8)?;
                bytes.u32().map(|size| Value::Bytes(size.into()))
            }
        }),
    })
}

fn money(shape: Shape, bytes: &mut Bytes<'_>) -> Result<Option<Value>, Malformed> {
    let size = match shape {
        Shape::Fixed(size) => Some(size),
        _ => bytes.u8(),
    };
    Ok(match size {
        None => None,
        Some(0) => Some(Value::Bytes(0)),
        Some(4) => bytes.u32().map(|low| Value::Money((low as i32).into())),
        // The high half comes first.
        Some(8) => bytes.u32().and_then(|high| {
            let low = bytes.u32()?;
            Some(Value::Money(i64::from(high as i32) << 32 | i64::from(low)))
        }),
        Some(size) => return Err(Malformed(format!("money of {size} bytes"))),
    })
}
