//! Global transaction identifiers, as far as counting what is missing needs them.

use std::collections::BTreeMap;

/// The transactions that a node holds: MariaDB's `0-1-42,1-3-7` (domain, server, number; all up to the number), or
/// MySQL's `uuid:1-5:8,uuid:tag:1-3` (ranges by source and tag).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Gtids(BTreeMap<String, Vec<(u64, u64)>>);

impl Gtids {
    /// None where the text is empty (no binary log) or something else.
    pub(super) fn parse(text: &str, mariadb: bool) -> Option<Self> {
        let mut all = Self::default();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            if mariadb { all.domain(entry)? } else { all.source(entry)? }
        }
        for ranges in all.0.values_mut() {
            merge(ranges);
        }
        (!all.0.is_empty()).then_some(all)
    }

    fn domain(&mut self, entry: &str) -> Option<()> {
        let mut parts = entry.split('-');
        let (domain, _server, number) = (parts.next()?, parts.next()?, parts.next()?.parse().ok()?);
        domain.parse::<u32>().ok()?;
        self.0.entry(domain.to_owned()).or_default().push((1, number));
        Some(())
    }

    fn source(&mut self, entry: &str) -> Option<()> {
        let mut parts = entry.split(':').map(str::trim);
        let source = parts.next()?.to_ascii_lowercase();
        let mut key = source.clone();
        for part in parts {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            match (first.parse::<u64>(), last.parse::<u64>()) {
                (Ok(first), Ok(last)) if first <= last => {
                    self.0.entry(key.clone()).or_default().push((first, last));
                }
                // A tag (MySQL 8.3) stands before the ranges that it is for.
                (Err(_), _) if part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') => {
                    key = format!("{source}:{}", part.to_ascii_lowercase());
                }
                _ => return None,
            }
        }
        Some(())
    }

    /// How many of these the other does not hold.
    pub(super) fn missing_in(&self, other: &Self) -> u64 {
        let of = |(source, ranges): (&String, &Vec<(u64, u64)>)| {
            let held = other.0.get(source).map_or(&[][..], Vec::as_slice);
            ranges
                .iter()
                .map(|(first, last)| last - first + 1)
                .sum::<u64>()
                .saturating_sub(common(ranges, held))
        };
        self.0.iter().map(of).fold(0, u64::saturating_add)
    }
}

/// How many numbers are in both; walks once over each, which may have as many ranges as its text has room for.
fn common(ranges: &[(u64, u64)], held: &[(u64, u64)]) -> u64 {
    let (mut ranges, mut held) = (ranges.iter().copied().peekable(), held.iter().copied().peekable());
    let mut common = 0;
    while let (Some(one), Some(other)) = (ranges.peek().copied(), held.peek().copied()) {
        common += overlap(one, other);
        if one.1 <= other.1 {
            ranges.next()
        } else {
            held.next()
        };
    }
    common
}

fn overlap(one: (u64, u64), other: (u64, u64)) -> u64 {
    let (first, last) = (one.0.max(other.0), one.1.min(other.1));
    if first <= last { last - first + 1 } else { 0 }
}

/// Ranges in order, none overlapping another.
fn merge(ranges: &mut Vec<(u64, u64)>) {
    // 0 is no number of a transaction, and counting from 1 keeps the sums within 64 bits.
    ranges.retain(|range| range.1 > 0);
    ranges.iter_mut().for_each(|range| range.0 = range.0.max(1));
    ranges.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::with_capacity(ranges.len());
    for range in ranges.drain(..) {
        match merged.last_mut() {
            Some(last) if range.0 <= last.1 => last.1 = last.1.max(range.1),
            _ => merged.push(range),
        }
    }
    *ranges = merged;
}
