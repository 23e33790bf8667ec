//! The one place where data becomes shell text.

/// A word for a POSIX shell (XCU 2.2.2): whatever it holds, the shell reads this text as this one word. The text has no
/// NUL, which no argument of a program can hold.
///
/// ```
/// assert_eq!(purlin_transport::quote("it's $HOME"), r"'it'\''s $HOME'");
/// ```
pub fn quote(word: &str) -> String {
    let mut quoted = String::with_capacity(word.len() + 2);
    quoted.push('\'');
    for part in word.split_inclusive('\'') {
        match part.strip_suffix('\'') {
            Some(before) => {
                quoted.push_str(before);
                quoted.push_str(r"'\''");
            }
            None => quoted.push_str(part),
        }
    }
    quoted.push('\'');
    quoted
}

/// Words as one command of a POSIX shell. The first is quoted too, so that it is no keyword, alias or assignment.
pub(crate) fn join<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let mut text = String::new();
    for word in words {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&quote(word));
    }
    text
}

/// Reads words back that [`join`] has written, up to the first line break outside of quotes, and gives what follows it.
pub(crate) fn split(text: &str) -> (Vec<String>, &str) {
    let (mut words, mut word, mut quoted) = (Vec::new(), None::<String>, false);
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '\\' if !quoted => {
                let next = letters.next().map(|(_, letter)| letter);
                word.get_or_insert_default().extend(next);
            }
            ' ' if !quoted => words.extend(word.take()),
            '\n' if !quoted => {
                words.extend(word.take());
                return (words, text.get(at + 1..).unwrap_or_default());
            }
            letter => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    (words, "")
}
