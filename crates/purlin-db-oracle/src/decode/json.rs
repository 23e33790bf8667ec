//! JSON as text: the server sends it in a binary form.

use oracledb::{JsonValue, Vector, VectorData};
use std::fmt::{Display, Write as _};

/// The text of a value. The driver forgets the order of an object's members; they come sorted by name. What JSON has no
/// type for is a string: moments, spans and bytes.
pub(crate) fn text(value: &JsonValue) -> String {
    let mut text = String::new();
    write(&mut text, value);
    text
}

fn write(text: &mut String, value: &JsonValue) {
    match value {
        JsonValue::Null => text.push_str("null"),
        JsonValue::Boolean(truth) => text.push_str(if *truth { "true" } else { "false" }),
        JsonValue::Number(number) => show(text, number),
        JsonValue::BinaryDouble(number) => float(text, *number),
        JsonValue::BinaryFloat(number) => match number.is_finite() {
            true => show(text, number),
            false => quote(text, &number.to_string()),
        },
        JsonValue::String(string) => quote(text, string),
        JsonValue::JsonArray(values) => list(text, values.iter(), write),
        JsonValue::JsonObject(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_by_key(|(name, _)| *name);
            text.push('{');
            for (place, (name, member)) in sorted.into_iter().enumerate() {
                text.push_str(if place > 0 { "," } else { "" });
                quote(text, name);
                text.push(':');
                write(text, member);
            }
            text.push('}');
        }
        JsonValue::Timestamp(moment) => quote(text, &moment.to_string()),
        JsonValue::IntervalDS(span) => quote(text, &span.to_string()),
        JsonValue::IntervalYM(span) => quote(text, &span.to_string()),
        JsonValue::Raw(bytes) | JsonValue::JsonId(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            quote(text, &digits);
        }
        JsonValue::Vector(vector) => self::vector(text, vector),
    }
}

fn vector(text: &mut String, vector: &Vector) {
    match vector {
        Vector::Dense(data) => numbers(text, data),
        Vector::Sparse(sparse) => {
            // As Oracle writes it: the number of dimensions, those that are not 0, and their values.
            text.push('[');
            show(text, sparse.num_dimensions());
            text.push(',');
            list(text, sparse.indices().iter(), show);
            text.push(',');
            numbers(text, sparse.values());
            text.push(']');
        }
    }
}

fn numbers(text: &mut String, data: &VectorData) {
    match data {
        VectorData::Float32(values) => {
            list(text, values.iter(), |text, value| float(text, f64::from(*value)))
        }
        VectorData::Float64(values) => list(text, values.iter(), |text, value| float(text, *value)),
        VectorData::Int8(values) => list(text, values.iter(), show),
        VectorData::Binary(values) => list(text, values.iter(), show),
    }
}

fn list<T>(text: &mut String, values: impl Iterator<Item = T>, each: fn(&mut String, T)) {
    text.push('[');
    for (place, value) in values.enumerate() {
        text.push_str(if place > 0 { "," } else { "" });
        each(text, value);
    }
    text.push(']');
}

fn float(text: &mut String, number: f64) {
    match number.is_finite() {
        true => show(text, number),
        false => quote(text, &number.to_string()),
    }
}

fn show(text: &mut String, value: impl Display) {
    // Writing to a String does not fail.
    let _ = write!(text, "{value}");
}

fn quote(text: &mut String, string: &str) {
    text.push('"');
    for letter in string.chars() {
        match letter {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            control if control < ' ' => {
                let _ = write!(text, "\\u{:04x}", u32::from(control));
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use super::text;
    use oracledb::JsonValue;
    use std::collections::HashMap;

    #[test]
    fn json_is_written_in_one_order() {
        let members = [
            ("b", JsonValue::JsonArray(vec![JsonValue::Null, JsonValue::Boolean(true)])),
            ("a\"\n\u{1}", JsonValue::Number("12.50".parse().unwrap())),
            ("c", JsonValue::Raw(vec![0xca, 0xfe])),
            ("d", JsonValue::BinaryDouble(f64::NAN)),
        ];
        let members: HashMap<_, _> =
            members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let expected = "{\"a\\\"\\n\\u0001\":12.5,\"b\":[null,true],\"c\":\"CAFE\",\"d\":\"NaN\"}";
        assert_eq!(text(&JsonValue::JsonObject(members)), expected);
    }
}
