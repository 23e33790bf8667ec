//! From a column to a Rust type, and from a Rust type to a parameter.

mod foreign;

use super::{Date, DateTime, DateTimeTz, Decimal, Time, Value, ValueRef};
use purlin_core::Timestamp;
use std::fmt;

/// Why a value does not fit the type that was asked for. The message names kinds, never the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    message: std::borrow::Cow<'static, str>,
}

impl Mismatch {
    /// With a message such as `text does not fit a whole number`.
    pub fn new(message: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self { message: message.into() }
    }

    #[cold]
    fn of(value: &ValueRef<'_>, wanted: &str) -> Self {
        Self::new(format!("{} does not fit {wanted}", value.kind()))
    }

    #[cold]
    fn too_large(value: &ValueRef<'_>, wanted: &str) -> Self {
        Self::new(format!("this {} is out of the range of {wanted}, or has a fraction", value.kind()))
    }

    /// What does not fit.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mismatch {}

/// A type that a column can be read as.
///
/// | type | takes |
/// |---|---|
/// | integers | integers, and exact numbers without a fraction, that fit |
/// | `f64` | any number, as the nearest double; `f32` only single-precision numbers |
/// | `bool` | truth values, and the integers 0 and 1, which MySQL, SQLite and Oracle send instead |
/// | [`Decimal`] | exact numbers of up to 38 digits, and integers |
/// | `String` | text, JSON, exact numbers of any length, and types without a variant |
/// | `Vec<u8>` | bytes |
/// | [`Date`], [`Time`], [`DateTime`] | the same |
/// | [`DateTimeTz`], [`Timestamp`] | moments only: a date and time without a zone is none |
/// | `[u8; 16]` | UUIDs, and 16 bytes |
/// | [`Value`] | everything |
/// | [`Option`] | NULL, and what the type in it takes |
///
/// Nothing is lost in silence: what does not fit is a [`Mismatch`], and so is NULL without an [`Option`]. Features
/// `jiff`, `rust_decimal` and `uuid` add those crates' types.
pub trait FromValue: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// When the value does not fit.
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch>;
}

impl FromValue for Value {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        Ok(value.to_value())
    }
}

impl<T: FromValue> FromValue for Option<T> {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
    }
}

macro_rules! integers {
    ($($type:ty, $name:literal;)*) => {$(
        impl FromValue for $type {
            #[inline]
            fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
                let number = match &value {
                    ValueRef::I64(number) => Self::try_from(*number).ok(),
                    ValueRef::U64(number) => Self::try_from(*number).ok(),
                    ValueRef::Decimal(number) => number.to_integer().and_then(|number| Self::try_from(number).ok()),
                    _ => return Err(Mismatch::of(&value, $name)),
                };
                number.ok_or_else(|| Mismatch::too_large(&value, $name))
            }
        }

        impl From<$type> for Value {
            fn from(number: $type) -> Self {
                match i64::try_from(number) {
                    Ok(number) => Self::I64(number),
                    // Only unsigned 64-bit numbers can be beyond.
                    Err(_) => Self::U64(number as u64),
                }
            }
        }
    )*};
}

integers! {
    i8, "an 8-bit signed integer";
    i16, "a 16-bit signed integer";
    i32, "a 32-bit signed integer";
    i64, "a 64-bit signed integer";
    u8, "an 8-bit unsigned integer";
    u16, "a 16-bit unsigned integer";
    u32, "a 32-bit unsigned integer";
    u64, "a 64-bit unsigned integer";
}

impl FromValue for bool {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Bool(truth) => Ok(truth),
            ValueRef::I64(0) | ValueRef::U64(0) => Ok(false),
            ValueRef::I64(1) | ValueRef::U64(1) => Ok(true),
            other => Err(Mismatch::of(&other, "a truth value")),
        }
    }
}

impl FromValue for f64 {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::F64(number) => Ok(number),
            ValueRef::F32(number) => Ok(number.into()),
            #[expect(clippy::cast_precision_loss, reason = "documented: the nearest double")]
            ValueRef::I64(number) => Ok(number as Self),
            #[expect(clippy::cast_precision_loss, reason = "documented: the nearest double")]
            ValueRef::U64(number) => Ok(number as Self),
            ValueRef::Decimal(number) => Ok(number.to_f64()),
            ValueRef::BigDecimal(text) => {
                text.parse().map_err(|_| Mismatch::new("this decimal does not fit a double-precision number"))
            }
            other => Err(Mismatch::of(&other, "a double-precision number")),
        }
    }
}

impl FromValue for f32 {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::F32(number) => Ok(number),
            other => Err(Mismatch::of(&other, "a single-precision number")),
        }
    }
}

impl FromValue for Decimal {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Decimal(number) => Ok(number),
            ValueRef::I64(number) => Ok(number.into()),
            ValueRef::U64(number) => {
                Self::new(number.into(), 0).ok_or_else(|| Mismatch::of(&value, "an exact number"))
            }
            ValueRef::BigDecimal(_) => Err(Mismatch::too_large(&value, "an exact number of 38 digits")),
            other => Err(Mismatch::of(&other, "an exact number")),
        }
    }
}

impl FromValue for String {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Text(text) => Ok(text.to_owned()),
            ValueRef::Json(text) | ValueRef::BigDecimal(text) | ValueRef::Other { text, .. } => {
                Ok(text.into_owned())
            }
            ValueRef::Decimal(number) => Ok(number.to_string()),
            other => Err(Mismatch::of(&other, "text")),
        }
    }
}

impl FromValue for Vec<u8> {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Bytes(bytes) => Ok(bytes.to_owned()),
            other => Err(Mismatch::of(&other, "bytes")),
        }
    }
}

impl FromValue for [u8; 16] {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match value {
            ValueRef::Uuid(uuid) => Ok(uuid),
            ValueRef::Bytes(bytes) => {
                bytes.try_into().map_err(|_| Mismatch::new("bytes, but not 16 of them"))
            }
            other => Err(Mismatch::of(&other, "a UUID")),
        }
    }
}

macro_rules! same {
    ($($type:ty, $variant:ident, $name:literal;)*) => {$(
        impl FromValue for $type {
            #[inline]
            fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
                match value {
                    ValueRef::$variant(value) => Ok(value),
                    other => Err(Mismatch::of(&other, $name)),
                }
            }
        }
    )*};
}

same! {
    Date, Date, "a date";
    Time, Time, "a time";
    DateTime, DateTime, "a timestamp";
    DateTimeTz, DateTimeTz, "a timestamp with time zone";
}

impl FromValue for Timestamp {
    #[inline]
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        DateTimeTz::from_value(value).map(DateTimeTz::timestamp)
    }
}

macro_rules! into_value {
    ($($type:ty => |$value:ident| $made:expr;)*) => {$(
        impl From<$type> for Value {
            fn from($value: $type) -> Self {
                $made
            }
        }
    )*};
}

into_value! {
    bool => |truth| Self::Bool(truth);
    f32 => |number| Self::F32(number);
    f64 => |number| Self::F64(number);
    Decimal => |number| Self::Decimal(number);
    &str => |text| Self::Text(text.to_owned());
    String => |text| Self::Text(text);
    &String => |text| Self::Text(text.clone());
    std::borrow::Cow<'_, str> => |text| Self::Text(text.into_owned());
    &[u8] => |bytes| Self::Bytes(bytes.to_owned());
    Vec<u8> => |bytes| Self::Bytes(bytes);
    [u8; 16] => |uuid| Self::Uuid(uuid);
    Date => |date| Self::Date(date);
    Time => |time| Self::Time(time);
    DateTime => |moment| Self::DateTime(moment);
    DateTimeTz => |moment| Self::DateTimeTz(moment);
    Timestamp => |moment| Self::DateTimeTz(DateTimeTz::utc(moment));
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<ValueRef<'_>> for Value {
    fn from(value: ValueRef<'_>) -> Self {
        value.to_value()
    }
}
