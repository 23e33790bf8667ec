//! Values become types of Rust.

use super::{Located, Map, Value};
use crate::Origin;
use purlin_core::{Error, ErrorKind, Place};
use serde::de::{self, DeserializeOwned, DeserializeSeed, Deserializer, Expected, Unexpected, Visitor};
use std::fmt;

/// Why a value is not what was asked for.
#[derive(Debug)]
pub(crate) struct ValueFault {
    /// What is wrong.
    pub(crate) message: String,
    /// Keys and numbers of items that lead to it, the innermost first.
    path: Vec<Step>,
    /// Where it is; none only where the value has no place at all.
    pub(crate) origin: Option<Origin>,
}

#[derive(Debug)]
enum Step {
    Key(String),
    Item(usize),
}

impl ValueFault {
    /// The keys that lead to the fault, such as `users[2].name`; empty for the value itself.
    pub(crate) fn path(&self) -> String {
        let mut path = String::new();
        for step in self.path.iter().rev() {
            match step {
                Step::Item(index) => path.push_str(&format!("[{index}]")),
                Step::Key(key) if path.is_empty() => path.push_str(key),
                Step::Key(key) => {
                    path.push('.');
                    path.push_str(key);
                }
            }
        }
        path
    }

    fn within(mut self, step: Step, origin: Origin) -> Self {
        self.path.push(step);
        self.origin = self.origin.or(Some(origin));
        self
    }
}

impl fmt::Display for ValueFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path() {
            path if path.is_empty() => f.write_str(&self.message),
            path => write!(f, "{path}: {}", self.message),
        }
    }
}

impl std::error::Error for ValueFault {}

impl de::Error for ValueFault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { message: message.to_string(), path: Vec::new(), origin: None }
    }
}

impl Located {
    /// The value as a type of Rust. Unknown fields are passed over unless the type denies them.
    ///
    /// ```
    /// use purlin_inventory::{Batch, Located, Map};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Service { port: u16 }
    ///
    /// let origin = Batch::new("here").source();
    /// let map: Map = [("port", Located::new(8080, origin))].into_iter().collect();
    /// let service: Service = Located::new(map, origin).get()?;
    /// assert_eq!(service.port, 8080);
    /// # Ok::<(), purlin_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) where it is something else, naming line, column and the keys that lead there; a
    /// secret is never given out.
    pub fn get<T: DeserializeOwned>(&self) -> purlin_core::Result<T> {
        self.parse().map_err(|fault| {
            let origin = fault.origin.unwrap_or(self.origin);
            let place = match (origin.line(), origin.column()) {
                (0, _) => String::new(),
                (line, 0) => format!("line {line}: "),
                (line, column) => format!("line {line}, column {column}: "),
            };
            Error::new(ErrorKind::Invalid, format!("{place}{fault}"))
        })
    }

    /// As [`get`](Self::get), with an error that names the file too: give it the `place` of the
    /// [`Inventory`](crate::Inventory::place) or [`Batch`](crate::Batch::place) that the value is from.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn get_from<T: DeserializeOwned>(
        &self,
        place: impl FnOnce(Origin) -> Place,
    ) -> purlin_core::Result<T> {
        self.parse().map_err(|fault| {
            let place = place(fault.origin.unwrap_or(self.origin));
            Error::new(ErrorKind::Invalid, format!("{place}: {fault}"))
        })
    }

    pub(crate) fn parse<T: DeserializeOwned>(&self) -> Result<T, ValueFault> {
        T::deserialize(Reader(self)).map_err(|mut fault| {
            fault.origin.get_or_insert(self.origin);
            fault
        })
    }

    fn wrong(&self, expected: &dyn Expected) -> ValueFault {
        let unexpected = match &self.value {
            Value::Null => Unexpected::Unit,
            Value::Bool(truth) => Unexpected::Bool(*truth),
            Value::Int(number) => Unexpected::Signed(*number),
            Value::BigInt(_) => Unexpected::Other("a number of more than 64 bits"),
            Value::Float(number) => Unexpected::Float(*number),
            Value::Text(text) | Value::Unsafe(text) => Unexpected::Str(text),
            Value::List(_) => Unexpected::Seq,
            Value::Map(_) => Unexpected::Map,
            Value::Secret(_) => Unexpected::Other("a secret"),
        };
        de::Error::invalid_type(unexpected, expected)
    }
}

/// A value that is being read; private, so that its error is.
struct Reader<'de>(&'de Located);

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = ValueFault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueFault> {
        match &self.0.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(*truth),
            Value::Int(number) => visitor.visit_i64(*number),
            Value::BigInt(digits) => match (digits.parse::<u64>(), digits.parse::<i128>()) {
                (Ok(number), _) => visitor.visit_u64(number),
                (_, Ok(number)) => visitor.visit_i128(number),
                _ => Err(self.0.wrong(&visitor)),
            },
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Text(text) | Value::Unsafe(text) => visitor.visit_borrowed_str(text),
            Value::List(items) => {
                let mut rest = Items { items: items.iter(), next: 0 };
                let value = visitor.visit_seq(&mut rest)?;
                match rest.items.len() {
                    0 => Ok(value),
                    left => Err(de::Error::invalid_length(rest.next + left, &"fewer items")),
                }
            }
            Value::Map(map) => visitor.visit_map(Entries::new(map)),
            Value::Secret(_) => Err(self.0.wrong(&visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueFault> {
        match &self.0.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, ValueFault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ValueFault> {
        match &self.0.value {
            Value::Text(text) | Value::Unsafe(text) => {
                visitor.visit_enum(de::value::StrDeserializer::<ValueFault>::new(text))
            }
            Value::Map(map) if map.len() == 1 => {
                visitor.visit_enum(de::value::MapAccessDeserializer::new(Entries::new(map)))
            }
            _ => Err(self.0.wrong(&"a text, or a map of one entry")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueFault> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

struct Items<'de> {
    items: std::slice::Iter<'de, Located>,
    next: usize,
}

impl<'de> de::SeqAccess<'de> for &mut Items<'de> {
    type Error = ValueFault;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, ValueFault> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let index = self.next;
        self.next += 1;
        seed.deserialize(Reader(item)).map(Some).map_err(|fault| fault.within(Step::Item(index), item.origin))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Entries<'de> {
    entries: Box<dyn Iterator<Item = (&'de str, &'de Located)> + 'de>,
    value: Option<(&'de str, &'de Located)>,
}

impl<'de> Entries<'de> {
    fn new(map: &'de Map) -> Self {
        Self { entries: Box::new(map.iter()), value: None }
    }
}

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = ValueFault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, ValueFault> {
        let Some((key, value)) = self.entries.next() else { return Ok(None) };
        self.value = Some((key, value));
        let key = de::value::BorrowedStrDeserializer::<ValueFault>::new(key);
        seed.deserialize(key).map(Some).map_err(|mut fault| {
            fault.origin.get_or_insert(value.origin);
            fault
        })
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ValueFault> {
        let Some((key, value)) = self.value.take() else {
            return Err(de::Error::custom("a value without a key was asked for"));
        };
        seed.deserialize(Reader(value)).map_err(|fault| fault.within(Step::Key(key.to_owned()), value.origin))
    }
}
