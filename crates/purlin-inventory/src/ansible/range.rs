//! Names of hosts: ports and ranges.

use crate::Value;
use std::fmt::Write;
use std::net::Ipv6Addr;

/// How many ranges one name may have.
const MAX_RANGES: usize = 64;
/// How many bytes a name with ranges may have: every one is written for every host that it stands for.
const MAX_NAME: usize = 256;
/// The order of letters in a range.
const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Whether a name with a range is still a name that can have a port.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ranges {
    Allowed,
    Refused,
}

/// Splits `name:port` and `[name]:port`. What does not look like that, or whose name is no host name or address, is a
/// name as a whole: so does Ansible. Port 0 is none.
pub(crate) fn split_port(text: &str, ranges: Ranges) -> (&str, Option<Value>) {
    let (mut name, mut port) = (text, None);
    if let Some((inner, digits)) = bracketed(name) {
        (name, port) = (inner, Some(digits));
    }
    if let Some((inner, digits)) = with_port(name) {
        (name, port) = (inner, Some(digits));
    }
    let is_name = || is_hostname(name) || is_ipv6(name);
    let Some(digits) = port else {
        return (text, None);
    };
    if !is_name() || (ranges == Ranges::Refused && name.contains('[')) {
        return (text, None);
    }
    let digits = digits.trim_start_matches('0');
    let port = match digits.parse() {
        _ if digits.is_empty() => None,
        Ok(number) => Some(Value::Int(number)),
        Err(_) => Some(Value::BigInt(digits.into())),
    };
    (name, port)
}

fn bracketed(text: &str) -> Option<(&str, &str)> {
    let (front, digits) = port_of(text)?;
    let inner = front.strip_prefix('[')?.strip_suffix(']')?;
    (!inner.is_empty()).then_some((inner, digits))
}

fn with_port(text: &str) -> Option<(&str, &str)> {
    let (front, digits) = port_of(text)?;
    let mut rest = front;
    while let Some(index) = rest.find([':', '[', ']']) {
        if !rest[index..].starts_with('[') {
            return None;
        }
        rest = &rest[index + rest[index..].find(']')? + 1..];
    }
    Some((front, digits))
}

/// Python refuses to read longer numbers.
const MAX_DIGITS: usize = 4300;

fn port_of(text: &str) -> Option<(&str, &str)> {
    let (front, digits) = text.rsplit_once(':')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && digits.len() <= MAX_DIGITS).then_some((front, digits))
}

/// Labels of letters, digits, `_`, `-` and ranges, joined by dots; none ends with `_` or `-` or begins with `-`.
fn is_hostname(name: &str) -> bool {
    let mut rest = name;
    let mut last = None;
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            '[' => match range_at(rest, |letter| letter.is_ascii_digit()).or_else(|| letters_at(rest)) {
                Some(length) => length,
                None => return false,
            },
            '.' if matches!(last, None | Some('_' | '-' | '.')) => return false,
            '-' if matches!(last, None | Some('.')) => return false,
            '.' | '-' | '_' => 1,
            letter if letter.is_alphanumeric() => letter.len_utf8(),
            _ => return false,
        };
        last = Some(letter);
        rest = &rest[length..];
    }
    !matches!(last, None | Some('_' | '-' | '.'))
}

/// The length of `[x:y]` or `[x:y:n]` at the start of a text, x and y of such letters.
fn range_at(text: &str, of: impl Fn(char) -> bool) -> Option<usize> {
    let (inside, _) = text.strip_prefix('[')?.split_once(']')?;
    let mut parts = inside.split(':');
    let full = |part: Option<&str>, of: &dyn Fn(char) -> bool| {
        part.is_some_and(|part| !part.is_empty() && part.chars().all(of))
    };
    let bounds = full(parts.next(), &of) && full(parts.next(), &of);
    let step = match parts.next() {
        Some(step) => full(Some(step), &|letter| letter.is_ascii_digit()),
        None => true,
    };
    (bounds && step && parts.next().is_none()).then_some(inside.len() + 2)
}

fn letters_at(text: &str) -> Option<usize> {
    let length = range_at(text, |letter| letter.is_ascii_alphanumeric())?;
    let bytes = text.as_bytes();
    let letter = |index: usize| bytes.get(index).is_some_and(u8::is_ascii_alphabetic);
    (letter(1) && bytes.get(2) == Some(&b':') && letter(3) && matches!(bytes.get(4), Some(b':' | b']')))
        .then_some(length)
}

/// An address, each part of which can be a range.
fn is_ipv6(name: &str) -> bool {
    if !name.contains(':') {
        return false;
    }
    let mut plain = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(index) = rest.find('[') {
        let in_v4 = rest[..index].contains('.') || rest[index..].contains('.');
        let length = range_at(&rest[index..], |letter| {
            letter.is_ascii_digit() || (!in_v4 && letter.is_ascii_hexdigit())
        });
        let Some(length) = length else { return false };
        plain.push_str(&rest[..index]);
        plain.push('1');
        rest = &rest[index + length..];
    }
    plain.push_str(rest);
    plain.parse::<Ipv6Addr>().is_ok()
}

/// Why a name with ranges cannot be used, and where in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RangeFault {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) help: &'static str,
    /// Bytes before the fault.
    pub(crate) offset: usize,
}

const FORM: &str = "a range is [first:last] or [first:last:step], of numbers or of single letters";

impl RangeFault {
    fn new(message: impl Into<String>) -> Self {
        Self { code: "host-range", message: message.into(), help: FORM, offset: 0 }
    }
}

/// The names that a name with ranges stands for, in order, to `each`. At most `left` are made, and taken off it.
pub(crate) fn expand(text: &str, left: &mut u64, each: &mut dyn FnMut(&str)) -> Result<(), RangeFault> {
    if !text.contains('[') {
        take(left, 1)?;
        each(text);
        return Ok(());
    }
    if text.matches('[').count() > MAX_RANGES {
        return Err(RangeFault::new(format!("a name with more than {MAX_RANGES} ranges")));
    }
    if text.len() > MAX_NAME {
        return Err(RangeFault::new(format!("a name with ranges of more than {MAX_NAME} bytes")));
    }
    // How many there are is known only when all ranges are: nothing is made before the last one is known to be good.
    let mut counted = *left;
    count(text, &mut counted)?;
    write_names(text, &mut |name| {
        *left = left.saturating_sub(1);
        each(name);
    })
}

fn take(left: &mut u64, hosts: u64) -> Result<(), RangeFault> {
    match left.checked_sub(hosts) {
        Some(rest) => {
            *left = rest;
            Ok(())
        }
        None => Err(RangeFault {
            code: "too-many-hosts",
            message: "more hosts than the limit allows".to_owned(),
            help: "make the range smaller, or raise the limit on hosts",
            offset: 0,
        }),
    }
}

/// Every range after the first is the same in all names that the first makes.
fn count(text: &str, left: &mut u64) -> Result<(), RangeFault> {
    let (mut rest, mut hosts, mut offset) = (text.to_owned(), 1u64, 0);
    while let Some(at) = rest.find('[') {
        let fault = |fault: RangeFault| RangeFault { offset: offset + at, ..fault };
        let parts = Parts::of(&rest).map_err(fault)?;
        let numbers = parts.sequence().map_err(fault)?;
        hosts = hosts.saturating_mul(numbers.count);
        take(&mut { *left }, hosts).map_err(fault)?;
        offset += rest.len() - parts.tail.len();
        rest = parts.tail.to_owned();
    }
    take(left, hosts)
}

fn write_names(text: &str, each: &mut dyn FnMut(&str)) -> Result<(), RangeFault> {
    let parts = Parts::of(text)?;
    let sequence = parts.sequence()?;
    let mut name = String::with_capacity(text.len());
    for index in 0..sequence.count {
        name.clear();
        name.push_str(parts.head);
        sequence.write(index, &mut name);
        name.push_str(parts.tail);
        if parts.tail.contains('[') {
            write_names(&name, each)?;
        } else {
            each(&name);
        }
    }
    Ok(())
}

struct Parts<'a> {
    head: &'a str,
    first: &'a str,
    last: &'a str,
    step: i128,
    tail: &'a str,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, RangeFault> {
        let bracket = |letter| text.find(letter).filter(|_| !text.contains('|'));
        let (Some(open), Some(close)) = (bracket('['), bracket(']')) else {
            return Err(RangeFault::new(format!("a range without an end in {text:?}")));
        };
        let (start, end) = (open.min(close), open.max(close));
        let inside = &text[start + 1..end];
        let mut bounds = inside.split(':');
        let (Some(first), Some(last), step, None) =
            (bounds.next(), bounds.next(), bounds.next(), bounds.next())
        else {
            return Err(RangeFault::new(format!("not a range: [{inside}]")));
        };
        if last.is_empty() {
            return Err(RangeFault::new(format!("a range without an end: [{inside}]")));
        }
        let step = match step.map_or(Some(1), integer) {
            Some(0) | None => {
                let step = step.unwrap_or_default();
                return Err(RangeFault::new(format!("not a step: {step:?} in [{inside}]")));
            }
            Some(step) => step,
        };
        Ok(Self { head: &text[..start], first, last, step, tail: &text[end + 1..] })
    }

    fn sequence(&self) -> Result<Sequence, RangeFault> {
        let (first, last) = (if self.first.is_empty() { "0" } else { self.first }, self.last);
        let shown = format!("[{}:{last}]", self.first);
        let width = if first.len() > 1 && first.starts_with('0') { first.len() } else { 0 };
        if width > 0 && width != last.chars().count() {
            return Err(RangeFault::new(format!("both ends of {shown} must be of equal length")));
        }
        if let (Some(from), Some(to)) = (LETTERS.find(first), LETTERS.find(last)) {
            let (from, to) = (from as i128, to as i128);
            return Sequence::new(from, to, self.step, Form::Letter, &shown);
        }
        let (Some(from), Some(to)) = (integer(first), integer(last)) else {
            return Err(RangeFault::new(format!(
                "the ends of {shown} are neither numbers nor single letters"
            )));
        };
        Sequence::new(from, to, self.step, Form::Number { width }, &shown)
    }
}

/// Longer ones make more hosts than any limit.
const MAX_INTEGER: usize = 30;

/// A whole number as Python reads it.
fn integer(text: &str) -> Option<i128> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let well_formed =
        digits.split('_').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    if !well_formed || digits.len() > MAX_INTEGER {
        return None;
    }
    text.replace('_', "").parse().ok()
}

#[derive(Clone, Copy)]
enum Form {
    Letter,
    Number { width: usize },
}

struct Sequence {
    from: i128,
    step: i128,
    count: u64,
    form: Form,
}

impl Sequence {
    /// Ansible counts up to `last` and with it one further, whichever way the step goes.
    fn new(from: i128, last: i128, step: i128, form: Form, shown: &str) -> Result<Self, RangeFault> {
        let stop = last + 1;
        let distance = if step > 0 { stop - from } else { from - stop };
        let backwards = matches!(form, Form::Letter) && (from > last || step < 0);
        if distance <= 0 || backwards {
            let message = format!("the range {shown} is empty: it runs backwards");
            return Err(RangeFault { help: "write the smaller end first", ..RangeFault::new(message) });
        }
        let size = step.unsigned_abs();
        let count = distance.unsigned_abs().div_ceil(size);
        Ok(Self { from, step, count: u64::try_from(count).unwrap_or(u64::MAX), form })
    }

    fn write(&self, index: u64, name: &mut String) {
        let number = self.from + self.step * i128::from(index);
        let width = match self.form {
            Form::Letter => {
                let index = usize::try_from(number).unwrap_or_default();
                return name.push_str(LETTERS.get(index..=index).unwrap_or_default());
            }
            Form::Number { width } => width,
        };
        let sign = if number < 0 { "-" } else { "" };
        let width = width.saturating_sub(sign.len());
        // Writing into a text cannot fail.
        let _ = write!(name, "{sign}{:0width$}", number.unsigned_abs());
    }
}
