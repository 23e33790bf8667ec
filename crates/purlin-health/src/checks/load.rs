//! How busy this machine is.

use super::SystemRoots;
use crate::{
    Check, CheckKind, CheckOutcome, Evidence, Measurement, OnTarget, Status, TargetAnswer, TargetQuestion,
    Unit,
};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Result};

/// The load average of this machine: how many processes run, wait for a CPU, or are stuck in the kernel.
///
/// Kind `load`. Measures `load1`, `load5` and `load15`, means over so many minutes (proc_loadavg(5)), and the same for
/// each CPU: `load1_per_cpu` and so on. Thresholds come by [rules](crate::Rule).
///
/// ```
/// use purlin_health::checks::Load;
/// use purlin_health::{CheckSet, CheckSpec, Rule};
///
/// let rule = Rule::on("load5_per_cpu").warning("2".parse()?).critical("8".parse()?);
/// let set = CheckSet::new().with(CheckSpec::new("load", Load::new()).rule(rule));
/// # assert_eq!(set.len(), 1);
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Load {
    roots: SystemRoots,
}

impl Load {
    /// The load of this machine.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets where the kernel shows itself. Default: `/proc`.
    #[must_use]
    pub fn roots(mut self, roots: SystemRoots) -> Self {
        self.roots = roots;
        self
    }

    fn read(&self) -> Result<[f64; 3]> {
        let text = std::fs::read_to_string(self.roots.proc.join("loadavg"));
        parse(&text.map_err(|error| Error::io("check.load", error))?)
    }
}

fn parse(text: &str) -> Result<[f64; 3]> {
    let mut numbers = text.split_whitespace().map_while(|word| word.parse().ok());
    let mut next = || numbers.next().filter(|load: &f64| load.is_finite());
    match (next(), next(), next()) {
        (Some(one), Some(five), Some(fifteen)) => Ok([one, five, fifteen]),
        _ => Err(Error::new(ErrorKind::Unsupported, format!("\"{}\" is no load", text.escape_debug()))
            .with_operation("check.load")),
    }
}

fn evidence(loads: [f64; 3], cpus: u32) -> Evidence {
    let [one, five, fifteen] = loads;
    let line = format!("load is {one}, {five}, {fifteen} on {cpus} CPUs");
    let mut evidence = Evidence::new(Status::Ok, line);
    let names = [("load1", "load1_per_cpu"), ("load5", "load5_per_cpu"), ("load15", "load15_per_cpu")];
    for ((name, per_cpu), load) in names.into_iter().zip(loads) {
        evidence.measurements.push(Measurement::new(name, load, Unit::None));
        evidence.measurements.push(Measurement::new(per_cpu, load / f64::from(cpus.max(1)), Unit::None));
    }
    evidence
}

#[async_trait]
impl Check for Load {
    fn kind(&self) -> CheckKind {
        CheckKind::from("load")
    }

    fn on_target(&self) -> Option<&dyn OnTarget> {
        Some(self)
    }

    async fn run(&self, _: &Cx) -> CheckOutcome {
        match self.read() {
            Ok(loads) => {
                let cpus = std::thread::available_parallelism().map_or(1, usize::from);
                CheckOutcome::Answered(evidence(loads, u32::try_from(cpus).unwrap_or(u32::MAX)))
            }
            Err(error) => CheckOutcome::Prober(error),
        }
    }
}

/// The averages, and below them the number of CPUs.
const ASK: &str = "cat /proc/loadavg || exit 1
getconf _NPROCESSORS_ONLN || nproc || grep -c ^processor /proc/cpuinfo";

impl OnTarget for Load {
    fn question(&self) -> TargetQuestion {
        TargetQuestion::new(ASK)
    }

    fn judge(&self, answer: &TargetAnswer) -> CheckOutcome {
        let text = answer.text();
        let (loads, cpus) = text.trim_end().split_once('\n').unwrap_or((&text, ""));
        match (parse(loads), cpus.trim().parse()) {
            (Ok(loads), Ok(cpus)) => CheckOutcome::Answered(evidence(loads, cpus).phases(answer.phases())),
            (Ok(_), Err(_)) => {
                let message = format!("the number of CPUs is not told: {}", answer.complaint());
                CheckOutcome::Prober(Error::new(ErrorKind::Unsupported, message).with_operation("check.load"))
            }
            (Err(error), _) => CheckOutcome::Prober(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn load_is_read_and_rubbish_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let check = Load::new().roots(SystemRoots::new().proc(folder.path()));
        for (text, load) in [("0.25 1.50 3.00 1/500 4711\n", Some(3.0)), ("1.0 nan", None), ("", None)] {
            std::fs::write(folder.path().join("loadavg"), text).unwrap();
            let found = match check.run(&Cx::background()).await {
                CheckOutcome::Answered(evidence) => Some(evidence.measurements[4].value),
                _ => None,
            };
            assert_eq!(found, load, "{text}");
        }
        assert!(matches!(Load::new().run(&Cx::background()).await, CheckOutcome::Answered(_)));
    }
}
