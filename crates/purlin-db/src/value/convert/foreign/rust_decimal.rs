use super::super::{Decimal, FromValue, Mismatch, Value, ValueRef};
use ::rust_decimal::Decimal as Foreign;

#[cfg(feature = "rust_decimal")]
impl FromValue for Foreign {
    fn from_value(value: ValueRef<'_>) -> Result<Self, Mismatch> {
        let number = Decimal::from_value(value)?;
        let fits =
            |number: Decimal| Self::try_from_i128_with_scale(number.mantissa(), number.scale().into()).ok();
        // 28 digits; zeros at the end may be what is too much.
        let exact = fits(number).or_else(|| fits(number.normalized()));
        exact.ok_or_else(|| Mismatch::new("this decimal has more digits than rust_decimal holds"))
    }
}

#[cfg(feature = "rust_decimal")]
impl From<Foreign> for Value {
    fn from(number: Foreign) -> Self {
        let scale = u8::try_from(number.scale()).ok();
        match scale.and_then(|scale| Decimal::new(number.mantissa(), scale)) {
            Some(number) => Self::Decimal(number),
            None => Self::BigDecimal(number.to_string()),
        }
    }
}
