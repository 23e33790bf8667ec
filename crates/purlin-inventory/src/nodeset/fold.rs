//! Sets become text.

use super::Parts;
use super::index;
use super::runs::Runs;
use super::shape::Shape;
use super::space::Space;

/// The shortest text with brackets, shapes and numbers in order.
pub(super) fn fold(parts: &Parts) -> String {
    let mut text = String::new();
    for (shape, space) in parts {
        fold_space(&shape.pieces(), space, &mut Vec::new(), &mut text);
    }
    text
}

fn fold_space(pieces: &[&str], space: &Space, before: &mut Vec<String>, text: &mut String) {
    match space {
        Space::Point => name(pieces, before, "", text),
        Space::Line(runs) => name(pieces, before, &folded(runs), text),
        Space::Layers(layers) => {
            for layer in layers {
                before.push(folded(&layer.at));
                fold_space(pieces, &layer.rest, before, text);
                before.pop();
            }
        }
    }
}

fn name(pieces: &[&str], before: &[String], last: &str, text: &mut String) {
    if !text.is_empty() {
        text.push(',');
    }
    let mut numbers = before.iter().map(String::as_str).chain([last]);
    for piece in pieces {
        text.push_str(piece);
        text.push_str(numbers.next().unwrap_or_default());
    }
}

/// `5`, or `[1-3,7]`. A run goes on from `9` to `10`, but not from `09` to `010` or from `99` to `100` behind `01`:
/// there the number of digits is part of the name.
fn folded(runs: &Runs) -> String {
    let mut text = String::new();
    if let Some(index) = runs.single() {
        index::write(index, &mut text);
        return text;
    }
    text.push('[');
    let mut rest = by_length(runs).peekable();
    while let Some((first, mut last)) = rest.next() {
        while let Some(next) = rest.next_if(|next| goes_on(first, last, next.0)) {
            last = next.1;
        }
        if text.len() > 1 {
            text.push(',');
        }
        index::write(first, &mut text);
        if last != first {
            text.push('-');
            index::write(last, &mut text);
        }
    }
    text.push(']');
    text
}

/// The runs, cut where the number of digits changes.
fn by_length(runs: &Runs) -> impl Iterator<Item = (u64, u64)> + '_ {
    runs.runs().iter().flat_map(|(first, last)| {
        let mut first = Some(*first);
        std::iter::from_fn(move || {
            let from = first?;
            let (value, length) = index::value(from);
            let to = (from + (index::strings(length) - 1 - value)).min(*last);
            first = (to < *last).then_some(to + 1);
            Some((from, to))
        })
    })
}

/// Whether counting up without leading zeros leads from the one to the other.
fn goes_on(first: u64, last: u64, next: u64) -> bool {
    let (start, start_length) = index::value(first);
    let (end, length) = index::value(last);
    let (next, next_length) = index::value(next);
    let no_zeros = start_length == 1 || start >= index::strings(start_length - 1);
    no_zeros && next_length == length + 1 && end + 1 == index::strings(length) && next == end + 1
}

/// One name of a shape.
pub(super) fn unfolded(shape: &Shape, row: &[u64]) -> String {
    let mut name = String::with_capacity(shape.text.len() + 4 * row.len());
    let mut numbers = row.iter();
    for piece in shape.pieces() {
        name.push_str(piece);
        if let Some(index) = numbers.next() {
            index::write(*index, &mut name);
        }
    }
    name
}
