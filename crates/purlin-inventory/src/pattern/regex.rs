//! Python's regular expressions in the words of the `regex` crate.

use regex::{Regex, RegexBuilder};
use std::fmt;

/// Why there is no expression.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Bad {
    /// Python refuses it too.
    Malformed,
    /// Python has it, and the `regex` crate does not.
    Unsupported(&'static str),
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("is no regular expression"),
            Self::Unsupported(what) => write!(f, "needs {what}, which is not supported"),
        }
    }
}

/// An expression that matches from the start of a name, as Python's `re.match` does.
pub(super) fn compile(python: &str) -> Result<Regex, Bad> {
    let (flags, translated) = translated(python)?;
    built(&format!("{flags}\\A(?:{translated})"))
}

/// An expression that is found anywhere in a name, as Python's `re.search` does. Ansible puts it behind others into one,
/// so flags for the whole, which Python allows at the start alone, are malformed.
pub(crate) fn anywhere(python: &str) -> Result<Regex, Bad> {
    match translated(python)? {
        (flags, translated) if flags.is_empty() => built(&translated),
        _ => Err(Bad::Malformed),
    }
}

/// The flags of an expression, and the rest.
fn translated(python: &str) -> Result<(String, String), Bad> {
    let (rust, flags) = (String::new(), String::new());
    Translator { rest: python, rust, flags, repeatable: Repeatable::No }.run()
}

fn built(expression: &str) -> Result<Regex, Bad> {
    RegexBuilder::new(expression).size_limit(8 << 20).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => Bad::Unsupported("an expression of this size"),
        _ => Bad::Malformed,
    })
}

struct Translator<'a> {
    rest: &'a str,
    rust: String,
    /// Those for the whole expression.
    flags: String,
    repeatable: Repeatable,
}

/// Whether a repetition may follow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Repeatable {
    No,
    Yes,
    Repeated,
}

/// A member of a class.
enum Member {
    Letter(char),
    Class(char),
}

impl Translator<'_> {
    fn run(mut self) -> Result<(String, String), Bad> {
        while let Some(letter) = self.take() {
            match letter {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                '*' | '+' | '?' => self.repetition(&letter.to_string())?,
                '{' => self.counted()?,
                '|' => self.push("|", Repeatable::No),
                ')' => self.push(")", Repeatable::Yes),
                '^' | '$' => self.push(&letter.to_string(), Repeatable::No),
                '.' => self.push(".", Repeatable::Yes),
                letter => self.letter(letter),
            }
        }
        Ok((self.flags, self.rust))
    }

    fn take(&mut self) -> Option<char> {
        let letter = self.rest.chars().next()?;
        self.rest = &self.rest[letter.len_utf8()..];
        Some(letter)
    }

    fn take_if(&mut self, prefix: &str) -> bool {
        let found = self.rest.strip_prefix(prefix);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn push(&mut self, rust: &str, repeatable: Repeatable) {
        self.rust.push_str(rust);
        self.repeatable = repeatable;
    }

    fn letter(&mut self, letter: char) {
        self.push(&regex::escape(letter.encode_utf8(&mut [0; 4])), Repeatable::Yes);
    }

    fn escape(&mut self) -> Result<(), Bad> {
        match self.rest.chars().next() {
            Some('A') => self.push("\\A", Repeatable::No),
            Some('Z') => self.push("\\z", Repeatable::No),
            Some('b') => self.push("(?:\\b)", Repeatable::No),
            Some('B') => self.push("(?:\\B)", Repeatable::No),
            Some('1'..='9') if self.octal(3).is_none() => return Err(Bad::Unsupported("a back-reference")),
            _ => {
                match self.member_escape()? {
                    Member::Letter(letter) => self.letter(letter),
                    Member::Class(class) => self.push(&format!("\\{class}"), Repeatable::Yes),
                }
                return Ok(());
            }
        }
        self.take();
        Ok(())
    }

    /// What an escape means that may stand in a class too; the backslash is taken already.
    fn member_escape(&mut self) -> Result<Member, Bad> {
        if let Some((letter, digits)) = self.octal(3).or_else(|| self.octal(2)).or_else(|| self.octal(1)) {
            let starts_octal = self.rest.starts_with('0') || digits == 3;
            if starts_octal {
                self.rest = &self.rest[digits..];
                return Ok(Member::Letter(letter));
            }
        }
        let letter = self.take().ok_or(Bad::Malformed)?;
        Ok(match letter {
            'd' | 'D' | 's' | 'S' | 'w' | 'W' => Member::Class(letter),
            'a' => Member::Letter('\x07'),
            'f' => Member::Letter('\x0c'),
            'n' => Member::Letter('\n'),
            'r' => Member::Letter('\r'),
            't' => Member::Letter('\t'),
            'v' => Member::Letter('\x0b'),
            'x' => Member::Letter(self.hexadecimal(2)?),
            'u' => Member::Letter(self.hexadecimal(4)?),
            'U' => Member::Letter(self.hexadecimal(8)?),
            'N' => return Err(Bad::Unsupported("a character by its name")),
            letter if letter.is_ascii_alphanumeric() => return Err(Bad::Malformed),
            letter => Member::Letter(letter),
        })
    }

    /// A letter of exactly so many octal digits, which come next.
    fn octal(&self, digits: usize) -> Option<(char, usize)> {
        let text = self.rest.get(..digits)?;
        let all_digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
        let value = u32::from_str_radix(text, 8).ok().filter(|value| all_digits && *value <= 0o377)?;
        Some((char::from_u32(value)?, digits))
    }

    fn hexadecimal(&mut self, digits: usize) -> Result<char, Bad> {
        let text = self.rest.get(..digits).ok_or(Bad::Malformed)?;
        let digits_only = text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = u32::from_str_radix(text, 16).ok().filter(|_| digits_only);
        self.rest = &self.rest[digits..];
        value.and_then(char::from_u32).ok_or(Bad::Malformed)
    }

    fn class(&mut self) -> Result<(), Bad> {
        self.rust.push('[');
        if self.take_if("^") {
            self.rust.push('^');
        }
        let mut first = true;
        while first || !self.rest.starts_with(']') {
            first = false;
            let from = self.member()?;
            let is_range = self.rest.starts_with('-') && !self.rest.starts_with("-]");
            if !is_range {
                self.member_out(&from);
                continue;
            }
            self.take();
            match (from, self.member()?) {
                (Member::Letter(from), Member::Letter(to)) if from <= to => {
                    self.member_out(&Member::Letter(from));
                    self.rust.push('-');
                    self.member_out(&Member::Letter(to));
                }
                _ => return Err(Bad::Malformed),
            }
        }
        self.take();
        self.push("]", Repeatable::Yes);
        Ok(())
    }

    fn member(&mut self) -> Result<Member, Bad> {
        match self.take().ok_or(Bad::Malformed)? {
            '\\' if self.take_if("b") => Ok(Member::Letter('\x08')),
            '\\' => self.member_escape(),
            letter => Ok(Member::Letter(letter)),
        }
    }

    fn member_out(&mut self, member: &Member) {
        match member {
            Member::Letter(letter) => self.rust.push_str(&regex::escape(letter.encode_utf8(&mut [0; 4]))),
            Member::Class(class) => self.rust.extend(['\\', *class]),
        }
    }

    fn group(&mut self) -> Result<(), Bad> {
        if !self.take_if("?") {
            self.push("(", Repeatable::No);
            return Ok(());
        }
        for (start, what) in [
            ("=", "look-ahead"),
            ("!", "look-ahead"),
            ("<=", "look-behind"),
            ("<!", "look-behind"),
            (">", "an atomic group"),
            ("(", "a conditional group"),
            ("P=", "a back-reference"),
        ] {
            if self.take_if(start) {
                return Err(Bad::Unsupported(what));
            }
        }
        if self.take_if("#") {
            let end = self.rest.find(')').ok_or(Bad::Malformed)?;
            self.rest = &self.rest[end + 1..];
        } else if self.take_if("P<") {
            self.push("(?P<", Repeatable::No);
        } else {
            self.flags()?;
        }
        Ok(())
    }

    /// `(?i)`, which must come first, `(?i:` or `(?:`.
    fn flags(&mut self) -> Result<(), Bad> {
        let end = self.rest.find([':', ')']).ok_or(Bad::Malformed)?;
        let (flags, is_group) = (&self.rest[..end], self.rest[end..].starts_with(':'));
        self.rest = &self.rest[end + 1..];
        let (on, off) = flags.split_once('-').unwrap_or((flags, ""));
        let known = |flags: &str, known: &str| flags.chars().all(|flag| known.contains(flag));
        if !known(on, "aimsux") || !known(off, "imsx") || (flags.contains('-') && off.is_empty()) {
            return Err(Bad::Malformed);
        }
        if !is_group && (!self.rust.is_empty() || !off.is_empty() || on.is_empty()) {
            return Err(Bad::Malformed);
        }
        match flags {
            flags if flags.contains('x') => return Err(Bad::Unsupported("the flag x")),
            flags if flags.contains('a') => return Err(Bad::Unsupported("the flag a")),
            _ => {}
        }
        let flags = flags.replace('u', "");
        match is_group {
            true => self.push(&format!("(?{flags}:"), Repeatable::No),
            false if flags.is_empty() => {}
            false => self.flags = format!("{}(?{flags})", self.flags),
        }
        Ok(())
    }

    fn repetition(&mut self, rust: &str) -> Result<(), Bad> {
        if self.repeatable != Repeatable::Yes {
            return Err(Bad::Malformed);
        }
        self.push(rust, Repeatable::Repeated);
        if self.take_if("?") {
            self.rust.push('?');
        } else if self.rest.starts_with('+') {
            return Err(Bad::Unsupported("a possessive repetition"));
        }
        Ok(())
    }

    /// `{2}`, `{2,}`, `{,3}`, `{2,3}`; any other brace is a letter.
    fn counted(&mut self) -> Result<(), Bad> {
        let inner = self.rest.split_once('}').map(|(inner, _)| inner).unwrap_or_default();
        let (least, most) = inner.split_once(',').map_or((inner, None), |(least, most)| (least, Some(most)));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if inner.is_empty() || !digits(least) || !most.is_none_or(digits) {
            self.letter('{');
            return Ok(());
        }
        self.rest = &self.rest[inner.len() + 1..];
        let least = if least.is_empty() { "0" } else { least };
        let most = most.map(|most| format!(",{most}")).unwrap_or_default();
        self.repetition(&format!("{{{least}{most}}}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pythons_words_are_translated() {
        let cases = [
            ("web", "web01", true),
            ("eb", "web01", false),
            ("", "anything", true),
            ("web\\d+\\Z", "web01", true),
            ("[]a]x", "]x", true),
            ("[[]x", "[x", true),
            ("[a&&b]x", "&x", true),
            ("[a-]x", "-x", true),
            ("a{,2}b", "aab", true),
            ("a{x}", "a{x}", true),
            ("a{2,}$", "aaa", true),
            ("(?i)WEB", "web", true),
            ("(?i:W)eb", "web", true),
            ("w(?#what)eb", "web", true),
            ("\\x77eb", "web", true),
            ("\\167eb", "web", true),
            ("\\<web", "<web", true),
            ("(?P<n>w)eb", "web", true),
            ("a|b", "xb", false),
            ("web]", "web]", true),
        ];
        for (python, name, matches) in cases {
            assert_eq!(compile(python).map(|regex| regex.is_match(name)).ok(), Some(matches), "{python}");
        }
    }

    #[test]
    fn what_python_refuses_is_malformed_and_what_only_python_has_is_named() {
        for python in
            ["(", "a)", "[a", "*a", "a**", "^*", "\\q", "\\", "[b-a]", "(?P<n", "a(?i)", "a{3,2}", "(?<n>a)"]
        {
            assert_eq!(compile(python).err(), Some(Bad::Malformed), "{python}");
        }
        let unsupported = [
            ("(?=a)", "look-ahead"),
            ("a(?!b)", "look-ahead"),
            ("(?<=a)b", "look-behind"),
            ("(a)\\1", "a back-reference"),
            ("(?P<n>a)(?P=n)", "a back-reference"),
            ("a*+", "a possessive repetition"),
            ("(?>a)", "an atomic group"),
            ("(?x)a b", "the flag x"),
            ("(?:a{1000}){1000}{1000}", ""),
        ];
        for (python, what) in unsupported {
            match compile(python).err() {
                Some(Bad::Unsupported(found)) => assert_eq!(found, what),
                other => assert!(what.is_empty(), "{python}: {other:?}"),
            }
        }
    }
}
