//! Names of hosts, folded ones too: `web[01-20].lon`.

/// How many hosts one folded name may mean.
const MOST: u64 = 100_000;

/// All names that a folded one means, in its order; a plain name means itself.
///
/// A bracket holds numbers and ranges, separated by commas: `[1-3,07,10-20/2]`. Numbers keep the width in which the
/// first of a range is written.
pub(super) fn expand(folded: &str) -> Result<Vec<String>, String> {
    if !folded.contains(['[', ']']) {
        return fault(folded).map_or_else(|| Ok(vec![folded.to_owned()]), Err);
    }
    let mut names = vec![String::new()];
    let mut rest = folded;
    loop {
        let (plain, bracket) = rest.split_once('[').map_or((rest, None), |(plain, rest)| (plain, Some(rest)));
        if plain.contains(']') {
            return Err("a ] without its [".to_owned());
        }
        names.iter_mut().for_each(|name| name.push_str(plain));
        let Some(bracket) = bracket else { break };
        let (inside, after) = bracket.split_once(']').ok_or("a [ without its ]")?;
        let room = MOST / u64::try_from(names.len()).unwrap_or(MOST);
        let numbers = numbers(inside, room)?;
        names = names
            .iter()
            .flat_map(|name| numbers.iter().map(move |number| format!("{name}{number}")))
            .collect();
        rest = after;
    }
    match names.iter().find_map(|name| fault(name)) {
        Some(fault) => Err(fault),
        None => Ok(names),
    }
}

/// What is wrong with a plain name of a host.
fn fault(name: &str) -> Option<String> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    match name.chars().next() {
        None => Some("a host needs a name".to_owned()),
        _ if name.len() > 253 => Some("a name has at most 253 letters".to_owned()),
        Some('.' | '-') => Some(format!("{name:?} does not start with a letter, a digit or _")),
        _ => name.chars().find(|letter| !fits(*letter)).map(|letter| {
            format!("{letter:?} in a name: letters, digits, '.', '-' and '_' are what names are made of")
        }),
    }
}

fn numbers(inside: &str, room: u64) -> Result<Vec<String>, String> {
    let mut numbers = Vec::new();
    for part in inside.split(',') {
        let (range, step) = part.split_once('/').map_or((part, "1"), |(range, step)| (range, step));
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (from, to, by) = (number(first)?, number(last)?, number(step)?);
        if from > to {
            return Err(format!("the range {range:?} runs backwards"));
        }
        if by == 0 {
            return Err(format!("the step of {part:?} is 0"));
        }
        let count = (to - from) / by + 1;
        if count.saturating_add(numbers.len() as u64) > room {
            return Err(format!("more than {MOST} hosts in one name"));
        }
        let width = first.len();
        numbers.extend((0..count).map(|index| format!("{:0width$}", from + index * by)));
    }
    Ok(numbers)
}

fn number(text: &str) -> Result<u64, String> {
    let digits = (1..=18).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .then(|| text.parse().ok())
        .flatten()
        .ok_or_else(|| format!("{text:?} is not a number, as in web[01-20]"))
}

#[cfg(test)]
mod tests {
    use super::expand;
    use proptest::prelude::*;

    #[test]
    fn brackets_keep_width_and_order() {
        assert_eq!(expand("web[08-10].lon").unwrap(), ["web08.lon", "web09.lon", "web10.lon"]);
        assert_eq!(
            expand("r[1,3]n[01-05/2]").unwrap(),
            ["r1n01", "r1n03", "r1n05", "r3n01", "r3n03", "r3n05"]
        );
        assert_eq!(expand("db1").unwrap(), ["db1"]);
    }

    #[test]
    fn what_is_no_name_is_told() {
        for (name, told) in [
            ("web[1-999999999]", "more than 100000 hosts"),
            ("a[1-1000]b[1-1000]", "more than 100000 hosts"),
            ("web[5-1]", "runs backwards"),
            ("web[1-5/0]", "is 0"),
            ("web[1", "without its ]"),
            ("web1]", "without its ["),
            ("web[]", "is not a number"),
            ("web[a-c]", "is not a number"),
            ("", "needs a name"),
            ("-rf", "does not start"),
            ("a b", "' ' in a name"),
        ] {
            let fault = expand(name).unwrap_err();
            assert!(fault.contains(told), "{name}: {fault}");
        }
    }

    proptest! {
        #[test]
        fn no_input_panics_or_explodes(text in "[a-c0-9\\[\\],/.-]{0,24}|.{0,40}") {
            if let Ok(names) = expand(&text) {
                prop_assert!(names.len() <= 100_000 && !names.is_empty());
            }
        }
    }
}
