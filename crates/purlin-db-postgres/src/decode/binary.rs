//! The binary format: what a type's `…_send` function writes.

use super::{broken, calendar, hexadecimal, nested, numeric, textual};
use crate::types::Kind;
use purlin_core::Result;
use purlin_db::{Time, ValueRef};
use std::borrow::Cow;

pub(super) fn decode<'r>(kind: Kind, name: &'r str, bytes: &'r [u8]) -> Result<ValueRef<'r>> {
    simple(kind, name, bytes).or_else(|| special(kind, name, bytes)).ok_or_else(|| broken(name, bytes))
}

fn fixed<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    bytes.try_into().ok()
}

fn simple<'r>(kind: Kind, name: &'r str, bytes: &'r [u8]) -> Option<ValueRef<'r>> {
    Some(match kind {
        Kind::Bool => ValueRef::Bool(fixed::<1>(bytes)?[0] != 0),
        Kind::Int2 => ValueRef::I64(i16::from_be_bytes(fixed(bytes)?).into()),
        Kind::Int4 => ValueRef::I64(i32::from_be_bytes(fixed(bytes)?).into()),
        Kind::Int8 => ValueRef::I64(i64::from_be_bytes(fixed(bytes)?)),
        Kind::Uint4 => ValueRef::I64(u32::from_be_bytes(fixed(bytes)?).into()),
        Kind::Uint8 => ValueRef::U64(u64::from_be_bytes(fixed(bytes)?)),
        Kind::Float4 => ValueRef::F32(f32::from_be_bytes(fixed(bytes)?)),
        Kind::Float8 => ValueRef::F64(f64::from_be_bytes(fixed(bytes)?)),
        Kind::Numeric => numeric::binary(bytes)?,
        Kind::Text => textual(bytes),
        Kind::Bytea => ValueRef::Bytes(bytes),
        Kind::Date => calendar::date(name, i32::from_be_bytes(fixed(bytes)?)),
        Kind::Time => ValueRef::Time(Time::from_nanos(i64::from_be_bytes(fixed(bytes)?).checked_mul(1000)?)),
        Kind::Timestamp => calendar::timestamp(name, i64::from_be_bytes(fixed(bytes)?)),
        Kind::TimestampTz => calendar::timestamptz(name, i64::from_be_bytes(fixed(bytes)?)),
        Kind::Uuid => ValueRef::Uuid(fixed(bytes)?),
        Kind::Json => ValueRef::Json(std::str::from_utf8(bytes).ok()?.into()),
        Kind::Jsonb => ValueRef::Json(std::str::from_utf8(bytes.strip_prefix(&[1])?).ok()?.into()),
        _ => return None,
    })
}

fn special<'r>(kind: Kind, name: &'r str, bytes: &'r [u8]) -> Option<ValueRef<'r>> {
    let text: Cow<'r, str> = match kind {
        Kind::TimeTz => timetz(bytes)?.into(),
        Kind::Interval => interval(bytes)?.into(),
        Kind::Inet => inet(bytes, name == "cidr")?.into(),
        Kind::Macaddr => macaddr(bytes).into(),
        Kind::Bit => bits(bytes)?.into(),
        Kind::Label => String::from_utf8_lossy(bytes),
        Kind::Void => "".into(),
        Kind::Array => nested::array(bytes, None).unwrap_or_else(|| hexadecimal(bytes)).into(),
        Kind::ArrayOf(oid) => nested::array(bytes, Some(oid)).unwrap_or_else(|| hexadecimal(bytes)).into(),
        Kind::Range => nested::range(name, bytes).unwrap_or_else(|| hexadecimal(bytes)).into(),
        Kind::Other => hexadecimal(bytes).into(),
        _ => return None,
    };
    Some(ValueRef::Other { type_name: name.into(), text })
}

fn timetz(bytes: &[u8]) -> Option<String> {
    let (time, zone) = bytes.split_at_checked(8)?;
    let (time, west) = (i64::from_be_bytes(fixed(time)?), i32::from_be_bytes(fixed(zone)?));
    Some(calendar::clock_text(time) + &calendar::zone_text(-i64::from(west)))
}

fn interval(bytes: &[u8]) -> Option<String> {
    let (micros, rest) = bytes.split_at_checked(8)?;
    let (days, months) = rest.split_at_checked(4)?;
    let (days, months) = (i32::from_be_bytes(fixed(days)?), i32::from_be_bytes(fixed(months)?));
    Some(calendar::interval_text(months, days, i64::from_be_bytes(fixed(micros)?)))
}

/// Family, bits of the net, whether it is a net, length, address; `cidr` always tells its net.
fn inet(bytes: &[u8], is_cidr: bool) -> Option<String> {
    let (head, address) = bytes.split_at_checked(4)?;
    let bits = *head.get(1)?;
    let (address, all) = match address.len() {
        4 => (std::net::IpAddr::from(fixed::<4>(address)?), 32),
        16 => (std::net::IpAddr::from(fixed::<16>(address)?), 128),
        _ => return None,
    };
    Some(if bits == all && !is_cidr { address.to_string() } else { format!("{address}/{bits}") })
}

fn macaddr(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

fn bits(bytes: &[u8]) -> Option<String> {
    let (count, data) = bytes.split_at_checked(4)?;
    let count = usize::try_from(i32::from_be_bytes(fixed(count)?)).ok()?;
    if data.len() != count.div_ceil(8) {
        return None;
    }
    let bit = |at: usize| if data[at / 8] >> (7 - at % 8) & 1 == 1 { '1' } else { '0' };
    Some((0..count).map(bit).collect())
}
