//! What a plain scalar means.

use super::super::number::{Natural, integer};
use super::{Dialect, time};
use crate::Value;

/// What a plain scalar is.
#[derive(Debug, PartialEq)]
pub(super) enum Plain {
    Null,
    Bool(bool),
    Number(Value),
    /// A date, or a date with a time, as Python prints it.
    Time(String),
    /// The key `<<`.
    Merge,
    /// The key `=`.
    Default,
    Text,
}

/// What the text is. The error says why Ansible refuses it.
pub(super) fn resolve(text: &str, dialect: Dialect) -> Result<Plain, String> {
    match dialect {
        Dialect::Ansible => resolve_yaml11(text),
        Dialect::Core => Ok(resolve_core(text)),
    }
}

/// YAML 1.1 with the rules of PyYAML's safe loader.
fn resolve_yaml11(text: &str) -> Result<Plain, String> {
    let Some(first) = text.bytes().next() else {
        return Ok(Plain::Null);
    };
    Ok(match first {
        b'~' if text == "~" => Plain::Null,
        b'n' | b'N' if matches!(text, "null" | "Null" | "NULL") => Plain::Null,
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' => {
            truth(text).map_or(Plain::Text, Plain::Bool)
        }
        b'<' if text == "<<" => Plain::Merge,
        b'=' if text == "=" => Plain::Default,
        b'0'..=b'9' | b'-' | b'+' | b'.' => {
            if let Some(number) = integer_yaml11(text)? {
                Plain::Number(number)
            } else if let Some(number) = float_yaml11(text) {
                Plain::Number(number.into())
            } else if first.is_ascii_digit() {
                time::read(text)?.map_or(Plain::Text, Plain::Time)
            } else {
                Plain::Text
            }
        }
        _ => Plain::Text,
    })
}

/// The truth words of YAML 1.1, in the three spellings that count.
fn truth(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// `12`, `-0755` (octal), `0x1F`, `0b101`, `1_000`, `190:20:30` (base 60).
pub(super) fn integer_yaml11(text: &str) -> Result<Option<Value>, String> {
    let (negative, body) = signed(text);
    let all = |digits: &str, known: fn(&u8) -> bool| {
        !digits.is_empty() && digits.bytes().all(|byte| byte == b'_' || known(&byte))
    };
    let (digits, radix) = if let Some(digits) = body.strip_prefix("0b") {
        (all(digits, |byte| matches!(byte, b'0' | b'1')).then_some(digits), 2)
    } else if let Some(digits) = body.strip_prefix("0x") {
        (all(digits, u8::is_ascii_hexdigit).then_some(digits), 16)
    } else if body == "0" {
        (Some(body), 10)
    } else if let Some(digits) = body.strip_prefix('0') {
        (all(digits, |byte| matches!(byte, b'0'..=b'7')).then_some(digits), 8)
    } else if body.contains(':') {
        return sexagesimal(negative, body);
    } else {
        let digits = body.starts_with(|first: char| first.is_ascii_digit()) && all(body, u8::is_ascii_digit);
        (digits.then_some(body), 10)
    };
    let Some(digits) = digits else {
        return Ok(None);
    };
    let digits = digits.replace('_', "");
    if digits.is_empty() && radix == 8 {
        return Ok(Some(Value::Int(0)));
    }
    match integer(negative, &digits, radix) {
        Some(number) => Ok(Some(number)),
        None if digits.is_empty() => Err(format!("{text} has no digits")),
        None => Err("a number of more than 4300 digits".to_owned()),
    }
}

fn is_sixtieth(part: &str) -> bool {
    match part.as_bytes() {
        [one] => one.is_ascii_digit(),
        [ten, one] => matches!(ten, b'0'..=b'5') && one.is_ascii_digit(),
        _ => false,
    }
}

fn sexagesimal(negative: bool, body: &str) -> Result<Option<Value>, String> {
    let mut parts = body.split(':');
    let first = parts.next().unwrap_or_default();
    let leads = first.starts_with(|first: char| matches!(first, '1'..='9'));
    if !leads || !first.bytes().all(|byte| byte == b'_' || byte.is_ascii_digit()) {
        return Ok(None);
    }
    let parts: Vec<&str> = parts.collect();
    if !parts.iter().all(|part| is_sixtieth(part)) {
        return Ok(None);
    }
    let number = || {
        let mut number = Natural::from_digits(&first.replace('_', ""), 10)?;
        for part in parts {
            number.scale(60, part.parse().ok()?)?;
        }
        number.value(negative)
    };
    number().map(Some).ok_or_else(|| "a number of more than 4300 digits".to_owned())
}

/// `1.5`, `1.0e+3` (the sign of the exponent is needed), `.5`, `190:20:30.15` (base 60), `-.inf`, `.nan`.
fn float_yaml11(text: &str) -> Option<f64> {
    let (negative, body) = signed(text);
    let sign = if negative { -1.0 } else { 1.0 };
    match body {
        ".inf" | ".Inf" | ".INF" => return Some(sign * f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if body.len() == text.len() => return Some(f64::NAN),
        _ => {}
    }
    let (whole, fraction) = body.split_once('.')?;
    let is_digits = |digits: &str| digits.bytes().all(|byte| byte == b'_' || byte.is_ascii_digit());
    if let Some((first, sixtieths)) = whole.split_once(':') {
        let starts = first.starts_with(|first: char| first.is_ascii_digit());
        let fits = starts && is_digits(first) && sixtieths.split(':').all(is_sixtieth) && is_digits(fraction);
        return fits.then(|| sign * sexagesimal_float(body));
    }
    let (fraction, exponent) = match fraction.split_once(['e', 'E']) {
        None => (fraction, None),
        Some((fraction, exponent)) => (fraction, Some(exponent)),
    };
    let digits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    let starts = match whole.as_bytes().first() {
        Some(first) => first.is_ascii_digit(),
        None => body.len() == text.len() && fraction.starts_with(|first: char| first.is_ascii_digit()),
    };
    if !(digits && starts && is_digits(whole) && is_digits(fraction)) {
        return None;
    }
    body.replace('_', "").parse::<f64>().ok().map(|number| sign * number)
}

/// Added from the last part on, as Python does, so that roundings are the same.
fn sexagesimal_float(body: &str) -> f64 {
    let (mut sum, mut base) = (0.0, 1.0);
    for part in body.rsplit(':') {
        sum += part.replace('_', "").parse::<f64>().unwrap_or(0.0) * base;
        base *= 60.0;
    }
    sum
}

/// What `!!float` makes of a text; none where it is no number.
pub(super) fn float_explicit(text: &str) -> Option<f64> {
    let text = text.replace('_', "").to_ascii_lowercase();
    if let Some(number) = float_yaml11(&text) {
        return Some(number);
    }
    let (negative, body) = signed(&text);
    let number =
        if body.contains(':') { sexagesimal_float(body) } else { body.trim().parse::<f64>().ok()? };
    Some(if negative { -number } else { number })
}

/// What `!!bool` makes of a text.
pub(super) fn bool_explicit(text: &str) -> Option<bool> {
    truth(&text.to_ascii_lowercase())
}

/// The core schema of YAML 1.2 (chapter 10.3.2 of the specification).
fn resolve_core(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Null,
        "true" | "True" | "TRUE" => return Plain::Bool(true),
        "false" | "False" | "FALSE" => return Plain::Bool(false),
        // Not of the schema, but who writes it as a key means a merge.
        "<<" => return Plain::Merge,
        ".nan" | ".NaN" | ".NAN" => return Plain::Number(f64::NAN.into()),
        _ => {}
    }
    let (negative, body) = signed(text);
    if matches!(body, ".inf" | ".Inf" | ".INF") {
        return Plain::Number(if negative { f64::NEG_INFINITY } else { f64::INFINITY }.into());
    }
    let unsigned = body.len() == text.len();
    let whole = if let (Some(digits), true) = (body.strip_prefix("0o"), unsigned) {
        (digits, 8)
    } else if let (Some(digits), true) = (body.strip_prefix("0x"), unsigned) {
        (digits, 16)
    } else {
        (body, 10)
    };
    let is_whole = !whole.0.is_empty() && whole.0.chars().all(|digit| digit.is_digit(whole.1));
    if is_whole && let Some(number) = integer(negative, whole.0, whole.1) {
        return Plain::Number(number);
    }
    match is_core_float(body).then(|| text.parse::<f64>()) {
        Some(Ok(number)) => Plain::Number(number.into()),
        _ => Plain::Text,
    }
}

fn is_core_float(body: &str) -> bool {
    let is_digits = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let (number, exponent) = match body.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (body, None),
    };
    let number = match number.split_once('.') {
        Some(("", fraction)) => is_digits(fraction),
        Some((whole, fraction)) => is_digits(whole) && (fraction.is_empty() || is_digits(fraction)),
        None => is_digits(number),
    };
    number && exponent.is_none_or(|exponent| is_digits(signed(exponent).1))
}
