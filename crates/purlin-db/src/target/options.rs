//! The options of a URL, as a driver reads them.

use super::{Target, invalid};
use purlin_core::{Result, units};
use std::str::FromStr;
use std::time::Duration;

/// Reads a target's options: each is asked for by its name, and what nobody asked for is refused at the end.
///
/// ```
/// use purlin_db::Target;
///
/// let target: Target = "sqlite:state.db?mode=ro&busy_timeot=5s".parse()?;
/// let mut options = target.read_options();
/// let read_only = options.choice("mode", &[("ro", true), ("rw", false)])?;
/// let busy = options.duration("busy_timeout")?;
/// assert_eq!((read_only, busy), (Some(true), None));
/// let error = options.finish().unwrap_err();
/// assert_eq!(error.message(), "sqlite has no option \"busy_timeot\"; did you mean \"busy_timeout\"?");
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "finish() refuses what is not known"]
pub struct OptionReader<'t> {
    target: &'t Target,
    asked: Vec<&'static str>,
}

impl<'t> OptionReader<'t> {
    pub(super) fn new(target: &'t Target) -> Self {
        Self { target, asked: Vec::new() }
    }

    /// The text of that option.
    pub fn text(&mut self, name: &'static str) -> Option<&'t str> {
        self.asked.push(name);
        self.target.options.get(name).map(String::as_str)
    }

    /// That option as a number or anything else that is read from text; `wanted` says what, such as
    /// `a number from 1 to 65535`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid), naming the option and what it takes, not its value.
    pub fn parse<T: FromStr>(&mut self, name: &'static str, wanted: &str) -> Result<Option<T>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| invalid(format!("option {name:?} takes {wanted}")))
    }

    /// That option as one of these words.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn choice<T: Clone>(&mut self, name: &'static str, words: &[(&str, T)]) -> Result<Option<T>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| Some(value.clone())).ok_or_else(|| {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            invalid(format!("option {name:?} takes {}", words.join(", ")))
        })
    }

    /// That option as a duration with its unit, such as `10s`.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn duration(&mut self, name: &'static str) -> Result<Option<Duration>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let parsed = units::duration::parse(text);
        parsed
            .map(Some)
            .map_err(|_| invalid(format!("option {name:?} takes a duration with its unit, such as 10s")))
    }

    /// Refuses what nobody asked for.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](purlin_core::ErrorKind::Invalid), naming the first option that is not known and what it may have been
    /// meant for.
    pub fn finish(self) -> Result<()> {
        let unknown = self.target.options.keys().find(|name| !self.asked.contains(&name.as_str()));
        let Some(name) = unknown else { return Ok(()) };
        let hint = match purlin_core::suggest(name, self.asked.iter().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None if self.asked.is_empty() => "it has none".to_owned(),
            None => format!("there are {}", self.asked.join(", ")),
        };
        Err(invalid(format!("{} has no option {name:?}; {hint}", self.target.scheme)))
    }
}
