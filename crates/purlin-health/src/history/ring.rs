//! The last runs as they are held in memory: six bytes each, where the form to keep has eight.
//!
//! | bits | what |
//! |---|---|
//! | 0 to 21 | seconds since the run before, at most 48 days |
//! | 22 to 31 | the duration in microseconds: the ten digits behind its first one |
//! | 32 to 36 | how far they are shifted |
//! | 37 to 47 | status, end, phase, cause and state: a number in mixed base |
//!
//! The moment of the newest run is held once; those before it follow from the distances. So runs that are further
//! apart than 48 days seem nearer, and those before a clock that was set back seem earlier; their order stays.

const LENGTH: usize = 64;
/// As many as there are, in the type that counts them.
const FULL: u8 = 64;
const DISTANCE_BITS: u32 = 22;
const FRACTION_BITS: u32 = 10;
const SHIFT_BITS: u32 = 5;

/// One run, unpacked as far as the ring knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// Seconds since 1970.
    pub(super) seconds: u32,
    pub(super) micros: u64,
    /// What it was, as a number of 11 bits.
    pub(super) what: u16,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Ring {
    runs: [[u8; 6]; LENGTH],
    /// When the newest run ended.
    newest: u32,
    /// How many were ever put in, but no more than twice the length; that modulo the length is the next place.
    count: u8,
}

impl Ring {
    pub(super) const fn new() -> Self {
        Self { runs: [[0; 6]; LENGTH], newest: 0, count: 0 }
    }

    pub(super) fn push(&mut self, run: Run) {
        // Nothing was before the first one; nobody reads its distance.
        let before = if self.count == 0 { run.seconds } else { self.newest };
        let distance = u64::from(run.seconds.saturating_sub(before)).min((1 << DISTANCE_BITS) - 1);
        let packed = distance
            | duration(run.micros) << DISTANCE_BITS
            | u64::from(run.what) << (DISTANCE_BITS + FRACTION_BITS + SHIFT_BITS);
        let [a, b, c, d, e, f, ..] = packed.to_le_bytes();
        self.runs[usize::from(self.count % FULL)] = [a, b, c, d, e, f];
        self.newest = run.seconds;
        self.count += 1;
        if self.count == 2 * FULL {
            self.count = FULL;
        }
    }

    pub(super) fn len(&self) -> usize {
        usize::from(self.count.min(FULL))
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The newest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = Run> + '_ {
        let start = usize::from(self.count) - self.len();
        let places = (start..usize::from(self.count)).rev().map(|place| place % LENGTH);
        places.scan(self.newest, |seconds, place| {
            let [a, b, c, d, e, f] = self.runs[place];
            let packed = u64::from_le_bytes([a, b, c, d, e, f, 0, 0]);
            let run = Run {
                seconds: *seconds,
                micros: micros(packed >> DISTANCE_BITS),
                // Eleven bits are left.
                what: u16::try_from(packed >> (DISTANCE_BITS + FRACTION_BITS + SHIFT_BITS)).unwrap_or(0),
            };
            let distance = u32::try_from(packed & ((1 << DISTANCE_BITS) - 1)).unwrap_or(u32::MAX);
            *seconds = seconds.saturating_sub(distance);
            Some(run)
        })
    }
}

/// Fifteen bits: below 1,024 microseconds exact, above it the first digit is left out, as floating point does it.
fn duration(micros: u64) -> u64 {
    let digits = u64::BITS - micros.leading_zeros();
    if digits <= FRACTION_BITS {
        return micros;
    }
    let shift = u64::from(digits - FRACTION_BITS).min((1 << SHIFT_BITS) - 1);
    let fraction = (micros >> (shift - 1)) & ((1 << FRACTION_BITS) - 1);
    shift << FRACTION_BITS | fraction
}

fn micros(packed: u64) -> u64 {
    let fraction = packed & ((1 << FRACTION_BITS) - 1);
    match packed >> FRACTION_BITS & ((1 << SHIFT_BITS) - 1) {
        0 => fraction,
        shift => (fraction | 1 << FRACTION_BITS) << (shift - 1),
    }
}
