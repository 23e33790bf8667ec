//! From the driver's values to ours.

pub(crate) mod calendar;

use crate::wire::Kind;
use purlin_core::{Error, ErrorKind, Outcome, Result};
use purlin_db::{Decimal, ValueRef};
use std::borrow::Cow;
use tiberius::ColumnData;

/// How many digits money has behind the point.
const MONEY_SCALE: u8 = 4;

/// A value; `money` is the exact one where the column is of that type.
pub(crate) fn decode<'r>(
    data: &'r ColumnData<'static>,
    kind: &'r Kind,
    money: Option<i64>,
) -> Result<ValueRef<'r>> {
    let value = match data {
        ColumnData::U8(value) => value.map(|value| ValueRef::I64(value.into())),
        ColumnData::I16(value) => value.map(|value| ValueRef::I64(value.into())),
        ColumnData::I32(value) => value.map(|value| ValueRef::I64(value.into())),
        ColumnData::I64(value) => value.map(ValueRef::I64),
        ColumnData::F32(value) => value.map(ValueRef::F32),
        ColumnData::F64(value) => match (value, money) {
            (Some(_), Some(money)) => Decimal::new(money.into(), MONEY_SCALE).map(ValueRef::Decimal),
            (value, _) => value.map(ValueRef::F64),
        },
        ColumnData::Bit(value) => value.map(ValueRef::Bool),
        ColumnData::String(value) => value.as_deref().map(ValueRef::Text),
        ColumnData::Guid(value) => value.map(|value| ValueRef::Uuid(*value.as_bytes())),
        ColumnData::Binary(value) => value.as_deref().map(|bytes| match kind.is_foreign {
            true => ValueRef::Other {
                type_name: Cow::Borrowed(&kind.name),
                text: Cow::Owned(ValueRef::Bytes(bytes).to_string()),
            },
            false => ValueRef::Bytes(bytes),
        }),
        ColumnData::Numeric(None) => None,
        ColumnData::Numeric(Some(value)) => {
            let exact = Decimal::new(value.value(), value.scale());
            Some(ValueRef::Decimal(exact.ok_or_else(|| wrong(kind))?))
        }
        ColumnData::Xml(value) => value.as_deref().map(|xml| ValueRef::Other {
            type_name: Cow::Borrowed("xml"),
            text: Cow::Borrowed(xml.as_ref()),
        }),
        moment => calendar::decode(moment).ok_or_else(|| wrong(kind))?,
    };
    Ok(value.unwrap_or(ValueRef::Null))
}

fn wrong(kind: &Kind) -> Error {
    Error::new(ErrorKind::Protocol, format!("bytes that are no {}", kind.name))
        .with_operation("db.row")
        .with_outcome(Outcome::Sent)
}
