//! The types of columns, and how values of SQLite become theirs.

use super::refusal::Refusal;
use crate::tds::tokens::{long, pieces, short, wide};
use purlin_db::{Date, DateTime, DateTimeTz, Decimal, Time};
use rusqlite::types::ValueRef;

const COLLATION: [u8; 5] = [9, 4, 0xd0, 0, 0x34];
const MAX: u16 = 0xffff;
/// How large the pieces of a value of a MAX type are.
const PIECE: usize = 8000;
const DAYS_FROM_YEAR_1: i64 = 719_162;
const DAYS_FROM_1900: i64 = 25_567;
const NANOS_OF_DAY: i64 = 86_400_000_000_000;

/// A type of T-SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Of so many bytes.
    Whole(u8),
    Bit,
    Float(u8),
    Decimal(u8, u8),
    Money(u8),
    Date,
    Time(u8),
    DateTime2(u8),
    DateTimeOffset(u8),
    DateTime,
    SmallDateTime,
    Guid,
    /// By its token, and the most units or bytes; none: in pieces.
    Text(u8, Option<u16>),
    Bytes(u8, Option<u16>),
    OldText(u8),
    Image,
    Xml,
    Variant,
    /// A type of the CLR.
    Foreign(String),
}

pub(super) const NVARCHAR: u8 = 0xe7;
pub(super) const VARBINARY: u8 = 0xa5;

impl Kind {
    /// `decimal(38,10)`, `nvarchar(max)`; also as it is declared to SQLite, with what that is to take it for.
    pub(super) fn named(declared: &str) -> Option<Self> {
        let declared = declared.trim().to_lowercase();
        let (name, arguments) = match declared.split_once('(') {
            Some((name, rest)) => (name.trim(), rest.trim_end_matches(')')),
            None => (declared.as_str(), ""),
        };
        let name = ["_text", "_blob", "_int"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        let (name, is_max) = match name.strip_suffix("_max") {
            Some(name) => (name, true),
            None => (name, arguments == "max"),
        };
        let mut numbers = arguments.split(',').map(|number| number.trim().parse::<u16>().ok());
        let (first, second) = (numbers.next().flatten(), numbers.next().flatten());
        let size = if is_max { None } else { Some(first.unwrap_or(1)) };
        let scale = first.map_or(7, |scale| scale.min(7) as u8);
        Some(match name {
            "tinyint" => Self::Whole(1),
            "smallint" => Self::Whole(2),
            "int" | "integer" => Self::Whole(4),
            "bigint" => Self::Whole(8),
            "bit" => Self::Bit,
            "real" => Self::Float(4),
            "float" if first.is_some_and(|bits| bits <= 24) => Self::Float(4),
            "float" | "double precision" => Self::Float(8),
            "decimal" | "numeric" | "dec" => {
                Self::Decimal(first.unwrap_or(18) as u8, second.unwrap_or(0) as u8)
            }
            "money" => Self::Money(8),
            "smallmoney" => Self::Money(4),
            "date" => Self::Date,
            "time" => Self::Time(scale),
            "datetime2" => Self::DateTime2(scale),
            "datetimeoffset" => Self::DateTimeOffset(scale),
            "datetime" => Self::DateTime,
            "smalldatetime" => Self::SmallDateTime,
            "uniqueidentifier" => Self::Guid,
            "char" => Self::Text(0xaf, size),
            "varchar" => Self::Text(0xa7, size),
            "nchar" => Self::Text(0xef, size),
            "nvarchar" => Self::Text(NVARCHAR, size),
            "sysname" => Self::Text(NVARCHAR, Some(128)),
            "binary" => Self::Bytes(0xad, size),
            "varbinary" => Self::Bytes(VARBINARY, size),
            "rowversion" | "timestamp" => Self::Bytes(0xad, Some(8)),
            "text" => Self::OldText(0x23),
            "ntext" => Self::OldText(0x63),
            "image" => Self::Image,
            "xml" => Self::Xml,
            "sql_variant" => Self::Variant,
            "geography" | "geometry" | "hierarchyid" => Self::Foreign(name.to_owned()),
            _ => return None,
        })
    }

    /// What SQLite is told, so that it keeps values as they came.
    pub(super) fn declared(&self, as_written: &str) -> String {
        let end = match self {
            Self::Whole(_) | Self::Float(_) | Self::Text(..) | Self::OldText(_) => "",
            Self::Bit => "_int",
            Self::Bytes(..) | Self::Image | Self::Variant | Self::Foreign(_) => "_blob",
            _ => "_text",
        };
        match as_written.split_once('(') {
            // SQLite takes numbers only.
            Some((name, "max)")) => format!("{}_max{end}", name.trim()),
            Some((name, rest)) => format!("{}{end}({rest}", name.trim()),
            None => format!("{as_written}{end}"),
        }
    }

    /// That of a value of which nothing else is known.
    pub(super) fn of(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Whole(4),
            ValueRef::Integer(_) => Self::Whole(8),
            ValueRef::Real(_) => Self::Float(8),
            ValueRef::Text(_) => Self::Text(NVARCHAR, None),
            ValueRef::Blob(_) => Self::Bytes(VARBINARY, None),
        }
    }

    /// As the server describes it (MS-TDS 2.2.5.4).
    pub(super) fn info(&self) -> Vec<u8> {
        match self {
            Self::Whole(size) => vec![0x26, *size],
            Self::Bit => vec![0x68, 1],
            Self::Float(size) => vec![0x6d, *size],
            Self::Decimal(precision, scale) => vec![0x6a, decimal_size(*precision), *precision, *scale],
            Self::Money(size) => vec![0x6e, *size],
            Self::Date => vec![0x28],
            Self::Time(scale) => vec![0x29, *scale],
            Self::DateTime2(scale) => vec![0x2a, *scale],
            Self::DateTimeOffset(scale) => vec![0x2b, *scale],
            Self::DateTime => vec![0x6f, 8],
            Self::SmallDateTime => vec![0x6f, 4],
            Self::Guid => vec![0x24, 16],
            Self::Text(token, size) => {
                let wide = if matches!(token, 0xe7 | 0xef) { 2 } else { 1 };
                let size = size.map_or(MAX, |size| size * wide);
                [&[*token][..], &size.to_le_bytes(), &COLLATION].concat()
            }
            Self::Bytes(token, size) => [&[*token][..], &size.unwrap_or(MAX).to_le_bytes()].concat(),
            Self::OldText(token) => {
                [&[*token, 0xff, 0xff, 0xff, 0x7f][..], &COLLATION, &[1], &long("t")].concat()
            }
            Self::Image => [&[0x22, 0xff, 0xff, 0xff, 0x7f, 1][..], &long("t")].concat(),
            Self::Xml => vec![0xf1, 0],
            Self::Variant => vec![0x62, 0x49, 0x1f, 0, 0],
            Self::Foreign(name) => {
                let parts = [&[0xf0][..], &MAX.to_le_bytes(), &short("map"), &short("sys"), &short(name)];
                [parts.concat(), long("Microsoft.SqlServer.Types")].concat()
            }
        }
    }

    /// Writes a value as a row has it.
    pub(super) fn write(&self, value: ValueRef<'_>, into: &mut Vec<u8>) -> Result<(), Refusal> {
        if matches!(value, ValueRef::Null) {
            into.extend_from_slice(self.null());
            return Ok(());
        }
        let wrong = || Refusal::conversion(&shown(value), self);
        match self {
            Self::Text(token, size) => write_text(*token, *size, value, into),
            Self::Bytes(_, None) | Self::Foreign(_) => into.extend(pieces(&bytes(value), PIECE)),
            Self::Bytes(_, Some(_)) => {
                let bytes = bytes(value);
                into.extend((bytes.len() as u16).to_le_bytes());
                into.extend(bytes);
            }
            Self::Xml => into.extend(pieces(&wide(&shown(value)), PIECE)),
            Self::OldText(0x23) => write_pointed(&narrow(&shown(value)), into),
            Self::OldText(_) => write_pointed(&wide(&shown(value)), into),
            Self::Image => write_pointed(&bytes(value), into),
            Self::Variant => write_variant(value, into),
            _ => {
                let bytes = self.fixed(value).ok_or_else(wrong)?;
                into.push(bytes.len() as u8);
                into.extend(bytes);
            }
        }
        Ok(())
    }

    fn null(&self) -> &'static [u8] {
        match self {
            Self::Text(_, Some(_)) | Self::Bytes(_, Some(_)) => &[0xff; 2],
            Self::Text(_, None) | Self::Bytes(_, None) | Self::Xml | Self::Foreign(_) => &[0xff; 8],
            Self::Variant => &[0; 4],
            _ => &[0],
        }
    }

    /// A value that lies after a length of one byte.
    fn fixed(&self, value: ValueRef<'_>) -> Option<Vec<u8>> {
        let text = || shown(value);
        Some(match self {
            Self::Whole(1) => vec![u8::try_from(whole(value)?).ok()?],
            Self::Whole(2) => i16::try_from(whole(value)?).ok()?.to_le_bytes().to_vec(),
            Self::Whole(4) => i32::try_from(whole(value)?).ok()?.to_le_bytes().to_vec(),
            Self::Whole(_) => whole(value)?.to_le_bytes().to_vec(),
            Self::Bit => vec![u8::from(whole(value)? != 0)],
            Self::Float(4) => (float(value)? as f32).to_le_bytes().to_vec(),
            Self::Float(_) => float(value)?.to_le_bytes().to_vec(),
            Self::Decimal(precision, scale) => {
                let number = scaled(&text(), *scale)?;
                let size = usize::from(decimal_size(*precision)) - 1;
                let digits = number.unsigned_abs().to_le_bytes();
                if digits.get(size..)?.iter().any(|byte| *byte != 0) {
                    return None;
                }
                [&[u8::from(number >= 0)], digits.get(..size)?].concat()
            }
            Self::Money(4) => i32::try_from(scaled(&text(), 4)?).ok()?.to_le_bytes().to_vec(),
            Self::Money(_) => {
                let [a, b, c, d, e, f, g, h] = i64::try_from(scaled(&text(), 4)?).ok()?.to_le_bytes();
                vec![e, f, g, h, a, b, c, d]
            }
            Self::Date => days(moment(&text())?.date()),
            Self::Time(scale) => ticks(clock(&text())?, *scale),
            Self::DateTime2(scale) => {
                let moment = moment(&text())?;
                [ticks(moment.time(), *scale), days(moment.date())].concat()
            }
            Self::DateTimeOffset(scale) => {
                let zoned = text().parse::<DateTimeTz>().ok().or_else(|| moment(&text())?.in_utc())?;
                let utc = DateTimeTz::utc(zoned.timestamp()).local()?;
                let minutes = (zoned.offset_seconds() / 60) as i16;
                [ticks(utc.time(), *scale), days(utc.date()), minutes.to_le_bytes().to_vec()].concat()
            }
            Self::DateTime => {
                let moment = moment(&text())?;
                let thirds = (moment.time().nanos() * 3 + 5_000_000) / 10_000_000;
                let days = (moment.date().unix_days() + DAYS_FROM_1900) as i32;
                [days.to_le_bytes(), (thirds as u32).to_le_bytes()].concat()
            }
            Self::SmallDateTime => {
                let moment = moment(&text())?;
                let minutes = (moment.time().nanos() / 60_000_000_000) as u16;
                let days = u16::try_from(moment.date().unix_days() + DAYS_FROM_1900).ok()?;
                [days.to_le_bytes(), minutes.to_le_bytes()].concat()
            }
            Self::Guid => guid(&text())?,
            _ => return None,
        })
    }
}

fn decimal_size(precision: u8) -> u8 {
    match precision {
        0..=9 => 5,
        10..=19 => 9,
        20..=28 => 13,
        _ => 17,
    }
}

/// A value as text.
pub(super) fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02X}")).collect(),
    }
}

fn bytes(value: ValueRef<'_>) -> Vec<u8> {
    match value {
        ValueRef::Blob(bytes) => bytes.to_vec(),
        value => wide(&shown(value)),
    }
}

pub(super) fn whole(value: ValueRef<'_>) -> Option<i64> {
    match value {
        ValueRef::Integer(number) => Some(number),
        ValueRef::Real(number) if number.abs() < 9e18 => Some(number as i64),
        ValueRef::Text(text) => std::str::from_utf8(text).ok()?.trim().parse().ok(),
        _ => None,
    }
}

pub(super) fn float(value: ValueRef<'_>) -> Option<f64> {
    match value {
        ValueRef::Integer(number) => Some(number as f64),
        ValueRef::Real(number) => Some(number),
        ValueRef::Text(text) => std::str::from_utf8(text).ok()?.trim().parse().ok(),
        _ => None,
    }
}

/// The number in units of that many digits behind the point, rounded to them.
pub(super) fn scaled(text: &str, scale: u8) -> Option<i128> {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, behind) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() + behind.len() == 0
        || !whole.bytes().chain(behind.bytes()).all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let scale = usize::from(scale);
    let kept: String = behind.chars().chain(std::iter::repeat('0')).take(scale).collect();
    let number: i128 = format!("0{whole}{kept}").parse().ok()?;
    let up = behind.as_bytes().get(scale).is_some_and(|digit| *digit >= b'5');
    Some(sign * (number + i128::from(up)))
}

/// The number as the type writes it.
pub(super) fn fitted(text: &str, precision: u8, scale: u8) -> Option<String> {
    let number = scaled(text, scale)?;
    if number.unsigned_abs() >= 10_u128.checked_pow(u32::from(precision))? {
        return None;
    }
    Decimal::new(number, scale).map(|number| number.to_string())
}

/// A moment, or a day's beginning.
pub(super) fn moment(text: &str) -> Option<DateTime> {
    let text = text.trim();
    let day = |date: Date| DateTime::new(date, Time::from_nanos(0));
    text.parse().ok().or_else(|| day(text.parse().ok()?)).or_else(|| {
        // What has a zone, without it.
        text.parse::<DateTimeTz>().ok()?.local()
    })
}

pub(super) fn clock(text: &str) -> Option<Time> {
    let text = text.trim();
    let time = text.parse::<Time>().ok().or_else(|| Some(moment(text)?.time()));
    time.filter(|time| (0..NANOS_OF_DAY).contains(&time.nanos()))
}

/// Sixteen bytes as they lie on the wire.
pub(super) fn guid(text: &str) -> Option<Vec<u8>> {
    let digits: String = text.trim().trim_matches(['{', '}']).chars().filter(|c| *c != '-').collect();
    if digits.len() != 32 || !digits.is_ascii() {
        return None;
    }
    let mut bytes = Vec::new();
    for at in (0..32).step_by(2) {
        bytes.push(u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?);
    }
    bytes.get_mut(..4)?.reverse();
    bytes.get_mut(4..6)?.reverse();
    bytes.get_mut(6..8)?.reverse();
    Some(bytes)
}

fn days(date: Date) -> Vec<u8> {
    let days = (date.unix_days() + DAYS_FROM_YEAR_1) as u32;
    days.to_le_bytes().into_iter().take(3).collect()
}

fn ticks(time: Time, scale: u8) -> Vec<u8> {
    let ticks = time.nanos() / 10_i64.pow(9 - u32::from(scale));
    let size = match scale {
        0..=2 => 3,
        3 | 4 => 4,
        _ => 5,
    };
    ticks.to_le_bytes().into_iter().take(size).collect()
}

/// As code page 1252 has it, which is Latin 1 for what is tried.
fn narrow(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

fn write_text(token: u8, size: Option<u16>, value: ValueRef<'_>, into: &mut Vec<u8>) {
    let text = shown(value);
    let units = if matches!(token, 0xe7 | 0xef) { wide(&text) } else { narrow(&text) };
    match size {
        None => into.extend(pieces(&units, PIECE)),
        Some(_) => {
            into.extend((units.len() as u16).to_le_bytes());
            into.extend(units);
        }
    }
}

fn write_pointed(bytes: &[u8], into: &mut Vec<u8>) {
    into.push(16);
    into.extend([1; 24]);
    into.extend((bytes.len() as u32).to_le_bytes());
    into.extend(bytes);
}

fn write_variant(value: ValueRef<'_>, into: &mut Vec<u8>) {
    let body = match value {
        ValueRef::Integer(number) => [&[0x7f, 0][..], &number.to_le_bytes()].concat(),
        ValueRef::Real(number) => [&[0x3e, 0][..], &number.to_le_bytes()].concat(),
        ValueRef::Blob(bytes) => [&[VARBINARY, 2, 0x40, 0x1f][..], bytes].concat(),
        value => {
            let text = wide(&shown(value));
            [&[NVARCHAR, 7][..], &COLLATION, &[0x40, 0x1f], &text].concat()
        }
    };
    into.extend((body.len() as u32).to_le_bytes());
    into.extend(body);
}
