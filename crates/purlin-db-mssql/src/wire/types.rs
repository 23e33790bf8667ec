//! The types of columns, as the server describes them (MS-TDS 2.2.5.4 to 2.2.5.6).

use super::bytes::{Bytes, Malformed};
use std::borrow::Cow;

/// A column's type, as far as it is told apart here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kind {
    /// The server's name of it, in lower case.
    pub(crate) name: Cow<'static, str>,
    pub(super) shape: Shape,
    /// A user's own type, such as `geography`: known by its bytes only.
    pub(crate) is_foreign: bool,
    pub(crate) is_money: bool,
}

/// How a value lies in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Fixed(u8),
    /// After a length of one byte; 0 is NULL.
    Byte,
    /// After a length of two bytes; 0xFFFF is NULL.
    Short,
    /// In pieces.
    Pieces,
    /// After a pointer and a timestamp: `text`, `ntext`, `image`.
    Pointed,
    /// After a length of four bytes.
    Long,
}

const IN_PIECES: u16 = 0xffff;

impl Kind {
    fn new(name: &'static str, shape: Shape) -> Self {
        Self { name: Cow::Borrowed(name), shape, is_foreign: false, is_money: name.ends_with("money") }
    }

    /// Whether a table's name stands between it and the column's name.
    pub(super) fn has_table(&self) -> bool {
        self.shape == Shape::Pointed
    }

    /// Reads one; none where more bytes are wanted.
    pub(super) fn read(bytes: &mut Bytes<'_>) -> Result<Option<Self>, Malformed> {
        let Some(token) = bytes.u8() else { return Ok(None) };
        match fixed(token) {
            Some(kind) => Ok(Some(kind)),
            None => Self::sized(token, bytes),
        }
    }

    fn sized(token: u8, bytes: &mut Bytes<'_>) -> Result<Option<Self>, Malformed> {
        let read = match token {
            0x24 => bytes.u8().map(|_| Self::new("uniqueidentifier", Shape::Byte)),
            0x68 => bytes.u8().map(|_| Self::new("bit", Shape::Byte)),
            0x26 | 0x6d..=0x6f => bytes.u8().map(|size| Self::new(nullable(token, size), Shape::Byte)),
            0x37 | 0x6a => bytes.skip(3).map(|()| Self::new("decimal", Shape::Byte)),
            0x3f | 0x6c => bytes.skip(3).map(|()| Self::new("numeric", Shape::Byte)),
            0x28 => Some(Self::new("date", Shape::Byte)),
            0x29 => bytes.u8().map(|_| Self::new("time", Shape::Byte)),
            0x2a => bytes.u8().map(|_| Self::new("datetime2", Shape::Byte)),
            0x2b => bytes.u8().map(|_| Self::new("datetimeoffset", Shape::Byte)),
            0xa5 => bytes.u16().map(|size| Self::new("varbinary", string(size))),
            0xad => bytes.u16().map(|size| Self::new("binary", string(size))),
            0xa7 => collated(bytes, "varchar"),
            0xaf => collated(bytes, "char"),
            0xe7 => collated(bytes, "nvarchar"),
            0xef => collated(bytes, "nchar"),
            0x22 => bytes.skip(4).map(|()| Self::new("image", Shape::Pointed)),
            0x23 => bytes.skip(9).map(|()| Self::new("text", Shape::Pointed)),
            0x63 => bytes.skip(9).map(|()| Self::new("ntext", Shape::Pointed)),
            0x62 => bytes.skip(4).map(|()| Self::new("sql_variant", Shape::Long)),
            0xf1 => xml(bytes),
            0xf0 => foreign(bytes),
            _ => return Err(Malformed(format!("a column of a type that is not known (0x{token:02x})"))),
        };
        Ok(read)
    }
}

fn fixed(token: u8) -> Option<Kind> {
    let (name, size) = match token {
        0x1f => ("null", 0),
        0x30 => ("tinyint", 1),
        0x32 => ("bit", 1),
        0x34 => ("smallint", 2),
        0x38 => ("int", 4),
        0x3a => ("smalldatetime", 4),
        0x3b => ("real", 4),
        0x3c => ("money", 8),
        0x3d => ("datetime", 8),
        0x3e => ("float", 8),
        0x7a => ("smallmoney", 4),
        0x7f => ("bigint", 8),
        _ => return None,
    };
    Some(Kind::new(name, Shape::Fixed(size)))
}

fn nullable(token: u8, size: u8) -> &'static str {
    match (token, size) {
        (0x26, 1) => "tinyint",
        (0x26, 2) => "smallint",
        (0x26, 4) => "int",
        (0x26, _) => "bigint",
        (0x6d, 4) => "real",
        (0x6d, _) => "float",
        (0x6e, 4) => "smallmoney",
        (0x6e, _) => "money",
        (_, 4) => "smalldatetime",
        _ => "datetime",
    }
}

fn string(size: u16) -> Shape {
    if size == IN_PIECES { Shape::Pieces } else { Shape::Short }
}

fn collated(bytes: &mut Bytes<'_>, name: &'static str) -> Option<Kind> {
    let size = bytes.u16()?;
    bytes.skip(5)?;
    Some(Kind::new(name, string(size)))
}

fn xml(bytes: &mut Bytes<'_>) -> Option<Kind> {
    if bytes.u8()? != 0 {
        bytes.short_text()?;
        bytes.short_text()?;
        bytes.long_text()?;
    }
    Some(Kind::new("xml", Shape::Pieces))
}

fn foreign(bytes: &mut Bytes<'_>) -> Option<Kind> {
    bytes.u16()?;
    bytes.short_text()?;
    bytes.short_text()?;
    let name = bytes.short_text()?;
    bytes.long_text()?;
    let name = Cow::Owned(name.to_lowercase());
    Some(Kind { name, shape: Shape::Pieces, is_foreign: true, is_money: false })
}
