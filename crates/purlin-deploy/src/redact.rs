//! Secrets that are not to be seen.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

/// Shorter texts are found in too much that is no secret.
const SHORTEST: usize = 6;

/// What stands in place of a secret.
const HIDDEN: &str = "***";

/// Knows every secret that was resolved, and leaves them out of texts: as they are, quoted for a shell or for JSON,
/// percent-coded, in hexadecimal and in base64. Secrets of fewer than six letters are too common to be found. Cheap to
/// clone; all clones know the same.
#[derive(Clone, Default)]
pub struct Redactor(Arc<RwLock<Vec<String>>>);

impl Redactor {
    /// One that knows none.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a secret, and each of its lines: a key has many.
    pub fn add(&self, secret: &str) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for text in std::iter::once(secret).chain(secret.lines()) {
            if text.chars().count() < SHORTEST {
                continue;
            }
            for form in forms(text) {
                if !known.contains(&form) {
                    known.push(form);
                }
            }
        }
        // The longest first: a form within another leaves nothing of it.
        known.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    }

    /// The text, with `***` in place of every secret.
    pub fn redact(&self, text: &str) -> String {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().fold(text.to_owned(), |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), HIDDEN) } else { text }
        })
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        write!(f, "Redactor({} forms)", known.len())
    }
}

fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![
        secret.to_owned(),
        secret.replace('\'', r"'\''"),
        secret.replace('\'', r#"'"'"'"#),
        backslashed(secret),
        secret.escape_debug().to_string(),
        secret.escape_default().to_string(),
        secret.replace('\\', r"\\").replace('"', "\\\""),
    ];
    for folded in [str::to_lowercase, str::to_uppercase] {
        for between in ["", " ", ":"] {
            let digits: Vec<_> = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            forms.push(folded(&digits.join(between)));
        }
    }
    for upper in [true, false] {
        let lean = percent(secret, is_unreserved, upper);
        forms.push(lean.replace("%20", "+"));
        forms.push(lean);
        forms.push(percent(secret, |_| false, upper));
    }
    forms.extend(in_base64(secret));
    forms
}

/// What shells leave alone, beside letters and digits.
fn backslashed(secret: &str) -> String {
    let mut text = String::with_capacity(secret.len());
    for letter in secret.chars() {
        if !letter.is_alphanumeric() && !"_@%+=:,./-".contains(letter) {
            text.push('\\');
        }
        text.push(letter);
    }
    text
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn percent(secret: &str, keep: impl Fn(u8) -> bool, upper: bool) -> String {
    let coded = secret.bytes().map(|byte| match (keep(byte), upper) {
        (true, _) => char::from(byte).to_string(),
        (false, true) => format!("%{byte:02X}"),
        (false, false) => format!("%{byte:02x}"),
    });
    coded.collect()
}

/// The letters of base64 that depend on the secret alone, wherever it begins in what was coded.
fn in_base64(secret: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for before in 0..3_usize {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(secret.as_bytes());
        let start = [0, 2, 3][before];
        let end = bytes.len() * 8 / 6;
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let coded = engine.encode(&bytes);
            forms.extend(coded.get(start..end).filter(|form| form.len() >= SHORTEST).map(str::to_owned));
        }
    }
    forms
}
