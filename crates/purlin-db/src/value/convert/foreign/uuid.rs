use super::super::{FromValue, Mismatch, Value, ValueRef};
use ::uuid::Uuid;

#[cfg(feature = "uuid")]
impl FromValue for Uuid {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        match &value {
            // Engines without the type keep it as text.
            ValueRef::Text(text) => Self::try_parse(text).map_err(|_| Mismatch::of(&value, "a UUID")),
            _ => <[u8; 16]>::from_value(value).map(Self::from_bytes),
        }
    }
}

#[cfg(feature = "uuid")]
impl From<Uuid> for Value {
    fn from(uuid: Uuid) -> Self {
        Self::Uuid(uuid.into_bytes())
    }
}
