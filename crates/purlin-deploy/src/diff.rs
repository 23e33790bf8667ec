//! Differences as people read them.

/// Beyond so many lines only their number is told.
const MOST_LINES: usize = 200;

/// The lines that go, with `-`, and those that come, with `+`, under the name of the file. What both begin and end with
/// is left out.
pub(crate) fn lines(name: &str, old: &str, new: &str) -> String {
    let (before, after): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let same = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    let (old_rest, new_rest) =
        (before.get(same..).unwrap_or_default(), after.get(same..).unwrap_or_default());
    let tail =
        old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(one, other)| one == other).count();
    let gone = old_rest.get(..old_rest.len() - tail).unwrap_or_default();
    let come = new_rest.get(..new_rest.len() - tail).unwrap_or_default();
    let mut text = format!("{name}, line {}\n", same + 1);
    if gone.len() + come.len() > MOST_LINES {
        text.push_str(&format!("-{} lines\n+{} lines\n", gone.len(), come.len()));
        return text;
    }
    for (sign, lines) in [('-', gone), ('+', come)] {
        for line in lines {
            text.push(sign);
            text.push_str(line);
            text.push('\n');
        }
    }
    if gone.is_empty() && come.is_empty() && old != new {
        text.push_str("the line break at the end\n");
    }
    text
}
