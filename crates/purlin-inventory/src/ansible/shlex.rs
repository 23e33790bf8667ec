//! Lines split into words as a POSIX shell does, in the way of Python's `shlex.split`.

use std::borrow::Cow;

/// A word, and how many bytes of the line are before it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) offset: usize,
}

/// What is wrong with a line, and where the thing at fault begins.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SplitFault {
    pub(crate) message: &'static str,
    pub(crate) offset: usize,
}

/// Whether `#` begins a comment, at any place outside of quotes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comments {
    Skipped,
    Kept,
}

/// The words of a line, one after the other; after a fault there are none.
pub(crate) struct Words<'a> {
    line: &'a str,
    rest: usize,
    comments: Comments,
}

impl<'a> Words<'a> {
    pub(crate) fn new(line: &'a str, comments: Comments) -> Self {
        Self { line, rest: 0, comments }
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = Result<Word<'a>, SplitFault>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.rest + self.line[self.rest..].find(|letter| !is_gap(letter))?;
        match word(self.line, start, self.comments) {
            Ok((text, end)) => {
                self.rest = end;
                // Only a comment is no word, and it goes to the end of the line.
                text.map(|text| Ok(Word { text, offset: start }))
            }
            Err(fault) => {
                self.rest = self.line.len();
                Some(Err(fault))
            }
        }
    }
}

/// All words of a line.
pub(crate) fn split(line: &str, comments: Comments) -> Result<Vec<Word<'_>>, SplitFault> {
    Words::new(line, comments).collect()
}

/// Other white space is part of words.
fn is_gap(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n')
}

/// The word that starts there, none if it is a comment; and where to go on.
fn word(line: &str, start: usize, comments: Comments) -> Result<(Option<Cow<'_, str>>, usize), SplitFault> {
    let special = |letter: char| {
        is_gap(letter)
            || matches!(letter, '\'' | '"' | '\\')
            || (letter == '#' && comments == Comments::Skipped)
    };
    let plain = line[start..].find(special).map_or(line.len(), |index| start + index);
    match line[plain..].chars().next() {
        None => return Ok((Some(line[start..].into()), line.len())),
        Some(letter) if is_gap(letter) => return Ok((Some(line[start..plain].into()), plain)),
        Some('#') => return Ok(((plain > start).then(|| line[start..plain].into()), line.len())),
        Some(_) => {}
    }
    let mut text = line[start..plain].to_owned();
    let mut rest = plain;
    while let Some(letter) = line[rest..].chars().next() {
        match letter {
            '\'' | '"' => rest = quoted(line, rest, &mut text)?,
            '\\' => match line[rest + 1..].chars().next() {
                Some(next) => {
                    text.push(next);
                    rest += 1 + next.len_utf8();
                }
                None => return Err(SplitFault { message: "nothing after the backslash", offset: rest }),
            },
            '#' if comments == Comments::Skipped => return Ok((Some(text.into()), line.len())),
            letter if is_gap(letter) => return Ok((Some(text.into()), rest)),
            letter => {
                text.push(letter);
                rest += letter.len_utf8();
            }
        }
    }
    Ok((Some(text.into()), line.len()))
}

/// Adds what is between the quotes that begin at `start`; returns where to go on after them.
fn quoted(line: &str, start: usize, text: &mut String) -> Result<usize, SplitFault> {
    let quote = line[start..].chars().next();
    let mut letters = line[start + 1..].char_indices();
    while let Some((index, letter)) = letters.next() {
        if Some(letter) == quote {
            return Ok(start + 1 + index + 1);
        }
        if letter == '\\' && quote == Some('"') {
            let Some((_, next)) = letters.next() else { break };
            if next != '"' && next != '\\' {
                text.push('\\');
            }
            text.push(next);
        } else {
            text.push(letter);
        }
    }
    Err(SplitFault { message: "the quotes that open here are not closed", offset: start })
}

#[cfg(test)]
mod tests {
    use super::{Comments, split};
    use proptest::prelude::*;

    fn words(line: &str) -> Vec<String> {
        split(line, Comments::Skipped).unwrap().into_iter().map(|word| word.text.into_owned()).collect()
    }

    #[test]
    fn words_are_those_of_a_shell() {
        assert_eq!(
            words(r#"h1 a="b c" c=e\ f d="x\"y" e='it''s'"#),
            ["h1", "a=b c", "c=e f", "d=x\"y", "e=its"]
        );
        assert_eq!(words(r##"g="# no" h=x#y i=1"##), ["g=# no", "h=x"]);
        assert_eq!(words(r#"a="C:\temp" "" b"#), ["a=C:\\temp", "", "b"]);
        assert_eq!(words("# all of it"), Vec::<String>::new());
    }

    #[test]
    fn faults_name_where_they_begin() {
        assert_eq!(split("h1 a='b", Comments::Skipped).unwrap_err().offset, 5);
        assert_eq!(split("h1 a\\", Comments::Skipped).unwrap_err().offset, 4);
    }

    proptest! {
        #[test]
        fn no_line_panics(line in "\\PC*") {
            let _ = split(&line, Comments::Skipped);
            let _ = split(&line, Comments::Kept);
        }
    }
}
