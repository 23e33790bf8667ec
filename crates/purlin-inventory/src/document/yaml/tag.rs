//! Tags: what is said about a value before it.

use super::Dialect;
use super::plain::{self, Plain};
use super::time;
use crate::{SecretValue, Value};
use granit_parser::Tag;
use std::sync::Arc;

/// What a tag asks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wanted {
    /// `!`: as without a tag, but never null.
    Unspecific,
    /// One of `tag:yaml.org,2002:`.
    Core(String),
    Unsafe,
    Vault,
    /// Anything else, as it is written.
    Other(String),
}

impl Wanted {
    pub(super) fn new(tag: &Tag) -> Self {
        let whole = format!("{}{}", tag.handle(), tag.suffix());
        match whole.as_str() {
            "!" | "" => Self::Unspecific,
            "!unsafe" => Self::Unsafe,
            "!vault" | "!vault-encrypted" => Self::Vault,
            _ => match whole.strip_prefix("tag:yaml.org,2002:") {
                Some(name) => Self::Core(name.to_owned()),
                None => Self::Other(whole),
            },
        }
    }

    /// As people write it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Unspecific => "!".to_owned(),
            Self::Core(name) => format!("!!{name}"),
            Self::Unsafe => "!unsafe".to_owned(),
            Self::Vault => "!vault".to_owned(),
            Self::Other(tag) => tag.clone(),
        }
    }
}

/// What a list or map is built as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    List,
    /// `!!omap` and `!!pairs`: a list of maps of one entry each becomes a list of lists of two.
    Pairs,
    Map,
    /// `!!set`: a map without values becomes a list.
    Set,
}

/// The shape of a list that has this tag.
pub(super) fn list(tag: Option<&Wanted>, dialect: Dialect) -> Option<Shape> {
    match tag {
        None | Some(Wanted::Unspecific) => Some(Shape::List),
        Some(Wanted::Unsafe) if dialect == Dialect::Ansible => Some(Shape::List),
        Some(Wanted::Core(name)) => match name.as_str() {
            "seq" => Some(Shape::List),
            "omap" | "pairs" if dialect == Dialect::Ansible => Some(Shape::Pairs),
            _ => None,
        },
        _ => None,
    }
}

/// The shape of a map that has this tag.
pub(super) fn map(tag: Option<&Wanted>, dialect: Dialect) -> Option<Shape> {
    match tag {
        None | Some(Wanted::Unspecific) => Some(Shape::Map),
        Some(Wanted::Unsafe) if dialect == Dialect::Ansible => Some(Shape::Map),
        Some(Wanted::Core(name)) => match name.as_str() {
            "map" => Some(Shape::Map),
            "set" if dialect == Dialect::Ansible => Some(Shape::Set),
            _ => None,
        },
        _ => None,
    }
}

/// A scalar that has a tag. The error says why there is no such value.
pub(super) fn scalar(tag: &Wanted, text: &str, is_plain: bool, dialect: Dialect) -> Result<Value, String> {
    match tag {
        // PyYAML resolves quoted texts too.
        Wanted::Unspecific if !text.is_empty() && dialect == Dialect::Ansible => untagged(text, dialect),
        Wanted::Unspecific => Ok(text.into()),
        Wanted::Unsafe if dialect == Dialect::Ansible => match is_plain {
            true => Ok(unsafe_text(untagged(text, dialect)?)),
            false => Ok(Value::Unsafe(text.into())),
        },
        Wanted::Vault if dialect == Dialect::Ansible => Ok(vault(text)),
        Wanted::Core(name) => core(name, text, dialect),
        _ => Err(format!("the tag {} is not known", tag.shown())),
    }
}

/// A plain scalar without a tag, as a value.
fn untagged(text: &str, dialect: Dialect) -> Result<Value, String> {
    Ok(match plain::resolve(text, dialect)? {
        Plain::Null => Value::Null,
        Plain::Bool(truth) => truth.into(),
        Plain::Number(number) => number,
        Plain::Time(time) => time.into(),
        Plain::Merge | Plain::Default | Plain::Text => text.into(),
    })
}

/// The same with its text, where it is one, that no template may be made of.
pub(super) fn unsafe_text(value: Value) -> Value {
    match value {
        Value::Text(text) => Value::Unsafe(text),
        other => other,
    }
}

fn vault(text: &str) -> Value {
    let id = crate::ansible::vault::id(text);
    Value::Secret(Arc::new(SecretValue::Vault { id, envelope: text.to_owned() }))
}

fn core(name: &str, text: &str, dialect: Dialect) -> Result<Value, String> {
    let not = || format!("{text:?} is no !!{name}");
    let number = |known: Plain| match known {
        Plain::Number(number) => Some(number),
        _ => None,
    };
    match (name, dialect) {
        ("str", _) => Ok(text.into()),
        ("null", Dialect::Ansible) => Ok(Value::Null),
        ("null" | "bool" | "int" | "float", Dialect::Core) => {
            let value = untagged(text, dialect)?;
            match (&value, name) {
                (Value::Null, "null") | (Value::Bool(_), "bool") => Ok(value),
                (Value::Int(_) | Value::BigInt(_), "int") | (Value::Float(_), "float") => Ok(value),
                #[expect(clippy::cast_precision_loss, reason = "a float is asked for")]
                (Value::Int(number), "float") => Ok((*number as f64).into()),
                _ => Err(not()),
            }
        }
        ("bool", _) => plain::bool_explicit(text).map(Value::from).ok_or_else(not),
        ("int", _) => match plain::integer_yaml11(text)? {
            Some(whole) => Ok(whole),
            None => Err(not()),
        },
        ("float", _) => plain::float_explicit(text)
            .map(Value::from)
            .or_else(|| number(plain::resolve(text, dialect).ok()?))
            .ok_or_else(not),
        ("timestamp", Dialect::Ansible) => time::read(text)?.map(Value::from).ok_or_else(not),
        ("binary", Dialect::Ansible) => {
            let bytes = base64(text).ok_or_else(not)?;
            String::from_utf8(bytes)
                .map(Value::from)
                .map_err(|_| "this !!binary is no text in UTF-8".to_owned())
        }
        ("seq" | "map" | "set" | "omap" | "pairs", _) => Err(format!("!!{name} is not for a text")),
        _ => Err(format!("the tag !!{name} is not known")),
    }
}

/// Base 64 with padding (RFC 4648, chapter 4); other characters are passed over, as Python does.
fn base64(text: &str) -> Option<Vec<u8>> {
    let (mut bits, mut held, mut bytes) = (0_u32, 0_u32, Vec::new());
    for byte in text.bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = (bits << 6 | u32::from(six)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from(bits >> held & 0xff).ok()?);
        }
    }
    (held < 6).then_some(bytes)
}
