//! Exact numbers.

use super::Mismatch;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// An exact number of up to 38 decimal digits: `mantissa / 10^scale`.
///
/// Two are equal when their values are, whatever their scale: `1.50 == 1.5`. It prints with its scale, so `1.50`.
///
/// ```
/// use purlin_db::Decimal;
///
/// let price: Decimal = "19.90".parse().unwrap();
/// assert_eq!((price.mantissa(), price.scale()), (1990, 2));
/// assert_eq!(price, "19.9".parse().unwrap());
/// assert_eq!(price.to_string(), "19.90");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Decimal {
    mantissa: i128,
    scale: u8,
}

impl Decimal {
    /// The most digits that it holds, and the largest scale.
    pub const MAX_DIGITS: u8 = 38;

    /// `mantissa / 10^scale`; none where the mantissa has more than 38 digits or the scale is above 38.
    #[inline]
    pub const fn new(mantissa: i128, scale: u8) -> Option<Self> {
        const BEYOND: u128 = 10_u128.pow(Decimal::MAX_DIGITS as u32);
        if mantissa.unsigned_abs() >= BEYOND || scale > Self::MAX_DIGITS {
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

    /// The same value with as few digits after the point as it needs.
    #[must_use]
    pub fn normalized(self) -> Self {
        let Self { mut mantissa, mut scale } = self;
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        Self { mantissa, scale }
    }

    /// The whole number that it is; none where digits other than 0 stand after the point.
    pub fn to_integer(self) -> Option<i128> {
        let Self { mantissa, scale } = self.normalized();
        (scale == 0).then_some(mantissa)
    }

    /// The nearest double.
    pub fn to_f64(self) -> f64 {
        // The standard library rounds the digits correctly, which a division of two doubles would not.
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// Whole part, and the rest as 38 digits after the point.
    fn parts(self) -> (i128, i128) {
        let one = 10_i128.pow(u32::from(self.scale));
        let rest = 10_i128.pow(u32::from(Self::MAX_DIGITS - self.scale));
        (self.mantissa / one, self.mantissa % one * rest)
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self { mantissa: number.into(), scale: 0 }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let (digits, scale) = (self.mantissa.unsigned_abs(), usize::from(self.scale));
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        let one = 10_u128.pow(scale as u32);
        write!(f, "{sign}{}.{:0scale$}", digits / one, digits % one)
    }
}

impl FromStr for Decimal {
    type Err = Mismatch;

    /// Reads `-12.50`, also `.5`, `12.` and `1.5E-3`.
    fn from_str(text: &str) -> Result<Self, Mismatch> {
        let no = || Mismatch::new("the text is no exact number of up to 38 digits");
        let (digits, exponent) = match text.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i32>().map_err(|_| no())?),
            None => (text, 0),
        };
        let (negative, digits) = match digits.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, digits.strip_prefix('+').unwrap_or(digits)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return Err(no());
        }
        let mut mantissa = 0_i128;
        for byte in whole.bytes().chain(fraction.bytes()) {
            let digit = i128::from(byte.wrapping_sub(b'0'));
            if digit > 9 {
                return Err(no());
            }
            mantissa = mantissa.checked_mul(10).and_then(|sum| sum.checked_add(digit)).ok_or_else(no)?;
        }
        let scale = i64::try_from(fraction.len()).map_err(|_| no())? - i64::from(exponent);
        let (mantissa, scale) = match u8::try_from(scale) {
            Ok(scale) => (mantissa, scale),
            // A positive exponent: 15E3 is 15000.
            Err(_) if scale < 0 && mantissa != 0 => {
                let power = u32::try_from(-scale).ok().filter(|power| *power <= 38).ok_or_else(no)?;
                (mantissa.checked_mul(10_i128.pow(power)).ok_or_else(no)?, 0)
            }
            Err(_) if scale < 0 => (0, 0),
            Err(_) => return Err(no()),
        };
        Self::new(if negative { -mantissa } else { mantissa }, scale).ok_or_else(no)
    }
}
