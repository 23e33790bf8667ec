//! A secret that is looked for where no secret may be.

mod capture;
mod forms;

pub use capture::{Capture, capture};

use forms::{Form, forms};
use purlin_core::Secret;
use std::fmt;

/// The shortest secret that is still told apart from chance.
const SHORTEST: usize = 8;
/// How much of the text before a find is shown.
const SHOWN: usize = 60;

/// A secret of its own for each test, and the search for it: as it is and in every form in which programs write
/// secrets without knowing it. It is never printed, not even when it is found.
///
/// ```
/// use purlin_testkit::Canary;
///
/// let canary = Canary::new();
/// let log = format!("connecting as app with {:?}", canary.secret());
/// canary.assert_absent(&log);
///
/// let careless = format!("connecting with {}", canary.expose());
/// assert_eq!(canary.find(&careless), Some("as it is"));
/// ```
#[derive(Clone)]
pub struct Canary {
    secret: String,
    forms: Vec<Form>,
}

impl Canary {
    /// A random secret of printable ASCII: letters and digits around a quote, a blank and what else must be escaped
    /// somewhere.
    pub fn new() -> Self {
        let word = || std::iter::repeat_with(fastrand::alphanumeric).take(16).collect::<String>();
        let (first, last) = (word(), word());
        Self::of(format!("{first}'% /+\"\\&{last}"))
    }

    /// A secret that somebody else has chosen, such as the password of a server.
    ///
    /// # Panics
    /// When it is shorter than 8 bytes: it would be found everywhere.
    #[track_caller]
    pub fn of(secret: impl Into<String>) -> Self {
        let secret = secret.into();
        assert!(secret.len() >= SHORTEST, "a canary has at least {SHORTEST} bytes");
        Self { forms: forms(&secret), secret }
    }

    /// The secret itself, for the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.secret
    }

    /// The secret in its wrapper.
    pub fn secret(&self) -> Secret<String> {
        Secret::new(self.secret.clone())
    }

    /// The form in which the secret stands in there: "as it is", "base64", "hex", "percent-coded", "shell-quoted",
    /// "escaped", or "a part of it"; none when it does not.
    pub fn find(&self, haystack: impl AsRef<[u8]>) -> Option<&'static str> {
        self.search(haystack.as_ref()).map(|(form, _)| form)
    }

    /// Makes sure that the secret does not stand in there, in whatever form.
    ///
    /// # Panics
    /// When it does, with the form and with what stands before it.
    #[track_caller]
    #[expect(clippy::panic, reason = "an assertion for tests")]
    pub fn assert_absent(&self, haystack: impl AsRef<[u8]>) {
        let haystack = haystack.as_ref();
        if let Some((form, at)) = self.search(haystack) {
            let before = String::from_utf8_lossy(&haystack[at.saturating_sub(SHOWN)..at]);
            panic!("the secret stands there, {form}, at byte {at}, after {before:?}");
        }
    }

    fn search(&self, haystack: &[u8]) -> Option<(&'static str, usize)> {
        let lower = haystack.to_ascii_lowercase();
        self.forms.iter().find_map(|form| form.find(haystack, &lower).map(|at| (form.name(), at)))
    }
}

impl Default for Canary {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Canary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Canary(***)")
    }
}
