//! A text of several patterns comes apart.

/// The patterns of a text: parted by commas if there is one; else by colons and white space, unless the whole text is
/// an address or a host with a port.
pub(super) fn split(text: &str) -> Vec<&str> {
    let parts: Vec<&str> = if text.contains(',') {
        text.split(',').collect()
    } else if is_address(text) {
        vec![text]
    } else {
        words(text)
    };
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// What stands between colons and white space; whole brackets keep what is in them together, and a single bracket is
/// lost without a word. So `~[` becomes `~`, which matches everything.
fn words(text: &str) -> Vec<&str> {
    let (mut words, mut start, mut at) = (Vec::new(), None, 0);
    // Once one bracket is not closed, no later one is.
    let mut closable = true;
    while let Some(letter) = text[at..].chars().next() {
        let length = match letter {
            '[' if closable => text[at..].find(']').map(|end| end + 1),
            ':' | '[' | ']' => None,
            letter if letter.is_whitespace() => None,
            letter => Some(letter.len_utf8()),
        };
        closable &= letter != '[' || length.is_some();
        match length {
            Some(_) => start = start.or(Some(at)),
            None => words.extend(start.take().map(|start| &text[start..at])),
        }
        at += length.unwrap_or(letter.len_utf8());
    }
    words.extend(start.map(|start| &text[start..]));
    words
}

/// Whether it is one host name or address, ranges like `[1:3]` allowed in it, with or without a port.
fn is_address(text: &str) -> bool {
    let inner =
        text.strip_prefix('[').and_then(|rest| split_port(rest)).and_then(|rest| rest.strip_suffix(']'));
    let text = inner.filter(|inner| !inner.is_empty() && !inner.contains('\n')).unwrap_or(text);
    // A colon before the port may stand in whole brackets only.
    let text = split_port(text).filter(|host| !outside_brackets(host)).unwrap_or(text);
    is_ipv6(text) || is_host_name(text)
}

fn split_port(text: &str) -> Option<&str> {
    let (host, port) = text.rsplit_once(':')?;
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    is_port.then_some(host)
}

/// Whether there is a colon outside of brackets, or a bracket alone.
fn outside_brackets(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find([':', '[', ']']) {
        let end = rest[at..].strip_prefix('[').and_then(|inner| inner.find(']'));
        match end {
            Some(end) => rest = &rest[at + end + 2..],
            None => return true,
        }
    }
    false
}

/// Labels parted by dots: letters, digits, ranges, `_` and `-`, but no `-` first, and neither last.
fn is_host_name(text: &str) -> bool {
    let mut rest = text;
    loop {
        let (mut first, mut last) = (true, '_');
        while let Some(letter) = rest.chars().next().filter(|letter| *letter != '.') {
            let length = match letter {
                '[' => range_length(rest, false),
                '-' => (!first).then_some(1),
                letter => (letter.is_alphanumeric() || letter == '_').then_some(letter.len_utf8()),
            };
            let Some(length) = length else {
                return false;
            };
            (first, last) = (false, letter);
            rest = &rest[length..];
        }
        if matches!(last, '_' | '-') {
            return false;
        }
        match rest.strip_prefix('.') {
            Some(behind) => rest = behind,
            None => return true,
        }
    }
}

/// The length of a range at the start: `[1:3]`, `[a:d]` or, in an IPv6 address, `[a0:ff]`; each with a step.
fn range_length(text: &str, hexadecimal: bool) -> Option<usize> {
    let end = text.find(']')?;
    let mut parts = text[1..end].split(':');
    let (first, last, step) = (parts.next()?, parts.next()?, parts.next());
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let hexadecimals = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let letter = |part: &str| part.len() == 1 && part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let bounds = match hexadecimal {
        true => hexadecimals(first) && hexadecimals(last),
        false => (digits(first) && digits(last)) || (letter(first) && letter(last)),
    };
    (bounds && step.is_none_or(digits) && parts.next().is_none()).then_some(end + 1)
}

/// An IPv6 address in any of its writings, with ranges in place of numbers.
fn is_ipv6(text: &str) -> bool {
    let Some((numbers, marks)) = ipv6_parts(text) else {
        return false;
    };
    if let Some(before) = marks.strip_suffix("n.n.n.n") {
        let lead: Vec<&str> = numbers[..numbers.len() - 4].to_vec();
        let is_ffff = |number: &str| number.eq_ignore_ascii_case("ffff");
        let zeros = |numbers: &[&str]| numbers.iter().all(|number| *number == "0");
        return match (before, &lead[..]) {
            ("::", _) => true,
            ("::n:", [last]) => is_ffff(last),
            ("n:n:n:n:n:n:", [first @ .., last]) => zeros(first) && (*last == "0" || is_ffff(last)),
            _ => false,
        };
    }
    let count = |part: &str| part.matches('n').count();
    match marks.split_once("::") {
        _ if marks.contains('.') => false,
        Some((left, right)) => {
            let whole = |part: &str| !part.starts_with(':') && !part.ends_with(':') && !part.contains("::");
            let most = if left.is_empty() || right.is_empty() { 6 } else { 7 };
            whole(left) && whole(right) && count(left) + count(right) <= most
        }
        None => marks == "n:n:n:n:n:n:n:n",
    }
}

/// The numbers of an address, and its shape with `n` for each.
fn ipv6_parts(text: &str) -> Option<(Vec<&str>, String)> {
    let (mut numbers, mut marks, mut rest) = (Vec::new(), String::new(), text);
    while let Some(letter) = rest.chars().next() {
        let length = match letter {
            ':' | '.' => {
                marks.push(letter);
                rest = &rest[1..];
                continue;
            }
            '[' => range_length(rest, true)?,
            _ => rest.bytes().take_while(u8::is_ascii_hexdigit).count(),
        };
        // Two numbers side by side are none.
        if length == 0 || marks.ends_with('n') || (letter != '[' && length > 4) {
            return None;
        }
        marks.push('n');
        numbers.push(&rest[..length]);
        rest = &rest[length..];
    }
    Some((numbers, marks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colons_part_patterns_but_not_addresses() {
        let cases: [(&str, &[&str]); 25] = [
            ("web:db", &["web", "db"]),
            ("web:&prod:!db[0:1]", &["web", "&prod", "!db[0:1]"]),
            ("a:b,c", &["a:b", "c"]),
            ("web db", &["web", "db"]),
            ("host:22", &["host:22"]),
            ("web[0:2]:22", &["web[0:2]:22"]),
            ("web*:22", &["web*", "22"]),
            ("[::1]:22", &["[::1]:22"]),
            ("::1", &["::1"]),
            ("fe80::1", &["fe80::1"]),
            ("web::db", &["web", "db"]),
            ("1:2:3:4:5:6:7:8", &["1:2:3:4:5:6:7:8"]),
            ("1:2:3:4:5:6:7", &["1", "2", "3", "4", "5", "6", "7"]),
            ("1::2:3:4:5:6:7", &["1::2:3:4:5:6:7"]),
            ("1::2:3:4:5:6:7:8", &["1", "2", "3", "4", "5", "6", "7", "8"]),
            ("a::", &["a::"]),
            ("a_:b", &["a_", "b"]),
            ("[a:b]:c", &["[a:b]", "c"]),
            (":80", &["80"]),
            ("1:2:3:4:5:6:x", &["1", "2", "3", "4", "5", "6", "x"]),
            ("::ffff:192.0.2.3", &["::ffff:192.0.2.3"]),
            ("~[", &["~"]),
            ("a]b[c", &["a", "b", "c"]),
            ("  ", &[]),
            ("a-:80", &["a-", "80"]),
        ];
        for (text, parts) in cases {
            assert_eq!(split(text), parts, "{text}");
        }
    }
}
