//! What the kernel counts of an NFS mount (nfsstat(8) reads the same).

use super::super::SystemRoots;
use super::table::plain;
use crate::{Measurement, Unit};

/// Nothing where the kernel does not say: the mount may still answer.
pub(super) fn measure(roots: &SystemRoots, path: &str) -> Vec<Measurement> {
    let Ok(text) = super::read(&roots.proc.join("self/mountstats")) else { return Vec::new() };
    measured(&text, path)
}

/// The same of a text.
pub(super) fn measured(text: &str, path: &str) -> Vec<Measurement> {
    let Some((retransmits, timeouts)) = counts(text, path) else { return Vec::new() };
    vec![
        Measurement::new("retransmits", retransmits, Unit::Counter),
        Measurement::new("timeouts", timeouts, Unit::Counter),
    ]
}

/// Retransmitted requests and those that timed out: `NAME: operations transmissions timeouts …` for each kind.
fn counts(text: &str, path: &str) -> Option<(f64, f64)> {
    let is_ours = |line: &str| {
        let point = line.split_once(" mounted on ").and_then(|(_, rest)| rest.split_once(" with fstype "));
        point.is_some_and(|(point, _)| plain(point) == path)
    };
    // Of several at one path the last is on top.
    let lines: Vec<&str> = text.lines().collect();
    let begin = lines.iter().rposition(|line| line.starts_with("device ") && is_ours(line))?;
    let of_it = lines[begin + 1..].iter().take_while(|line| !line.starts_with("device "));
    let operations = of_it.skip_while(|line| line.trim() != "per-op statistics").skip(1);
    let mut sums = (0.0, 0.0);
    for line in operations {
        let mut numbers = line.split_whitespace().skip(1).map_while(|word| word.parse::<f64>().ok());
        if let (Some(asked), Some(sent), Some(timeouts)) = (numbers.next(), numbers.next(), numbers.next()) {
            sums = (sums.0 + (sent - asked).max(0.0), sums.1 + timeouts);
        }
    }
    Some(sums)
}
