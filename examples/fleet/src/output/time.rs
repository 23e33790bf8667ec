//! Moments as people see them.

use jiff::tz::TimeZone;
use purlin::core::{Clock, Timestamp};

/// The present moment.
pub(crate) fn now() -> Timestamp {
    Clock::system().timestamp()
}

/// In the time zone of this machine, with its offset: `2026-11-22 12:30:00 +01:00`.
pub(crate) fn local(moment: Timestamp) -> String {
    match jiff::Timestamp::from_second(moment.unix_seconds()) {
        Ok(known) => {
            let zoned = known.to_zoned(TimeZone::system());
            zoned.strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
        }
        Err(_) => moment.to_string(),
    }
}
