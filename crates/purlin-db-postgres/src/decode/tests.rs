use super::{Format, bytea, decode};
use crate::types::Kind;
use proptest::prelude::*;
use purlin_db::{Decimal, ValueRef};

const KINDS: [Kind; 30] = [
    Kind::Bool,
    Kind::Int2,
    Kind::Int4,
    Kind::Int8,
    Kind::Uint4,
    Kind::Uint8,
    Kind::Float4,
    Kind::Float8,
    Kind::Numeric,
    Kind::Text,
    Kind::Bytea,
    Kind::Date,
    Kind::Time,
    Kind::TimeTz,
    Kind::Timestamp,
    Kind::TimestampTz,
    Kind::Interval,
    Kind::Uuid,
    Kind::Json,
    Kind::Jsonb,
    Kind::Inet,
    Kind::Macaddr,
    Kind::Bit,
    Kind::Array,
    Kind::ArrayOf(142),
    Kind::ArrayOf(3904),
    Kind::Range,
    Kind::Label,
    Kind::Void,
    Kind::Other,
];

fn all(bytes: &[u8]) {
    for kind in KINDS {
        for name in ["", "cidr", "int4range", "numrange", "tstzrange"] {
            for format in [Format::Text, Format::Binary] {
                let _ = decode(kind, format, name, bytes);
            }
        }
    }
    let _ = bytea(bytes);
}

proptest! {
    #[test]
    fn foreign_bytes_are_values_or_errors(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        all(&bytes);
    }

    #[test]
    fn foreign_texts_are_values(text in "[-+:. 0-9a-zA-Z{}\\\\x]{0,32}") {
        all(text.as_bytes());
    }

    /// Heads of arrays that look right: dimensions, flags, type, lengths and bounds.
    #[test]
    fn foreign_arrays_are_text(
        head in proptest::collection::vec(-3_i32..8, 3..16),
        rest in proptest::collection::vec(any::<u8>(), 0..32),
    ) {
        let mut bytes: Vec<u8> = head.into_iter().flat_map(i32::to_be_bytes).collect();
        bytes.extend(rest);
        let decoded = decode(Kind::Array, Format::Binary, "int4[]", &bytes);
        let is_other = matches!(decoded, Ok(ValueRef::Other { .. }));
        prop_assert!(is_other);
    }

    #[test]
    fn decimals_survive_their_text(mantissa in any::<i64>(), scale in 0_u8..=38) {
        let decimal = Decimal::new(mantissa.into(), scale).unwrap();
        let text = decimal.to_string();
        let decoded = decode(Kind::Numeric, Format::Text, "numeric", text.as_bytes()).unwrap();
        prop_assert_eq!(decoded, ValueRef::Decimal(decimal));
    }
}

#[test]
fn the_ends_of_all_ranges_are_values() {
    for micros in [i64::MIN, i64::MIN + 1, -1, 0, i64::MAX - 1, i64::MAX] {
        all(&micros.to_be_bytes());
    }
    for days in [i32::MIN, i32::MIN + 1, -1, 0, i32::MAX - 1, i32::MAX] {
        all(&days.to_be_bytes());
    }
    all(&[0xff; 12]);
    all(&[0xff; 16]);
    // A numeric with the longest fraction, and one with digits that are none.
    all(&[0, 1, 0x80, 0, 0, 0, 0x3f, 0xff, 0x27, 0x0f]);
    all(&[0, 1, 0x7f, 0xff, 0, 0, 0xff, 0xff, 0xff, 0xff]);
}

#[test]
fn bytes_are_read_in_both_forms() {
    assert_eq!(bytea(b"\\x00ff").unwrap(), [0, 255]);
    assert_eq!(bytea(b"a\\000\\377\\\\x").unwrap(), [b'a', 0, 255, b'\\', b'x']);
    assert_eq!(bytea(b"").unwrap(), []);
    for text in [&b"\\x0"[..], b"\\", b"\\8", b"\\400", b"\\12"] {
        assert_eq!(bytea(text), None);
    }
}
