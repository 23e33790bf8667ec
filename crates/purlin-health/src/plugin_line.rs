//! What a check found, told as a plugin tells it.

use crate::judge::judge;
use crate::{Cause, CheckOutcome, Failure, Measurement, Phase, Rule, Status};

/// What a check found, as a Nagios plugin says it: the exit code, and the line for standard output
/// (Monitoring Plugins Development Guidelines, "Plugin Output for Nagios"). So any check can be run by a Nagios.
///
/// The status is that of the rules, as in a monitor. A target that failed is critical, with cause and phase in the line;
/// what speaks against the prober alone, and what was not run, is unknown. Performance data come after a bar; a bar in
/// the text becomes a slash.
///
/// ```
/// use purlin_core::Cx;
/// use purlin_health::checks::Tcp;
/// use purlin_health::{Check, as_plugin};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// // Nobody listens there.
/// let outcome = Tcp::to("127.0.0.1:1")?.run(&Cx::background()).await;
/// let (code, line) = as_plugin(&outcome, &[]);
/// assert_eq!((code, &*line), (2, "CRITICAL - connection refused (refused in connect)"));
/// # Ok::<(), purlin_core::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn as_plugin(outcome: &CheckOutcome, rules: &[Rule]) -> (u8, String) {
    let mut outcome = outcome.clone();
    let judged = judge(&mut outcome, rules);
    let status = judged.status.unwrap_or(Status::Unknown);
    let text = judged.line.replace('|', "/");
    let (text, measurements) = match &outcome {
        // A plugin has written its word already.
        CheckOutcome::Answered(evidence) if evidence.is_judged && status == evidence.status => {
            (text, evidence.measurements.as_slice())
        }
        CheckOutcome::Answered(evidence) => (format!("{status} - {text}"), evidence.measurements.as_slice()),
        CheckOutcome::Failed(failure) => {
            (format!("{status} - {text} ({})", reason(failure)), failure.measurements.as_slice())
        }
        CheckOutcome::Prober(_) | CheckOutcome::Skipped(_) => (format!("{status} - {text}"), &[][..]),
    };
    (status.exit_code(), with_data(text, measurements))
}

fn with_data(mut line: String, measurements: &[Measurement]) -> String {
    if !measurements.is_empty() {
        line.push_str(" |");
    }
    for measurement in measurements {
        line.push(' ');
        line.push_str(&measurement.to_string());
    }
    line
}

fn reason(failure: &Failure) -> String {
    let cause = match &failure.cause {
        Cause::Unresolved => "unresolved",
        Cause::Refused => "refused",
        Cause::Timeout => "timeout",
        Cause::Closed => "closed",
        Cause::Unreachable => "unreachable",
        Cause::Tls(code) => &format!("tls {code}"),
        Cause::Auth => "auth",
        Cause::Protocol => "protocol",
        Cause::Assertion(expected) => &format!("expected {expected}"),
        Cause::Stale => "stale",
        Cause::Dependency(parent) => &format!("dependency {parent}"),
    };
    let phase = match failure.phase {
        Phase::Resolve => "resolve",
        Phase::Connect => "connect",
        Phase::Tls => "tls",
        Phase::Login => "login",
        Phase::FirstByte => "first byte",
        Phase::Transfer => "transfer",
        Phase::Execute => "execute",
    };
    format!("{cause} in {phase}").replace('|', "/")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Evidence, PluginOutput, Skip, Unit};
    use purlin_core::{Error, ErrorKind};

    fn answered(value: f64) -> CheckOutcome {
        let time = Measurement::new("time", value, Unit::Seconds).limits(0.0, 10.0);
        CheckOutcome::Answered(Evidence::new(Status::Ok, "fine | so far").measured(time))
    }

    #[test]
    fn rules_decide_and_show_in_the_data() -> purlin_core::Result<()> {
        let rules = [Rule::on("time").warning("1".parse()?).critical("2".parse()?)];
        assert_eq!(as_plugin(&answered(0.5), &[]), (0, "OK - fine / so far | time=0.5s;;;0;10".into()));
        let line = "WARNING - fine / so far (time is 1.5) | time=1.5s;1;2;0;10";
        assert_eq!(as_plugin(&answered(1.5), &rules), (1, line.into()));
        assert_eq!(as_plugin(&answered(2.5), &rules).0, 2);
        Ok(())
    }

    #[test]
    fn each_end_has_its_code() {
        let failed = Failure::new(Phase::FirstByte, Cause::Assertion("status".into()), "503 came");
        let failed = as_plugin(&CheckOutcome::Failed(failed), &[]);
        assert_eq!(failed, (2, "CRITICAL - 503 came (expected status in first byte)".into()));
        let prober = CheckOutcome::Prober(Error::new(ErrorKind::Internal, "no descriptors"));
        let (code, line) = as_plugin(&prober, &[]);
        assert!(code == 3 && line.starts_with("UNKNOWN - the prober failed"), "{line}");
        assert_eq!(as_plugin(&CheckOutcome::Skipped(Skip::Late), &[]), (3, "UNKNOWN - skipped: Late".into()));
    }

    #[test]
    fn what_a_plugin_said_stays_unless_a_rule_makes_it_worse() -> purlin_core::Result<()> {
        let output = PluginOutput::parse("LOAD OK - low | load=3;5;9");
        let mut evidence = Evidence::new(Status::Ok, output.line).judged();
        evidence.measurements = output.measurements;
        let outcome = CheckOutcome::Answered(evidence);
        assert_eq!(as_plugin(&outcome, &[]), (0, "LOAD OK - low | load=3;5;9".into()));
        let rule = Rule::on("load").critical("2".parse()?);
        let line = "CRITICAL - LOAD OK - low (load is 3) | load=3;;2";
        assert_eq!(as_plugin(&outcome, &[rule]), (2, line.into()));
        Ok(())
    }
}
