//! An entry as a type of the user's own.

use super::Entry;
use purlin_core::{Error as CoreError, Result};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use std::fmt;

pub(super) fn entry<T: DeserializeOwned>(entry: &Entry) -> Result<T> {
    T::deserialize(Whole(entry)).map_err(|fault| fault.into_error(entry))
}

/// What does not fit, and of which attribute.
#[derive(Debug)]
struct Fault {
    attribute: Option<String>,
    what: String,
}

impl Fault {
    fn of(mut self, attribute: &str) -> Self {
        self.attribute.get_or_insert_with(|| attribute.to_owned());
        self
    }

    fn into_error(self, entry: &Entry) -> CoreError {
        entry.unreadable(self.attribute.as_deref().unwrap_or("the shape"), &self.what)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Fault {}

impl Error for Fault {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Self { attribute: None, what: what.to_string() }
    }

    /// Serde would quote the value, which may be a secret.
    fn invalid_type(_: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self::custom(format_args!("not {expected}"))
    }

    fn invalid_value(_: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self::custom(format_args!("not {expected}"))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format_args!("none of {}", expected.join(", ")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self { attribute: Some(field.to_owned()), what: "the entry has none".to_owned() }
    }
}

struct Whole<'e>(&'e Entry);

impl<'de> Deserializer<'de> for Whole<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_map(Fields { entry: self.0, next: 0, fields: None, value: None, dn: DnState::Pending })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_map(Fields {
            entry: self.0,
            next: 0,
            fields: Some(fields),
            value: None,
            dn: DnState::Pending,
        })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[derive(PartialEq)]
enum DnState {
    Pending,
    Given,
}

struct Fields<'e> {
    entry: &'e Entry,
    next: usize,
    /// The fields of a struct, whose spelling is what serde compares with.
    fields: Option<&'static [&'static str]>,
    value: Option<(String, Values<'e>)>,
    dn: DnState,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let (name, values) = if self.dn == DnState::Pending {
            self.dn = DnState::Given;
            ("dn".to_owned(), Values::One(self.entry.dn().as_str().as_bytes()))
        } else {
            let Some(attribute) = self.entry.attributes().get(self.next) else { return Ok(None) };
            self.next += 1;
            (attribute.name().as_str().to_owned(), Values::All(attribute.values()))
        };
        let spelt =
            self.fields.and_then(|fields| fields.iter().find(|field| field.eq_ignore_ascii_case(&name)));
        let key: StrDeserializer<'_, Fault> = StrDeserializer::new(spelt.copied().unwrap_or(&name));
        let key = seed.deserialize(key)?;
        self.value = Some((name, values));
        Ok(Some(key))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        let Some((name, values)) = self.value.take() else {
            return Err(Fault::custom("a value before its name"));
        };
        seed.deserialize(values).map_err(|fault| fault.of(&name))
    }
}

/// The values of one attribute.
#[derive(Clone, Copy)]
enum Values<'e> {
    One(&'e [u8]),
    All(&'e [Vec<u8>]),
}

impl<'e> Values<'e> {
    fn only(self) -> Result<&'e [u8], Fault> {
        match self {
            Self::One(value) => Ok(value),
            Self::All([value]) => Ok(value),
            Self::All([]) => Err(Fault::custom("without a value")),
            Self::All(values) => {
                Err(Fault::custom(format_args!("{} values where one is expected", values.len())))
            }
        }
    }

    fn text(self) -> Result<&'e str, Fault> {
        std::str::from_utf8(self.only()?).map_err(|_| Fault::custom("not UTF-8"))
    }

    fn parsed<T: std::str::FromStr>(self, what: &str) -> Result<T, Fault> {
        self.text()?.trim().parse().map_err(|_| Fault::custom(format_args!("not {what}")))
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $what:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            visitor.$visit(self.parsed($what)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Values<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Self::All(values) if values.len() != 1 => self.deserialize_seq(visitor),
            _ => match self.text() {
                Ok(text) => visitor.visit_borrowed_str(text),
                Err(_) => visitor.visit_borrowed_bytes(self.only()?),
            },
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_seq(Each { values: self, next: 0 })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self {
            Self::All([]) => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.text()? {
            text if text.eq_ignore_ascii_case("TRUE") => visitor.visit_bool(true),
            text if text.eq_ignore_ascii_case("FALSE") => visitor.visit_bool(false),
            _ => Err(Fault::custom("neither TRUE nor FALSE")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_borrowed_bytes(self.only()?)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_borrowed_bytes(self.only()?)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_enum(StrDeserializer::<Fault>::new(self.text()?))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    numbers! {
        deserialize_i8 visit_i8 "a whole number that fits";
        deserialize_i16 visit_i16 "a whole number that fits";
        deserialize_i32 visit_i32 "a whole number that fits";
        deserialize_i64 visit_i64 "a whole number that fits";
        deserialize_i128 visit_i128 "a whole number that fits";
        deserialize_u8 visit_u8 "a whole number that fits";
        deserialize_u16 visit_u16 "a whole number that fits";
        deserialize_u32 visit_u32 "a whole number that fits";
        deserialize_u64 visit_u64 "a whole number that fits";
        deserialize_u128 visit_u128 "a whole number that fits";
        deserialize_f32 visit_f32 "a number";
        deserialize_f64 visit_f64 "a number";
        deserialize_char visit_char "one character";
    }

    forward_to_deserialize_any! { unit unit_struct tuple tuple_struct map struct identifier }
}

struct Each<'e> {
    values: Values<'e>,
    next: usize,
}

impl<'de> SeqAccess<'de> for Each<'de> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        let value = match self.values {
            Values::One(value) => (self.next == 0).then_some(value),
            Values::All(values) => values.get(self.next).map(Vec::as_slice),
        };
        self.next += 1;
        value.map(|value| seed.deserialize(Values::One(value))).transpose()
    }
}
