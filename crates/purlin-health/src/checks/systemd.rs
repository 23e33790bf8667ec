//! What systemd says of a unit.

use crate::child;
use crate::judge::one_line;
use crate::{
    Cause, Check, CheckKind, CheckOutcome, Evidence, Failure, Measurement, OnTarget, Phase, Phases, Status,
    TargetAnswer, TargetQuestion, Unit,
};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Result};
use std::collections::HashMap;

/// Whether a unit of systemd is as it should be: `systemctl show`.
///
/// Kind `systemd`. Measures `restarts`, how often systemd restarted the service by itself. A unit that is `active` is
/// well; one on its way (`activating`, `reloading`) is a warning; anything else, and one that is not loaded, has
/// failed. For services that run once and end, see [`once`](Self::once).
///
/// It is proven over answers that were written by hand after the manual (systemctl(1) of systemd 252), never against a
/// running systemd, nor over what one was seen to say.
///
/// ```
/// use purlin_health::CheckSet;
/// use purlin_health::checks::Systemd;
///
/// let set = CheckSet::new()
///     .add("tomcat", Systemd::unit("tomcat10.service")?)
///     .add("nightly dump", Systemd::unit("dump.service")?.once());
/// # assert_eq!(set.len(), 2);
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Systemd {
    unit: String,
    program: String,
    is_once: bool,
}

impl Systemd {
    /// Looks at this unit, such as `tomcat10.service`.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where the name is empty, is a pattern, or begins with a dash.
    pub fn unit(name: impl Into<String>) -> Result<Self> {
        let unit = name.into();
        if unit.is_empty() || unit.starts_with('-') || unit.contains(['*', '?', '[', '\0']) {
            let message = format!("\"{}\" is no name of a unit", unit.escape_debug());
            return Err(Error::new(ErrorKind::Invalid, message).with_operation("check.systemd"));
        }
        Ok(Self { unit, program: "systemctl".into(), is_once: false })
    }

    /// Takes it as well while it is not running, if its last run did not fail: for services that a timer starts.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.is_once = true;
        self
    }

    /// Sets the program that is asked. Default: `systemctl`.
    #[must_use]
    pub fn systemctl(mut self, program: impl Into<String>) -> Self {
        self.program = program.into();
        self
    }

    /// Without an answer nothing is known of the unit.
    fn failed(how: &str, stderr: &[u8]) -> CheckOutcome {
        let said = one_line(&String::from_utf8_lossy(stderr));
        let message = format!("systemctl ended with {how}: {said}");
        CheckOutcome::Prober(Error::new(ErrorKind::Unavailable, message).with_operation("check.systemd"))
    }

    fn read(&self, stdout: &[u8], phases: Phases) -> CheckOutcome {
        let text = String::from_utf8_lossy(stdout);
        let said: HashMap<&str, &str> = text.lines().filter_map(|line| line.split_once('=')).collect();
        let of = |key: &str| said.get(key).copied().filter(|value| !value.is_empty()).unwrap_or("unknown");
        let (load, active, result) = (of("LoadState"), of("ActiveState"), of("Result"));
        let line = format!("{} is {active} ({})", self.unit, of("SubState"));
        let status = match (load, active) {
            ("loaded", "active") => Some(Status::Ok),
            ("loaded", "activating" | "reloading" | "refreshing") => Some(Status::Warning),
            ("loaded", "inactive") if self.is_once && result == "success" => Some(Status::Ok),
            _ => None,
        };
        let Some(status) = status else {
            let message = match load {
                "loaded" => format!("{line}, result {result}"),
                load => format!("{} is {load}", self.unit),
            };
            let failure = Failure::new(Phase::Execute, Cause::Assertion("active".into()), message);
            return CheckOutcome::Failed(failure.phases(phases));
        };
        let mut evidence = Evidence::new(status, line).phases(phases);
        if let Ok(restarts) = of("NRestarts").parse() {
            evidence.measurements.push(Measurement::new("restarts", restarts, Unit::Counter));
        }
        CheckOutcome::Answered(evidence)
    }
}

#[async_trait]
impl Check for Systemd {
    fn kind(&self) -> CheckKind {
        CheckKind::from("systemd")
    }

    fn on_target(&self) -> Option<&dyn OnTarget> {
        Some(self)
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let begun = cx.now();
        let argv = [&self.program, "show", PROPERTIES, "--", &self.unit];
        let ended = child::run(cx, &argv, b"").await;
        let mut phases = Phases::default();
        phases.push(Phase::Execute, cx.now().since(begun));
        match ended {
            Ok(ended) if ended.status.success() => self.read(&ended.stdout, phases),
            Ok(ended) => Self::failed(&ended.status.to_string(), &ended.stderr),
            // Without an answer nothing is known of the unit.
            Err(error) => CheckOutcome::Prober(error),
        }
    }
}

const PROPERTIES: &str = "--property=LoadState,ActiveState,SubState,Result,NRestarts";

impl OnTarget for Systemd {
    fn question(&self) -> TargetQuestion {
        let text = "export LC_ALL=C; exec \"$1\" show \"$2\" -- \"$3\"";
        TargetQuestion::new(text).arg(&self.program).arg(PROPERTIES).arg(&self.unit)
    }

    fn judge(&self, answer: &TargetAnswer) -> CheckOutcome {
        match answer.code {
            0 => self.read(&answer.stdout, answer.phases()),
            code => Self::failed(&format!("exit status: {code}"), &answer.stderr),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    /// Written after systemctl(1) of systemd 252; no running systemd was seen to say so.
    const WRITTEN: [(&str, &str); 6] = [
        ("up", "Result=success\nNRestarts=3\nLoadState=loaded\nActiveState=active\nSubState=running\n"),
        (
            "starting",
            "Result=success\nNRestarts=0\nLoadState=loaded\nActiveState=activating\nSubState=start\n",
        ),
        ("down", "Result=exit-code\nNRestarts=5\nLoadState=loaded\nActiveState=failed\nSubState=failed\n"),
        ("idle", "Result=success\nNRestarts=0\nLoadState=loaded\nActiveState=inactive\nSubState=dead\n"),
        ("missing", "Result=success\nLoadState=not-found\nActiveState=inactive\nSubState=dead\n"),
        ("masked", "Result=success\nLoadState=masked\nActiveState=inactive\nSubState=dead\n"),
    ];

    /// A systemctl that says this, if it is asked as the manual has it.
    fn fake(folder: &Path) -> String {
        for (unit, said) in WRITTEN {
            std::fs::write(folder.join(unit), said).unwrap();
        }
        let path = folder.join("systemctl");
        let script = "#!/bin/sh\n[ \"$1 $3\" = 'show --' ] || exit 9\n\
            [ -e \"${0%/*}/$4\" ] && exec cat \"${0%/*}/$4\"\n\
            echo 'System has not been booted with systemd as init system (PID 1). Can'\"'\"'t operate.' >&2\nexit 1\n";
        std::fs::write(&path, script).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path.display().to_string()
    }

    #[tokio::test]
    async fn each_state_of_a_unit_has_its_word() {
        let folder = tempfile::tempdir().unwrap();
        let program = fake(folder.path());
        let cx = Cx::background();
        let unit = |name: &str| Systemd::unit(name).unwrap().systemctl(&program);
        for (check, status, line) in [
            (unit("up"), Some(Status::Ok), "up is active (running)"),
            (unit("starting"), Some(Status::Warning), "starting is activating (start)"),
            (unit("idle").once(), Some(Status::Ok), "idle is inactive (dead)"),
            (unit("idle"), None, "idle is inactive (dead), result success"),
            (unit("down"), None, "down is failed (failed), result exit-code"),
            (unit("down").once(), None, "down is failed (failed), result exit-code"),
            (unit("missing").once(), None, "missing is not-found"),
            (unit("masked"), None, "masked is masked"),
        ] {
            let found = match check.run(&cx).await {
                CheckOutcome::Answered(evidence) => (Some(evidence.status), evidence.message),
                CheckOutcome::Failed(failure) => (None, failure.message),
                other => panic!("{other:?}"),
            };
            assert_eq!(found, (status, line.to_owned()));
        }
        let CheckOutcome::Answered(evidence) = unit("up").run(&cx).await else { panic!() };
        assert_eq!((&*evidence.measurements[0].name, evidence.measurements[0].value), ("restarts", 3.0));
    }

    #[tokio::test]
    async fn a_machine_without_systemd_says_nothing_of_the_unit() {
        let folder = tempfile::tempdir().unwrap();
        let program = fake(folder.path());
        for program in [program, "/no such folder/systemctl".to_owned()] {
            let check = Systemd::unit("other").unwrap().systemctl(program);
            let outcome = check.run(&Cx::background()).await;
            assert!(matches!(outcome, CheckOutcome::Prober(_)), "{outcome:?}");
        }
        for name in ["", "-H", "tom*"] {
            assert_eq!(Systemd::unit(name).unwrap_err().kind(), ErrorKind::Invalid);
        }
    }
}
