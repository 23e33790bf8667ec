//! Shell patterns: `*`, `?`, `[abc]`, `[a-c]`, `[!abc]`, as Python's `fnmatch` reads them, against whole names, case
//! counting.

use std::str::Chars;

/// A shell pattern.
#[derive(Debug, Clone)]
pub(crate) struct Glob(Vec<Token>);

#[derive(Debug, Clone)]
enum Token {
    One(char),
    Any,
    Many,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Glob {
    pub(crate) fn new(pattern: &str) -> Self {
        let letters: Vec<char> = pattern.chars().collect();
        let mut tokens = Vec::new();
        // Once one bracket is not closed, no later one is.
        let mut closable = true;
        let mut at = 0;
        while let Some(letter) = letters.get(at) {
            at += 1;
            let token = match letter {
                '*' if matches!(tokens.last(), Some(Token::Many)) => continue,
                '*' => Token::Many,
                '?' => Token::Any,
                '[' => match class_end(&letters, at).filter(|_| closable) {
                    Some(end) => {
                        let class = class(&letters[at..end]);
                        at = end + 1;
                        class
                    }
                    None => {
                        closable = false;
                        Token::One('[')
                    }
                },
                letter => Token::One(*letter),
            };
            tokens.push(token);
        }
        Self(tokens)
    }

    /// Whether the whole name matches. The work is at most the product of the two lengths.
    pub(crate) fn matches(&self, name: &str) -> bool {
        let mut letters = name.chars();
        let mut token = 0;
        let mut retry: Option<(usize, Chars<'_>)> = None;
        loop {
            let mut ahead = letters.clone();
            match (self.0.get(token), ahead.next()) {
                (Some(Token::Many), _) => {
                    retry = Some((token, letters.clone()));
                    token += 1;
                    continue;
                }
                (Some(wanted), Some(letter)) if wanted.is(letter) => {
                    (letters, token) = (ahead, token + 1);
                    continue;
                }
                (None, None) => return true,
                _ => {}
            }
            // The last star takes one letter more.
            let Some((star, from)) = &mut retry else {
                return false;
            };
            if from.next().is_none() {
                return false;
            }
            (letters, token) = (from.clone(), *star + 1);
        }
    }
}

impl Token {
    fn is(&self, letter: char) -> bool {
        match self {
            Self::One(wanted) => *wanted == letter,
            Self::Any => true,
            Self::Many => false,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(from, to)| (*from..=*to).contains(&letter)) != *negated
            }
        }
    }
}

/// Where the bracket that was opened before this place is closed; one that comes first, or right behind the `!`, is a
/// member.
fn class_end(letters: &[char], start: usize) -> Option<usize> {
    let first = start + usize::from(letters.get(start) == Some(&'!'));
    let first = first + usize::from(letters.get(first) == Some(&']'));
    (first..letters.len()).find(|at| letters[*at] == ']')
}

fn class(inner: &[char]) -> Token {
    let (negated, inner) = match inner {
        ['!', inner @ ..] => (true, inner),
        inner => (false, inner),
    };
    let mut ranges = Vec::new();
    let mut rest = inner;
    loop {
        rest = match rest {
            [from, '-', to, rest @ ..] => {
                // Backwards it holds nothing.
                ranges.push((*from, *to));
                rest
            }
            [letter, rest @ ..] => {
                ranges.push((*letter, *letter));
                rest
            }
            [] => return Token::Class { negated, ranges },
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_are_those_of_fnmatch() {
        let cases = [
            ("", "", true),
            ("*", "", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("?", "ü", true),
            ("??", "ü", false),
            ("[a-c]", "b", true),
            ("[!a-c]", "b", false),
            ("[]a]", "]", true),
            ("[!]a]", "]", false),
            ("[", "[", true),
            ("[]", "[]", true),
            ("[!]", "[!]", true),
            ("[z-a]", "z", false),
            ("[!z-a]", "z", true),
            ("[a-]", "-", true),
            ("[--0]", ".", true),
            ("[a-c-e]", "d", false),
            ("[a-c-e]", "-", true),
            ("[^a]", "^", true),
            ("A", "a", false),
        ];
        for (pattern, name, matches) in cases {
            assert_eq!(Glob::new(pattern).matches(name), matches, "{pattern} {name}");
        }
        // Stars do not multiply.
        assert!(!Glob::new(&"*a".repeat(2000)).matches(&"a".repeat(1999)));
    }
}
