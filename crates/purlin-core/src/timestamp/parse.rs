//! RFC 3339, section 5.6.

use super::{NANOS, Timestamp, civil};
use crate::{Error, ErrorKind, Result};
use std::time::Duration;

pub(super) fn rfc3339(text: &str) -> Result<Timestamp> {
    parts(text).ok_or_else(|| {
        let message = format!("{text:?} is not a time such as 2026-11-22T11:30:00Z");
        Error::new(ErrorKind::Invalid, message).with_operation("timestamp.parse")
    })
}

fn parts(text: &str) -> Option<Timestamp> {
    let mut rest = Rest(text.as_bytes());
    let year = i64::from(rest.number(4)?);
    rest.one_of(b"-")?;
    let month = rest.number(2).filter(|month| (1..=12).contains(month))?;
    rest.one_of(b"-")?;
    let day = rest.number(2).filter(|day| (1..=civil::days_in_month(year, month)).contains(day))?;
    rest.one_of(b"Tt ")?;
    let hour = rest.number(2).filter(|hour| *hour < 24)?;
    rest.one_of(b":")?;
    let minute = rest.number(2).filter(|minute| *minute < 60)?;
    rest.one_of(b":")?;
    let second = rest.number(2).filter(|second| *second <= 60)?;
    let nanos = rest.fraction()?;
    let offset = rest.offset()?;
    rest.0.is_empty().then_some(())?;
    let seconds = civil::to_days(year, month, day) * 86_400
        + i64::from(hour) * 3600
        + i64::from(minute) * 60
        + i64::from(second);
    Some(Timestamp::from_unix_seconds(seconds - offset).saturating_add(Duration::from_nanos(nanos)))
}

struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn number(&mut self, digits: usize) -> Option<u32> {
        let (head, tail) = self.0.split_at_checked(digits)?;
        self.0 = tail;
        head.iter()
            .try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0')))
    }

    fn one_of(&mut self, allowed: &[u8]) -> Option<u8> {
        let (first, tail) = self.0.split_first()?;
        self.0 = tail;
        allowed.contains(first).then_some(*first)
    }

    /// Decimals beyond nanoseconds are cut off.
    fn fraction(&mut self) -> Option<u64> {
        if self.0.first() != Some(&b'.') {
            return Some(0);
        }
        let digits = self.0.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
        let (head, tail) = self.0.split_at_checked(digits + 1)?;
        self.0 = tail;
        let mut unit = u64::from(NANOS);
        let nanos = head.iter().skip(1).take(9).fold(0, |nanos, byte| {
            unit /= 10;
            nanos + unit * u64::from(byte - b'0')
        });
        (digits > 0).then_some(nanos)
    }

    /// Seconds east of UTC.
    fn offset(&mut self) -> Option<i64> {
        let sign = match self.one_of(b"Zz+-")? {
            b'+' => 1,
            b'-' => -1,
            _ => return Some(0),
        };
        let hour = self.number(2).filter(|hour| *hour < 24)?;
        self.one_of(b":")?;
        let minute = self.number(2).filter(|minute| *minute < 60)?;
        Some(sign * (i64::from(hour) * 3600 + i64::from(minute) * 60))
    }
}
