//! Text becomes a set.

use super::budget::{Budget, TooLarge, measured};
use super::build::{Gather, combine_all};
use super::index::{self, MAX_DIGITS};
use super::runs::{Operation, Runs};
use super::shape::{GAP, MAX_DIMENSIONS};
use super::{Parts, combine};
use crate::expression::{Fault, quoted};

/// Steps, and digits behind a bracket, tear runs apart: one range may become so many numbers by them.
const MAX_SCATTERED: u64 = 1_000_000;
/// How often the operator may change in one text.
const MAX_CHANGES: usize = 10_000;

const MALFORMED: &str = "malformed-node-set";

/// An operand and where it begins.
type Operand<'a> = (usize, &'a str);

pub(super) fn parse(text: &str, budget: &mut Budget) -> Result<Parts, Fault> {
    budget.grant(text.len());
    let mut set = Parts::new();
    if text.trim().is_empty() {
        return Ok(set);
    }
    for (changes, (operation, operands)) in terms(text)?.into_iter().enumerate() {
        let start = operands.first().map_or(0, |operand| operand.0);
        if changes > MAX_CHANGES {
            return Err(Fault::new(
                start,
                MALFORMED,
                format!("the operator changes more than {MAX_CHANGES} times"),
            ));
        }
        set = apply(set, operation, &operands, budget).map_err(|fault| match fault {
            Problem::Fault(fault) => fault,
            Problem::TooLarge(why) => too_large(start, &why),
        })?;
    }
    measured(set).map_err(|why| too_large(0, &why))
}

pub(super) fn too_large(offset: usize, why: &TooLarge) -> Fault {
    Fault::new(offset, "node-set-too-large", why.message())
}

enum Problem {
    Fault(Fault),
    TooLarge(TooLarge),
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<TooLarge> for Problem {
    fn from(why: TooLarge) -> Self {
        Self::TooLarge(why)
    }
}

/// Operands behind the same operator are put together first: `a,b,c` once as `a!b!c`.
fn apply(
    set: Parts,
    operation: Operation,
    operands: &[Operand<'_>],
    budget: &mut Budget,
) -> Result<Parts, Problem> {
    Ok(match operation {
        Operation::Union if set.is_empty() => gathered(operands, budget)?,
        Operation::Union | Operation::Difference => {
            let operands = gathered(operands, budget)?;
            combine(set, &operands, operation, budget)?
        }
        Operation::Xor => {
            let mut sets = Vec::with_capacity(operands.len());
            for operand in operands {
                sets.push(gathered(&[*operand], budget)?);
            }
            let operands = combine_all(sets, operation, budget)?;
            combine(set, &operands, operation, budget)?
        }
        Operation::Intersection => {
            let mut set = set;
            for operand in operands {
                let operand = gathered(&[*operand], budget)?;
                set = combine(set, &operand, operation, budget)?;
            }
            set
        }
    })
}

/// All that the operands name.
fn gathered(operands: &[Operand<'_>], budget: &mut Budget) -> Result<Parts, Problem> {
    let mut gather = Gather::default();
    for (offset, operand) in operands {
        add(&mut gather, *offset, operand, budget)?;
    }
    Ok(gather.finish(budget)?)
}

/// Runs of operands behind equal operators, in order.
fn terms(text: &str) -> Result<Vec<(Operation, Vec<Operand<'_>>)>, Fault> {
    let mut terms: Vec<(Operation, Vec<Operand<'_>>)> = Vec::new();
    let (mut operation, mut start, mut bracket) = (Operation::Union, 0, None);
    let ends = text.char_indices().chain([(text.len(), ',')]);
    for (at, letter) in ends {
        let end = at == text.len();
        let next = match letter {
            '[' if bracket.is_some() => return Err(Fault::new(at, MALFORMED, "a bracket within brackets")),
            '[' => {
                bracket = Some(at);
                continue;
            }
            ']' if bracket.take().is_none() => {
                return Err(Fault::new(at, MALFORMED, "a closing bracket without an opening one"));
            }
            _ if bracket.is_some() && !end => continue,
            ',' => Operation::Union,
            '!' => Operation::Difference,
            '&' => Operation::Intersection,
            '^' => Operation::Xor,
            _ => continue,
        };
        if let Some(bracket) = bracket {
            return Err(Fault::new(bracket, MALFORMED, "this bracket is not closed"));
        }
        let operand = &text[start..at];
        let offset = start + operand.len() - operand.trim_start().len();
        let operand = (offset, operand.trim());
        if operand.1.is_empty() {
            let what = if end { "a name is missing at the end" } else { "a name is missing here" };
            return Err(Fault::new(at, MALFORMED, what));
        }
        match terms.last_mut() {
            Some((last, operands)) if *last == operation => operands.push(operand),
            _ => terms.push((operation, vec![operand])),
        }
        (operation, start) = (next, at + letter.len_utf8());
    }
    Ok(terms)
}

/// Adds one operand: a name, or a folded one.
fn add(gather: &mut Gather, offset: usize, operand: &str, budget: &mut Budget) -> Result<(), Fault> {
    if let Some((at, letter)) = operand.char_indices().find(|(_, letter)| matches!(letter, '@' | '*' | '?')) {
        let what = if letter == '@' { "groups" } else { "wildcards" };
        let message = format!("{what} mean something in an inventory only, and a node set has none");
        return Err(Fault::new(offset + at, MALFORMED, message));
    }
    if !operand.contains('[') {
        if let Some((at, _)) =
            operand.char_indices().find(|(_, letter)| letter.is_whitespace() || *letter == GAP)
        {
            return Err(Fault::new(offset + at, MALFORMED, "white space within a name")
                .help("names are parted by commas"));
        }
        gather.name(operand);
        return Ok(());
    }
    let (text, dimensions) = folded(offset, operand, budget)?;
    gather.folded(&text, dimensions);
    Ok(())
}

/// A name with brackets: its shape, and its numbers by dimension.
fn folded(offset: usize, operand: &str, budget: &mut Budget) -> Result<(String, Vec<Runs>), Fault> {
    let (mut text, mut dimensions) = (String::new(), Vec::new());
    let mut at = 0;
    while at < operand.len() {
        let rest = &operand[at..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let Some(inner) = rest[digits..].strip_prefix('[') else {
            // A run of digits that no bracket follows, or a letter.
            let letter = rest.chars().next().unwrap_or(GAP);
            match digits {
                0 if letter.is_whitespace() || letter == GAP => {
                    return Err(Fault::new(offset + at, MALFORMED, "white space within a name"));
                }
                0 => text.push(letter),
                1..=MAX_DIGITS => {
                    dimensions.push(Runs::of_sorted([index::of_digits(&rest.as_bytes()[..digits])]));
                    text.push(GAP);
                }
                _ => text.push_str(&rest[..digits]),
            }
            at += digits.max(if digits == 0 { letter.len_utf8() } else { digits });
            continue;
        };
        let length = inner.find(']').unwrap_or(inner.len());
        let behind = inner.get(length + 1..).unwrap_or_default();
        let suffix = behind.bytes().take_while(u8::is_ascii_digit).count();
        let place = offset + at + digits;
        if behind[suffix..].starts_with('[') {
            return Err(Fault::new(place, MALFORMED, "two brackets with nothing but digits between them"));
        }
        let runs = ranges(place + 1, &inner[..length], budget)?;
        dimensions.push(glued(place, &rest[..digits], runs, &behind[..suffix], budget)?);
        text.push(GAP);
        at += digits + length + 2 + suffix;
    }
    if dimensions.len() > MAX_DIMENSIONS {
        let message = format!("more than {MAX_DIMENSIONS} numbers in a folded name");
        return Err(Fault::new(offset, MALFORMED, message));
    }
    Ok((text, dimensions))
}

/// The inside of brackets: `01-20/2,37`.
fn ranges(offset: usize, inner: &str, budget: &mut Budget) -> Result<Runs, Fault> {
    let mut runs = Vec::new();
    let mut start = offset;
    for range in inner.split(',') {
        let place = start + range.len() - range.trim_start().len();
        one_range(place, range.trim(), &mut runs, budget)?;
        start += range.len() + 1;
    }
    Ok(Runs::new(runs))
}

fn one_range(
    offset: usize,
    range: &str,
    runs: &mut Vec<(u64, u64)>,
    budget: &mut Budget,
) -> Result<(), Fault> {
    let bad = |message: String| Fault::new(offset, "bad-range", message);
    if range.is_empty() {
        return Err(bad("a range is missing in brackets".to_owned()));
    }
    let (bounds, step) = match range.split_once('/') {
        Some((bounds, step)) => (bounds, Some(step)),
        None => (range, None),
    };
    let (first, last) = bounds.split_once('-').map_or((bounds, None), |(first, last)| (first, Some(last)));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(first) || !last.is_none_or(is_number) || !step.is_none_or(is_number) {
        let help = "write 5, 1-20 or 1-20/2, parted by commas";
        return Err(bad(format!("{} is no range of numbers", quoted(range))).help(help));
    }
    let number = |text: &str| {
        let fits = text.len() <= MAX_DIGITS;
        let value = fits.then(|| text.parse::<u64>().ok()).flatten();
        value.ok_or_else(|| bad(format!("a number of more than {MAX_DIGITS} digits in brackets")))
    };
    let start = number(first)?;
    let Some(last) = last else {
        if step.is_some() {
            return Err(bad(format!("a step needs a range, not one number, in {}", quoted(range))));
        }
        runs.push((index::of_value(start, first.len()), index::of_value(start, first.len())));
        return Ok(());
    };
    let (end, step) = (number(last)?, step.map_or(Ok(1), number)?);
    let padded = |text: &str| text.len() > 1 && text.starts_with('0');
    if first.len() != last.len() && (padded(first) || padded(last)) {
        let message = format!("{} pads its two numbers to different lengths", quoted(range));
        return Err(bad(message));
    }
    if end < start || step == 0 {
        let what = if step == 0 { "has a step of 0" } else { "runs backwards" };
        return Err(bad(format!("{} {what}", quoted(range))));
    }
    if step > 1 && (end - start) / step >= MAX_SCATTERED {
        return Err(bad(format!(
            "{} is more than {MAX_SCATTERED} numbers, torn apart by its step",
            quoted(range)
        )));
    }
    // One number more than whole steps fit, or, without a step, a run for each number of digits.
    let pieces = if step > 1 { (end - start) / step + 1 } else { 1 };
    budget.keep(usize::try_from(pieces).unwrap_or(usize::MAX)).map_err(|why| too_large(offset, &why))?;
    for length in first.len()..=last.len() {
        let from = if length == first.len() { start } else { index::strings(length - 1) };
        let to = end.min(index::strings(length) - 1);
        if step == 1 {
            runs.push((index::of_value(from, length), index::of_value(to, length)));
            continue;
        }
        let from = start + (from - start).div_ceil(step) * step;
        let values =
            std::iter::successors(Some(from), |value| Some(value + step)).take_while(|value| *value <= to);
        runs.extend(values.map(|value| (index::of_value(value, length), index::of_value(value, length))));
    }
    Ok(())
}

/// Digits right before and behind brackets are part of their numbers.
fn glued(offset: usize, before: &str, runs: Runs, behind: &str, budget: &mut Budget) -> Result<Runs, Fault> {
    if before.is_empty() && behind.is_empty() {
        return Ok(runs);
    }
    if !behind.is_empty() && runs.count() > MAX_SCATTERED {
        let message =
            format!("more than {MAX_SCATTERED} numbers, torn apart by the digits behind the bracket");
        return Err(Fault::new(offset, "bad-range", message));
    }
    if !behind.is_empty() {
        let pieces = usize::try_from(runs.count()).unwrap_or(usize::MAX);
        budget.keep(pieces).map_err(|why| too_large(offset, &why))?;
    }
    let number = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<u64>().ok() };
    let mut glued = Vec::new();
    for (first, last) in runs.runs() {
        let mut first = *first;
        while first <= *last {
            let (value, length) = index::value(first);
            let to = (first + (index::strings(length) - 1 - value)).min(*last);
            let digits = before.len() + length + behind.len();
            let (Some(before), Some(suffix), true) = (number(before), number(behind), digits <= MAX_DIGITS)
            else {
                let message =
                    format!("a number of more than {MAX_DIGITS} digits, with those beside the bracket");
                return Err(Fault::new(offset, "bad-range", message));
            };
            let whole = |value: u64| {
                let shifted = before * index::strings_or_one(length) + value;
                index::of_value(shifted * index::strings_or_one(behind.len()) + suffix, digits)
            };
            let last_value = value + (to - first);
            match behind.is_empty() {
                true => glued.push((whole(value), whole(last_value))),
                false => glued.extend((value..=last_value).map(|value| (whole(value), whole(value)))),
            }
            first = to + 1;
        }
    }
    Ok(Runs::new(glued))
}
