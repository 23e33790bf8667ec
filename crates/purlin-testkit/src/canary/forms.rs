//! The forms in which a secret slips out.

use std::fmt::Write;

/// A run of letters and digits that is at least this long is looked for by itself: escaping leaves it as it is.
const SHORTEST_PART: usize = 12;
/// What shells leave alone, beside letters and digits.
const SHELL_SAFE: &str = "_@%+=:,./-";
const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#[derive(Clone)]
pub(super) struct Form {
    name: &'static str,
    needle: Vec<u8>,
    case: Case,
}

#[derive(Clone, Copy)]
enum Case {
    Counts,
    /// Hexadecimal digits are written in both.
    Folded,
}

impl Form {
    fn new(name: &'static str, needle: impl Into<Vec<u8>>) -> Self {
        Self { name, needle: needle.into(), case: Case::Counts }
    }

    fn folded(name: &'static str, needle: impl Into<Vec<u8>>) -> Self {
        let needle = needle.into().to_ascii_lowercase();
        Self { name, needle, case: Case::Folded }
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// Where it stands in a text, which is also given in lower case.
    pub(super) fn find(&self, text: &[u8], lower: &[u8]) -> Option<usize> {
        let text = match self.case {
            Case::Counts => text,
            Case::Folded => lower,
        };
        text.windows(self.needle.len()).position(|window| window == self.needle)
    }
}

/// The most telling first; the parts, which are in many of the others, last.
pub(super) fn forms(secret: &str) -> Vec<Form> {
    let bytes = secret.as_bytes();
    let mut forms = vec![
        Form::new("as it is", secret),
        Form::folded("hex", hex(bytes, "")),
        Form::folded("hex", hex(bytes, " ")),
        Form::folded("hex", hex(bytes, ":")),
        Form::folded("percent-coded", percent(bytes, |_| false)),
        Form::folded("percent-coded", percent(bytes, is_unreserved)),
        Form::folded("percent-coded", percent(bytes, is_unreserved).replace("%20", "+")),
        Form::new("shell-quoted", format!("'{}'", secret.replace('\'', "'\\''"))),
        Form::new("shell-quoted", format!("'{}'", secret.replace('\'', "'\"'\"'"))),
        Form::new("shell-quoted", with_backslashes(secret)),
        Form::new("escaped", secret.escape_debug().to_string()),
        Form::new("escaped", secret.escape_default().to_string()),
        Form::new("escaped", secret.replace('\\', "\\\\").replace('"', "\\\"")),
    ];
    for alphabet in [STANDARD, URL_SAFE] {
        forms.extend((0..3).map(|before| Form::new("base64", base64(bytes, before, alphabet))));
    }
    let runs = secret.split(|letter: char| !letter.is_ascii_alphanumeric());
    let parts = runs.filter(|part| part.len() >= SHORTEST_PART);
    forms.extend(parts.map(|part| Form::new("a part of it", part)));
    forms
}

fn hex(bytes: &[u8], between: &str) -> String {
    let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.join(between)
}

/// RFC 3986: what needs no coding.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn percent(bytes: &[u8], plain: fn(u8) -> bool) -> String {
    let mut text = String::new();
    for &byte in bytes {
        if plain(byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02x}");
        }
    }
    text
}

fn with_backslashes(secret: &str) -> String {
    let mut text = String::new();
    for letter in secret.chars() {
        if letter.is_ascii() && !letter.is_ascii_alphanumeric() && !SHELL_SAFE.contains(letter) {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}

/// The digits (RFC 4648) that depend on these bytes alone when `before` others stand before them.
fn base64(bytes: &[u8], before: usize, alphabet: &[u8; 64]) -> Vec<u8> {
    let mut bits = vec![0; before];
    bits.extend_from_slice(bytes);
    let whole = bits.len() * 8 / 6;
    // Room for the last digit to reach over the end.
    bits.extend([0, 0]);
    let digit = |index: usize| {
        let (byte, shift) = (index * 6 / 8, 10 - index * 6 % 8);
        let pair = u16::from_be_bytes([bits[byte], bits[byte + 1]]);
        alphabet[usize::from(pair >> shift & 0x3f)]
    };
    ((before * 8).div_ceil(6)..whole).map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_has_the_digits_of_the_middle() {
        // "pleasure." in the three places of RFC 4648's neighbours.
        assert_eq!(base64(b"pleasure.", 0, STANDARD), b"cGxlYXN1cmUu");
        assert_eq!(base64(b"leasure.", 1, STANDARD), b"xlYXN1cmUu");
        assert_eq!(base64(b"easure.", 2, STANDARD), b"lYXN1cmUu");
        assert_eq!(base64(b"pleasure", 0, STANDARD), b"cGxlYXN1cm");
        assert_eq!(base64(&[0xfb, 0xff], 0, URL_SAFE), b"-_");
    }
}
