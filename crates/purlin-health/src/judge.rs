//! What rules make of an outcome.

use crate::{CheckOutcome, Evidence, Measurement, Rule, Status};
use std::fmt::Write as _;

/// A line for people is cut there, with a mark: no answer of a target may fill the memory of the monitor.
const LINE: usize = 512;

/// What came of a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judged {
    /// None where it says nothing about the target.
    pub(crate) status: Option<Status>,
    pub(crate) line: String,
}

/// Applies the rules to an outcome.
pub(crate) fn judge(outcome: &mut CheckOutcome, rules: &[Rule]) -> Judged {
    match outcome {
        CheckOutcome::Answered(evidence) => {
            let status = apply(evidence, rules);
            let mut line = evidence.message.clone();
            if status > evidence.status {
                name_the_worst(&mut line, &evidence.measurements, status);
            }
            Judged { status: Some(status), line: one_line(&line) }
        }
        CheckOutcome::Failed(failure) => {
            Judged { status: Some(Status::Critical), line: one_line(&failure.message) }
        }
        CheckOutcome::Prober(error) => {
            Judged { status: None, line: one_line(&format!("the prober failed: {error}")) }
        }
        CheckOutcome::Skipped(skip) => Judged { status: None, line: format!("skipped: {skip:?}") },
    }
}

/// Sets the rules' thresholds and gives the worst of all that count.
fn apply(evidence: &mut Evidence, rules: &[Rule]) -> Status {
    let mut worst = evidence.verdict();
    for rule in rules {
        for measurement in evidence.measurements.iter_mut().filter(|found| found.name == rule.measurement) {
            (measurement.warning, measurement.critical) = (rule.warning, rule.critical);
            worst = worst.max(measurement.status());
        }
    }
    if evidence.is_judged { worst } else { evidence.verdict() }
}

fn name_the_worst(line: &mut String, measurements: &[Measurement], status: Status) {
    for measurement in measurements.iter().filter(|measurement| measurement.status() == status) {
        // Writing to a string does not fail.
        let _ = write!(line, " ({} is {})", measurement.name, measurement.value);
    }
}

/// One line without control characters, cut at a sane length.
pub(crate) fn one_line(text: &str) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    let mut line: String = text.trim().chars().map(clean).take(LINE + 1).collect();
    if line.chars().count() > LINE {
        line = line.chars().take(LINE - 1).collect();
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cause, Failure, Phase, Unit};
    use purlin_core::{Error, ErrorKind};

    fn evidence(value: f64) -> CheckOutcome {
        let time = Measurement::new("time", value, Unit::Seconds);
        CheckOutcome::Answered(Evidence::new(Status::Ok, "200 OK").measured(time))
    }

    #[test]
    fn a_rule_makes_an_answer_worse_and_says_why() -> purlin_core::Result<()> {
        let rules = [Rule::on("time").warning("1".parse()?).critical("2".parse()?)];
        let said = |value| judge(&mut evidence(value), &rules);
        assert_eq!(said(0.5), Judged { status: Some(Status::Ok), line: "200 OK".into() });
        assert_eq!(said(1.5), Judged { status: Some(Status::Warning), line: "200 OK (time is 1.5)".into() });
        assert_eq!(said(f64::NAN).status, Some(Status::Critical));
        Ok(())
    }

    /// A plugin has applied its own thresholds; a rule of the check's owner still counts.
    #[test]
    fn what_is_judged_is_judged_only_by_rules() -> purlin_core::Result<()> {
        let load = Measurement::new("load", 7.0, Unit::None).critical("5".parse()?);
        let said = |rules: &[Rule]| {
            let evidence = Evidence::new(Status::Warning, "busy").measured(load.clone()).judged();
            judge(&mut CheckOutcome::Answered(evidence), rules).status
        };
        assert_eq!(said(&[]), Some(Status::Warning));
        assert_eq!(said(&[Rule::on("load").critical("10".parse()?)]), Some(Status::Warning));
        assert_eq!(said(&[Rule::on("load").critical("6".parse()?)]), Some(Status::Critical));
        Ok(())
    }

    #[test]
    fn only_the_target_is_counted_against_the_target() {
        let error = Error::new(ErrorKind::Internal, "no descriptors left");
        assert_eq!(judge(&mut CheckOutcome::Prober(error), &[]).status, None);
        let failure = Failure::new(Phase::Connect, Cause::Refused, "nobody listens");
        assert_eq!(judge(&mut CheckOutcome::Failed(failure), &[]).status, Some(Status::Critical));
    }

    #[test]
    fn a_line_has_neither_controls_nor_a_megabyte() {
        let noise = format!("a\nb\u{1b}[31mc{}", "x".repeat(1 << 20));
        let line = one_line(&noise);
        assert!(
            line.starts_with("a b [31mc") && line.ends_with('…') && line.chars().count() == LINE,
            "{line}"
        );
    }
}
