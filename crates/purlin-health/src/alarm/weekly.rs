//! A window of each week, in somebody's time zone.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use purlin_core::{Error, ErrorKind, Result, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(clippy::exhaustive_enums, reason = "a week has seven days")]
#[expect(missing_docs, reason = "they are called what they are")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// A window of each week in a time zone of the IANA database: on these days, from one time of the day until another; on
/// the next day if that is not later.
///
/// Where the clocks change, a window never gets shorter than written: an edge that comes twice begins at the first and
/// ends at the second, and one that does not come at all begins before the gap and ends behind it, by as much as the
/// clocks skip.
///
/// ```
/// use purlin_health::alarm::{Weekday, Weekly};
///
/// // Sunday 01:30 does not come on 2026-03-29 in London: the window begins at 00:30.
/// let window = Weekly::new([Weekday::Sunday], "01:30", "05:00", "Europe/London")?;
/// assert!(window.holds("2026-03-29T00:30:00Z".parse()?));
/// assert!(!window.holds("2026-03-29T00:29:59Z".parse()?));
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Weekly {
    days: Vec<Weekday>,
    from: Time,
    to: Time,
    zone: TimeZone,
    name: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    days: Vec<Weekday>,
    from: String,
    to: String,
    zone: String,
}

impl Weekly {
    /// On these days from `from` to `to` (`"22:00"`), in this zone (`"Europe/London"`).
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] without a day, for what is no time of the day, and for a zone that the system's database
    /// does not know.
    pub fn new(days: impl IntoIterator<Item = Weekday>, from: &str, to: &str, zone: &str) -> Result<Self> {
        let days: Vec<_> = days.into_iter().collect();
        if days.is_empty() {
            return Err(invalid("a weekly window has at least one day".to_owned()));
        }
        let known = TimeZone::get(zone).map_err(|error| {
            invalid(format!("there is no time zone \"{}\"", zone.escape_debug())).with_source(error)
        })?;
        Ok(Self { days, from: time(from)?, to: time(to)?, zone: known, name: zone.to_owned() })
    }

    /// Whether that moment is in it.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.windows(at, -2..=1).any(|(start, end)| (start..end).contains(&at))
    }

    /// When it next begins or ends after that moment. Windows that touch or overlap are one.
    pub fn next_edge(&self, after: Timestamp) -> Option<Timestamp> {
        let edges = self.windows(after, -2..=9).flat_map(|(start, end)| [start, end]);
        let is_edge = |edge: &Timestamp| {
            *edge > after && self.holds(*edge) != self.holds(edge.saturating_sub(Duration::from_nanos(1)))
        };
        edges.filter(is_edge).min()
    }

    /// The windows that begin so many days around that moment.
    fn windows(
        &self,
        around: Timestamp,
        days: std::ops::RangeInclusive<i64>,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> + '_ {
        let today = jiff::Timestamp::from_second(around.unix_seconds())
            .map(|moment| moment.to_zoned(self.zone.clone()).date());
        let dates = days.filter_map(move |days| {
            use jiff::ToSpan;
            today.as_ref().ok()?.checked_add(days.days()).ok()
        });
        dates.filter_map(|date| {
            let is_one = self.days.iter().any(|day| weekday(*day) == date.weekday());
            is_one.then(|| self.window(date)).flatten()
        })
    }

    fn window(&self, date: Date) -> Option<(Timestamp, Timestamp)> {
        let last = if self.to > self.from { date } else { date.tomorrow().ok()? };
        let edge = |date: Date, time: Time| self.zone.to_ambiguous_timestamp(date.to_datetime(time));
        let start = edge(date, self.from).earlier().ok()?;
        let end = edge(last, self.to).later().ok()?;
        Some((ours(start), ours(end)))
    }
}

fn ours(moment: jiff::Timestamp) -> Timestamp {
    Timestamp::from_unix_seconds(moment.as_second())
}

const fn weekday(day: Weekday) -> jiff::civil::Weekday {
    use jiff::civil::Weekday as Theirs;
    match day {
        Weekday::Monday => Theirs::Monday,
        Weekday::Tuesday => Theirs::Tuesday,
        Weekday::Wednesday => Theirs::Wednesday,
        Weekday::Thursday => Theirs::Thursday,
        Weekday::Friday => Theirs::Friday,
        Weekday::Saturday => Theirs::Saturday,
        Weekday::Sunday => Theirs::Sunday,
    }
}

fn time(text: &str) -> Result<Time> {
    let number = |part: &str, below: i8| {
        let is_plain = part.len() == 2 && part.bytes().all(|it| it.is_ascii_digit());
        is_plain.then(|| part.parse().ok()).flatten().filter(|number| *number < below)
    };
    let parsed = text
        .split_once(':')
        .and_then(|(hour, minute)| Time::new(number(hour, 24)?, number(minute, 60)?, 0, 0).ok());
    parsed.ok_or_else(|| {
        let message = format!("\"{}\" is no time of the day", text.escape_debug());
        invalid(message).with_note("times are written 22:00, from 00:00 to 23:59")
    })
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation("health.weekly")
}

impl TryFrom<Written> for Weekly {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        Self::new(written.days, &written.from, &written.to, &written.zone)
            .map_err(|error| error.message().to_owned())
    }
}

impl From<Weekly> for Written {
    fn from(window: Weekly) -> Self {
        let written = |time: Time| format!("{:02}:{:02}", time.hour(), time.minute());
        Self { from: written(window.from), to: written(window.to), days: window.days, zone: window.name }
    }
}
