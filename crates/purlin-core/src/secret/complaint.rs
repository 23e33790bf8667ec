//! What a command says on standard error, as far as it may be told.

use zeroize::Zeroizing;

/// How much of its end is kept.
const KEPT: usize = 4 * 1024;
/// The longest line that is told, in characters.
const LONGEST: usize = 200;
/// The most that comes at a time.
pub(super) const CHUNK: usize = 4 * 1024;

/// The end of a command's complaint.
#[derive(Debug)]
pub(super) struct Complaint {
    end: Zeroizing<Vec<u8>>,
    is_cut: bool,
}

impl Complaint {
    pub(super) fn new() -> Self {
        // Room for all of it at once: a buffer that grows leaves unzeroed copies behind.
        Self { end: Zeroizing::new(Vec::with_capacity(KEPT + CHUNK)), is_cut: false }
    }

    /// Adds a piece of at most [`CHUNK`] bytes.
    pub(super) fn add(&mut self, piece: &[u8]) {
        self.end.extend_from_slice(piece);
        let excess = self.end.len().saturating_sub(KEPT);
        self.end.drain(..excess);
        self.is_cut |= excess > 0;
    }

    /// Its last line, without what the command has printed on standard output, which is a secret or part of one,
    /// and without what would make a terminal do things.
    pub(super) fn last_line(&self, printed: &[u8]) -> Option<String> {
        let whole_lines = if self.is_cut {
            // What has lost its beginning may be the rest of a secret.
            self.end.iter().position(|byte| *byte == b'\n').map(|newline| &self.end[newline..])?
        } else {
            &self.end[..]
        };
        let text = lossy(whole_lines);
        let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty())?;
        let mut line = Zeroizing::new(line.to_owned());
        let printed = lossy(printed);
        let mut secrets: Vec<_> =
            printed.lines().map(str::trim).filter(|secret| !secret.is_empty()).collect();
        // The longest first: a short one may be a part of it.
        secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
        for secret in secrets {
            if line.contains(secret) {
                line = Zeroizing::new(line.replace(secret, "***"));
            }
        }
        Some(shown(&line))
    }
}

fn shown(line: &str) -> String {
    let mut shown = String::new();
    for (index, letter) in line.chars().enumerate() {
        match letter {
            _ if index == LONGEST => {
                shown.push('…');
                break;
            }
            // Marks that turn the direction of what follows are not controls by name.
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                shown.extend(letter.escape_unicode());
            }
            letter if letter.is_control() => shown.extend(letter.escape_default()),
            letter => shown.push(letter),
        }
    }
    shown
}

fn lossy(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(String::from_utf8_lossy(bytes).into_owned())
}
