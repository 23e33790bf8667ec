//! Dates and times of YAML 1.1, printed as Python prints them.

use std::fmt::Write;

/// The text of a date or a time; none where it is none. The error says what is out of range, as Python does.
pub(super) fn read(text: &str) -> Result<Option<String>, String> {
    match parse(text) {
        None => Ok(None),
        Some(time) => time.print().map(Some),
    }
}

#[derive(Default)]
struct Time<'a> {
    date: [u32; 3],
    /// Hour, minute, second and the digits of its fraction.
    clock: Option<([u32; 3], &'a str)>,
    /// Sign, hours and minutes; `Z` is nought.
    zone: Option<(char, u32, u32)>,
}

/// Takes `least` to `most` digits.
fn digits<'a>(rest: &mut &'a str, least: usize, most: usize) -> Option<&'a str> {
    let length = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if length < least {
        return None;
    }
    let (taken, left) = rest.split_at(length);
    *rest = left;
    Some(taken)
}

fn number(rest: &mut &str, least: usize, most: usize) -> Option<u32> {
    digits(rest, least, most)?.parse().ok()
}

fn parse(text: &str) -> Option<Time<'_>> {
    let mut rest = text;
    let year = number(&mut rest, 4, 4)?;
    rest = rest.strip_prefix('-')?;
    let month = number(&mut rest, 1, 2)?;
    rest = rest.strip_prefix('-')?;
    let day = number(&mut rest, 1, 2)?;
    let mut time = Time { date: [year, month, day], ..Time::default() };
    if rest.is_empty() {
        // A date alone has two digits each.
        return (text.len() == 10).then_some(time);
    }
    rest = match rest.strip_prefix(['T', 't']) {
        Some(rest) => rest,
        None => rest.strip_prefix([' ', '\t'])?.trim_start_matches([' ', '\t']),
    };
    let hour = number(&mut rest, 1, 2)?;
    rest = rest.strip_prefix(':')?;
    let minute = number(&mut rest, 2, 2)?;
    rest = rest.strip_prefix(':')?;
    let second = number(&mut rest, 2, 2)?;
    let mut fraction = "";
    if let Some(after) = rest.strip_prefix('.') {
        rest = after;
        fraction = digits(&mut rest, 0, usize::MAX)?;
    }
    time.clock = Some(([hour, minute, second], fraction));
    time.zone = zone(rest)?;
    Some(time)
}

/// The zone that the rest of the text is; the outer none where it is no zone.
#[expect(clippy::option_option, reason = "no zone is a zone that is not named; no match is something else")]
fn zone(rest: &str) -> Option<Option<(char, u32, u32)>> {
    if rest.is_empty() {
        return Some(None);
    }
    let mut rest = rest.trim_start_matches([' ', '\t']);
    if rest == "Z" {
        return Some(Some(('+', 0, 0)));
    }
    let sign = rest.chars().next().filter(|sign| matches!(sign, '+' | '-'))?;
    rest = rest.get(1..)?;
    let hours = number(&mut rest, 1, 2)?;
    let minutes = match rest.strip_prefix(':') {
        Some(after) => {
            rest = after;
            number(&mut rest, 2, 2)?
        }
        None => 0,
    };
    rest.is_empty().then_some(Some((sign, hours, minutes)))
}

fn days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Time<'_> {
    fn print(&self) -> Result<String, String> {
        let [year, month, day] = self.date;
        if year == 0 {
            return Err("year 0 is out of range".to_owned());
        }
        if !(1..=12).contains(&month) {
            return Err("month must be in 1..12".to_owned());
        }
        if !(1..=days(year, month)).contains(&day) {
            return Err("day is out of range for month".to_owned());
        }
        let mut text = format!("{year:04}-{month:02}-{day:02}");
        if let Some((clock, fraction)) = self.clock {
            print_clock(&mut text, clock, fraction)?;
        }
        if let Some((sign, hours, minutes)) = self.zone {
            let total = hours * 60 + minutes;
            if total >= 24 * 60 {
                return Err("offset must be less than a day".to_owned());
            }
            let sign = if total == 0 { '+' } else { sign };
            let _ = write!(text, "{sign}{:02}:{:02}", total / 60, total % 60);
        }
        Ok(text)
    }
}

fn print_clock(text: &mut String, [hour, minute, second]: [u32; 3], fraction: &str) -> Result<(), String> {
    if hour > 23 {
        return Err("hour must be in 0..23".to_owned());
    }
    if minute > 59 {
        return Err("minute must be in 0..59".to_owned());
    }
    if second > 59 {
        return Err("second must be in 0..59".to_owned());
    }
    let _ = write!(text, "T{hour:02}:{minute:02}:{second:02}");
    let micros: String = fraction.chars().take(6).collect();
    if micros.bytes().any(|digit| digit != b'0') {
        let _ = write!(text, ".{micros:0<6}");
    }
    Ok(())
}
