//! Exact numbers.

/// An exact number of up to 38 decimal digits: `mantissa / 10^scale`.
///
/// Two are equal when their values are, whatever their scale: `1.50 == 1.5`. It prints with its scale, so `1.50`.
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    mantissa: i128,
    scale: u8,
}

impl Decimal {
    /// The most digits that it holds.
    pub const MAX_DIGITS: u8 = 38;

    /// `mantissa / 10^scale`; none where the mantissa has more than 38 digits or the scale is above 38.
    pub const fn new(mantissa: i128, scale: u8) -> Option<Self> {
        let limit = 10_u128.pow(Self::MAX_DIGITS as u32);
        if mantissa.unsigned_abs() >= limit || scale > Self::MAX_DIGITS {
            return None;
        }
        Some(Self { mantissa, scale })
    }

    /// The digits without the point.
    pub const fn mantissa(self) -> i128 {
        self.mantissa
    }

    /// How many of the digits stand after the point.
    pub const fn scale(self) -> u8 {
        self.scale
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.mantissa == other.mantissa && self.scale == other.scale
    }
}
