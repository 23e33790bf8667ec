//! Runs of digits as numbers, so that `9`, `09` and `009` stay three.
//!
//! Digit strings in the order of their length, then of their value, are counted through: `0` is 0, `9` is 9, `00` is
//! 10, `99` is 109, `000` is 110. Neighbours of equal length are neighbours here.

/// A longer run of digits is text like any other.
pub(super) const MAX_DIGITS: usize = 18;

/// How many digit strings are shorter than this length.
const SHORTER: [u64; MAX_DIGITS + 2] = shorter();

const fn shorter() -> [u64; MAX_DIGITS + 2] {
    let mut table = [0; MAX_DIGITS + 2];
    let (mut length, mut strings) = (2, 10);
    while length < table.len() {
        table[length] = table[length - 1] + strings;
        strings *= 10;
        length += 1;
    }
    table
}

/// How many strings of this many digits there are.
pub(super) fn strings(length: usize) -> u64 {
    SHORTER[length + 1] - SHORTER[length]
}

/// The same, and 1 for no digits: by what a number is multiplied to make room for so many.
pub(super) fn strings_or_one(length: usize) -> u64 {
    if length == 0 { 1 } else { strings(length) }
}

/// The index of a run of at most [`MAX_DIGITS`] digits.
pub(super) fn of_digits(digits: &[u8]) -> u64 {
    let value = digits.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
    of_value(value, digits.len())
}

/// The index of a value in this many digits.
pub(super) fn of_value(value: u64, length: usize) -> u64 {
    SHORTER[length] + value
}

/// How many digits an index has.
pub(super) fn length(index: u64) -> usize {
    (2..=MAX_DIGITS).find(|length| index < SHORTER[*length]).map_or(MAX_DIGITS, |length| length - 1)
}

/// The value and the number of digits of an index.
pub(super) fn value(index: u64) -> (u64, usize) {
    let length = length(index);
    (index - SHORTER[length], length)
}

/// Writes the digits of an index.
pub(super) fn write(index: u64, into: &mut String) {
    let (mut rest, length) = value(index);
    let mut digits = [b'0'; MAX_DIGITS];
    for digit in digits[..length].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    digits[..length].iter().for_each(|digit| into.push(char::from(*digit)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_every_length_are_counted_through() {
        let cases = [("0", 0), ("9", 9), ("00", 10), ("99", 109), ("000", 110), ("007", 117)];
        for (digits, index) in cases {
            assert_eq!(of_digits(digits.as_bytes()), index);
            let mut written = String::new();
            write(index, &mut written);
            assert_eq!(written, digits);
        }
        let longest = "9".repeat(MAX_DIGITS);
        let mut written = String::new();
        write(of_digits(longest.as_bytes()), &mut written);
        assert_eq!(written, longest);
    }
}
