//! Words as a POSIX shell splits them.

/// Splits a text into words: blanks part them, quotes hold them together, a backslash takes the meaning from the next
/// letter.
pub(crate) fn split(text: &str) -> Result<Vec<String>, &'static str> {
    let (mut words, mut word): (Vec<String>, Option<String>) = (Vec::new(), None);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' | '"' => quoted(&mut letters, letter, word.get_or_insert_default())?,
            '\\' => word.get_or_insert_default().push(letters.next().ok_or("ends with a lone backslash")?),
            _ if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    Ok(words)
}

fn quoted(letters: &mut std::str::Chars<'_>, quote: char, word: &mut String) -> Result<(), &'static str> {
    const OPEN: &str = "has a quote that is never closed";
    loop {
        match letters.next().ok_or(OPEN)? {
            letter if letter == quote => return Ok(()),
            '\\' if quote == '"' => match letters.next().ok_or(OPEN)? {
                letter @ ('"' | '\\') => word.push(letter),
                letter => word.extend(['\\', letter]),
            },
            letter => word.push(letter),
        }
    }
}

#[cfg(test)]
mod checks {
    use super::split;

    #[test]
    fn words_are_split_as_a_shell_splits_them() {
        let words = split(r#"-o "ProxyCommand=ssh -W %h:%p 'j'" a\ b '' "x\"y\z" c'd'e"#).unwrap();
        assert_eq!(words, ["-o", "ProxyCommand=ssh -W %h:%p 'j'", "a b", "", r#"x"y\z"#, "cde"]);
        assert!(split("'a").is_err() && split("a\\").is_err() && split("\"a\\").is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_quoting_is_undone(text in "[ -~é]{0,40}") {
            let _ = split(&text);
            let quoted = format!("'{}'", text.replace('\'', "'\\''"));
            assert_eq!(split(&quoted), Ok(vec![text]));
        }
    }
}
