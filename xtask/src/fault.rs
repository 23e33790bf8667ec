//! A broken rule, and where.

use std::fmt;

/// One broken rule of the tree, printed as `file:line: message`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    /// Path from the root of the workspace.
    pub(crate) file: String,
    /// Line from 1; 0 where the whole file is meant.
    pub(crate) line: usize,
    pub(crate) message: String,
}

impl Fault {
    /// A fault of a file or folder as a whole.
    pub(crate) fn of_file(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self::at(file, 0, message)
    }

    /// What a TOML reader says of a file.
    pub(crate) fn of_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let line = error.span().map_or(0, |span| text[..span.start].matches('\n').count() + 1);
        Self::at(file, line, error.message())
    }

    /// A fault at a line, counted from 1.
    pub(crate) fn at(file: impl Into<String>, line: usize, message: impl Into<String>) -> Self {
        Self { file: file.into(), line, message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.message),
            line => write!(f, "{}:{line}: {}", self.file, self.message),
        }
    }
}

/// The line, from 1, on which `needle` first stands in `text`; 0 if nowhere.
pub(crate) fn line_of(text: &str, needle: &str) -> usize {
    text.lines().position(|line| line.contains(needle)).map_or(0, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_names_file_and_line() {
        assert_eq!(Fault::at("a.rs", 3, "too long").to_string(), "a.rs:3: too long");
        assert_eq!(Fault::of_file("a.rs", "too long").to_string(), "a.rs: too long");
    }

    #[test]
    fn a_toml_fault_names_its_line() {
        for (text, line) in [("a = 1\nb = =\n", 2), ("=", 1), ("a = 1\n\na = 2\n", 3)] {
            let error = toml::from_str::<toml::Table>(text).unwrap_err();
            assert_eq!(Fault::of_toml("a.toml", text, &error).line, line, "{text:?}: {error}");
        }
    }

    #[test]
    fn lines_are_counted_from_one() {
        assert_eq!(line_of("a\nb\nc", "b"), 2);
        assert_eq!(line_of("a\nb\nc", "z"), 0);
    }
}
