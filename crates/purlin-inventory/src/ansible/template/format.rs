//! Python's two ways to put values into a text: `'%s' % x` and `'{}'.format(x)`.

use super::python::{repr_text, to_text};
use super::text::bounded;
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{Error, ErrorKind};

/// How a value is written into its place.
#[derive(Default)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    /// `+` or a space before numbers that are not negative.
    sign: Option<char>,
    is_prefixed: bool,
    width: usize,
    precision: Option<usize>,
    kind: Option<char>,
}

fn failed(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

fn unknown(text: &str) -> Error {
    Error::new(ErrorKind::UnknownFilter, format!("the format '{text}' is not understood here"))
}

/// `text % values`.
pub(super) fn percent(text: &str, values: &Value) -> Result<String, Error> {
    let is_map = values.kind() == ValueKind::Map;
    let mut values_left = match values.is_tuple() {
        true => values.try_iter()?.checked().collect::<Result<Vec<_>, _>>()?,
        false => vec![values.clone()],
    }
    .into_iter();
    let mut out = String::new();
    let mut rest = text;
    let mut is_used = false;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let (spec, key, left) = percent_spec(after)?;
        rest = left;
        let kind = spec.kind.unwrap_or_default();
        if kind == '%' {
            out.push('%');
            continue;
        }
        let value = match key {
            Some(key) if is_map => {
                is_used = true;
                let value = values.get_item(&Value::from(key))?;
                if value.is_undefined() {
                    return Err(failed(format!("there is no '{key}' to put into the text")));
                }
                value
            }
            Some(_) => return Err(failed("the text asks for a map of values")),
            None => values_left.next().ok_or_else(|| failed("too few values for the text"))?,
        };
        write(&mut out, &value, &spec)?;
        bounded(out.len())?;
    }
    if !(values_left.len() == 0 || is_map || is_used) {
        return Err(failed("more values than the text has places for"));
    }
    Ok(out + rest)
}

fn percent_spec(text: &str) -> Result<(Spec, Option<&str>, &str), Error> {
    let (key, rest) = match text.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
        Some((key, rest)) => (Some(key), rest),
        None => (None, text),
    };
    let flags = rest.len() - rest.trim_start_matches(['-', '+', ' ', '0', '#']).len();
    let (flags, rest) = rest.split_at(flags);
    let (width, rest) = digits(rest)?;
    let (precision, rest) = match rest.strip_prefix('.') {
        Some(rest) => digits(rest).map(|(number, rest)| (Some(number), rest))?,
        None => (None, rest),
    };
    let rest = rest.trim_start_matches(['h', 'l', 'L']);
    let mut letters = rest.chars();
    let kind = match letters.next().ok_or_else(|| failed("the format is not complete"))? {
        'i' | 'u' => 'd',
        kind @ ('d' | 'x' | 'X' | 'o' | 'f' | 'F' | 's' | 'r' | '%') => kind,
        kind => return Err(unknown(&format!("%{kind}"))),
    };
    let is_number = !matches!(kind, 's' | 'r');
    let align = match flags.contains('-') {
        true => '<',
        false if flags.contains('0') && is_number => '=',
        false => '>',
    };
    let spec = Spec {
        fill: (align == '=').then_some('0'),
        align: Some(align),
        sign: ['+', ' '].into_iter().find(|sign| flags.contains(*sign)),
        is_prefixed: flags.contains('#'),
        width,
        precision,
        kind: Some(kind),
    };
    Ok((spec, key, letters.as_str()))
}

/// A number that may be missing, and what follows it.
fn digits(text: &str) -> Result<(usize, &str), Error> {
    let end = text.len() - text.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
    let (number, rest) = text.split_at(end);
    let number = if number.is_empty() { 0 } else { number.parse().unwrap_or(usize::MAX) };
    bounded(number)?;
    Ok((number, rest))
}

/// `text.format(…)`.
pub(super) fn braces(text: &str, values: &[Value], named: &Kwargs) -> Result<String, Error> {
    let mut out = String::new();
    let (mut rest, mut next) = (text, 0);
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
            out.push_str(from.get(..1).unwrap_or_default());
            rest = after;
            continue;
        }
        let inner = from.strip_prefix('{').ok_or_else(|| failed("a single } in the format"))?;
        let (field, after) = inner.split_once('}').ok_or_else(|| failed("a single { in the format"))?;
        rest = after;
        let (name, spec) = field.split_once(':').unwrap_or((field, ""));
        let (name, conversion) = name.split_once('!').map_or((name, None), |(name, how)| (name, Some(how)));
        let value = match name.parse::<usize>() {
            Ok(index) => values.get(index).cloned(),
            Err(_) if name.is_empty() => {
                next += 1;
                values.get(next - 1).cloned()
            }
            Err(_) if name.contains(['.', '[', '{']) => return Err(unknown(field)),
            Err(_) => named.get::<Option<Value>>(name)?,
        };
        let value = value.ok_or_else(|| failed(format!("the format has no value for '{{{field}}}'")))?;
        let value = match conversion {
            None => value,
            Some("s") => to_text(&value)?.into(),
            Some("r") => repr_text(&value)?.into(),
            Some(_) => return Err(unknown(field)),
        };
        write(&mut out, &value, &brace_spec(spec, &value)?)?;
        bounded(out.len())?;
    }
    Ok(out + rest)
}

fn brace_spec(text: &str, value: &Value) -> Result<Spec, Error> {
    let mut spec = Spec::default();
    let mut rest = text;
    let mut letters = rest.chars();
    let (first, second) = (letters.next(), letters.next());
    let is_align = |letter: Option<char>| letter.filter(|letter| "<>^=".contains(*letter));
    if let (Some(fill), Some(align)) = (first, is_align(second)) {
        (spec.fill, spec.align) = (Some(fill), Some(align));
        rest = letters.as_str();
    } else if let Some(align) = is_align(first) {
        spec.align = Some(align);
        rest = rest.get(1..).unwrap_or_default();
    }
    for sign in ['+', ' ', '-'] {
        if let Some(after) = rest.strip_prefix(sign) {
            (spec.sign, rest) = (Some(sign).filter(|sign| *sign != '-'), after);
            break;
        }
    }
    if let Some(after) = rest.strip_prefix('#') {
        (spec.is_prefixed, rest) = (true, after);
    }
    let is_number = value.kind() == ValueKind::Number;
    if let Some(after) = rest.strip_prefix('0').filter(|_| spec.align.is_none() && is_number) {
        (spec.fill, spec.align, rest) = (Some('0'), Some('='), after);
    }
    (spec.width, rest) = digits(rest)?;
    if let Some(after) = rest.strip_prefix('.') {
        let (number, after) = digits(after)?;
        (spec.precision, rest) = (Some(number), after);
    }
    spec.kind = match (rest, is_number) {
        ("", true) if spec.precision.is_none() => Some(if value.is_integer() { 'd' } else { 's' }),
        ("", false) if value.as_str().is_some() || text.is_empty() => Some('s'),
        ("s", false) if value.as_str().is_some() => Some('s'),
        ("d" | "x" | "X" | "o", true) if value.is_integer() => rest.chars().next(),
        ("f" | "F", true) => Some('f'),
        ("d" | "x" | "X" | "o" | "f" | "F", _) if value.as_str().is_some() => {
            return Err(failed(format!("the format '{text}' is none of a text")));
        }
        _ => return Err(unknown(text)),
    };
    if spec.align.is_none() {
        spec.align = Some(if is_number { '>' } else { '<' });
    }
    Ok(spec)
}

fn write(out: &mut String, value: &Value, spec: &Spec) -> Result<(), Error> {
    let kind = spec.kind.unwrap_or('s');
    let text = match kind {
        's' => cut(to_text(value)?, spec.precision),
        'r' => cut(repr_text(value)?, spec.precision),
        'f' | 'F' => float(value, spec.precision.unwrap_or(6))?,
        _ => integer(value, kind, spec)?,
    };
    let is_negative = text.starts_with('-');
    let sign = spec.sign.filter(|_| !matches!(kind, 's' | 'r') && !is_negative);
    let text = sign.map(String::from).unwrap_or_default() + &text;
    let missing = spec.width.saturating_sub(text.chars().count());
    let fill = |count: usize| String::from(spec.fill.unwrap_or(' ')).repeat(count);
    bounded(missing)?;
    match spec.align {
        Some('<') => *out += &(text + &fill(missing)),
        Some('^') => *out += &(fill(missing / 2) + &text + &fill(missing - missing / 2)),
        Some('=') => {
            let signs = text.len() - text.trim_start_matches(['-', '+', ' ']).len();
            let (sign, digits) = text.split_at(signs);
            *out += &(sign.to_owned() + &fill(missing) + digits);
        }
        _ => *out += &(fill(missing) + &text),
    }
    Ok(())
}

fn cut(text: String, length: Option<usize>) -> String {
    match length {
        Some(length) => text.chars().take(length).collect(),
        None => text,
    }
}

fn float(value: &Value, precision: usize) -> Result<String, Error> {
    let number = match value.kind() {
        ValueKind::Number => f64::try_from(value.clone())?,
        ValueKind::Bool => f64::from(u8::from(value.is_true())),
        kind => return Err(failed(format!("a number is needed, not a {kind}"))),
    };
    if precision > 300 || !number.is_finite() {
        return Err(unknown("f"));
    }
    Ok(format!("{number:.precision$}"))
}

fn integer(value: &Value, kind: char, spec: &Spec) -> Result<String, Error> {
    let number = match value.kind() {
        ValueKind::Bool => i128::from(value.is_true()),
        ValueKind::Number if value.is_integer() => i128::try_from(value.clone())?,
        ValueKind::Number if kind == 'd' => {
            let number = f64::try_from(value.clone())?;
            super::filters::truncated(number).ok_or_else(|| unknown("d"))?
        }
        kind => return Err(failed(format!("a whole number is needed, not a {kind}"))),
    };
    if spec.precision.is_some() {
        return Err(unknown("d"));
    }
    let sign = if number < 0 { "-" } else { "" };
    let size = number.unsigned_abs();
    let prefix = |prefix: &'static str| if spec.is_prefixed { prefix } else { "" };
    Ok(match kind {
        'x' => format!("{sign}{}{size:x}", prefix("0x")),
        'X' => format!("{sign}{}{size:X}", prefix("0X")),
        'o' => format!("{sign}{}{size:o}", prefix("0o")),
        _ => format!("{sign}{size}"),
    })
}
