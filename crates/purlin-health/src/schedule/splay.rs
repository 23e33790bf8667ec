//! Where in its interval a check has its place.

use std::time::Duration;

/// FNV-1a, 64 bits: the same on every machine and in every version, so that a restart keeps the places.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// FNV's high bits differ little for short texts; this spreads them (the finaliser of SplitMix64).
fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// The place of a check in its interval, counted from the beginning of time: always the same for the same name.
pub(super) fn offset(id: &str, interval: Duration) -> Duration {
    let nanos = nanos(interval).max(1);
    // The product of two numbers of 64 bits fits; its upper half is below the interval.
    let place = (u128::from(mixed(hash(id))) * u128::from(nanos)) >> 64;
    Duration::from_nanos(u64::try_from(place).unwrap_or(0))
}

/// How long it is from `wall`, a time since 1970, to the next moment of a check's place.
pub(super) fn until_next(id: &str, interval: Duration, wall: Duration) -> Duration {
    let span = nanos(interval).max(1);
    let into = (wall.as_nanos() % u128::from(span)) as u64;
    let place = nanos(offset(id, interval));
    Duration::from_nanos((place + span - into) % span)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tenth of the interval never holds much more than a tenth of the checks.
    #[test]
    fn places_are_spread() {
        let interval = Duration::from_secs(10);
        let mut tenths = [0u32; 10];
        for number in 0..10_000 {
            let place = offset(&format!("web{number:05}.lon/http"), interval);
            tenths[place.as_secs() as usize] += 1;
        }
        assert!(tenths.iter().all(|count| (850..1150).contains(count)), "{tenths:?}");
    }

    /// Two monitors that start at different times probe at the same moments.
    #[test]
    fn a_restart_keeps_the_place() {
        let interval = Duration::from_secs(300);
        for wall in [0, 17, 299, 1_795_370_000, u32::MAX.into()] {
            let wall = Duration::from_secs(wall) + Duration::from_nanos(123);
            let at = wall + until_next("db1/ping", interval, wall);
            assert_eq!(at.as_nanos() % interval.as_nanos(), offset("db1/ping", interval).as_nanos());
        }
    }
}
