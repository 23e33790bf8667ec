//! How much room a file system has.

use super::touch::{Told, Touch, refused};
use crate::{
    Check, CheckKind, CheckOutcome, Evidence, Failure, Measurement, OnTarget, Phase, Phases, Status,
    TargetAnswer, TargetQuestion, Unit,
};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Result};

/// How much room the file system has that a path lies on.
///
/// Kind `disk`. Measures `free` (bytes that ordinary users may still write), `free_percent` (of what they may use at
/// all, as `df` counts), and where the file system numbers its files in advance, `inodes_free` and
/// `inodes_free_percent`. Thresholds come by [rules](crate::Rule). Whether something is mounted there at all is for
/// [`Mount`](super::Mount) to say.
///
/// Nothing but this path is touched, and that by a child: see [`Touch`].
///
/// ```
/// use purlin_core::Cx;
/// use purlin_health::checks::Disk;
/// use purlin_health::{Cadence, CheckSet, CheckSpec, Rule};
///
/// let rule = Rule::on("free_percent").warning("10:".parse()?).critical("5:".parse()?);
/// let set = CheckSet::new().with(CheckSpec::new("root", Disk::at("/")?).rule(rule));
/// # assert_eq!(set.len(), 1);
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Disk {
    path: String,
    touch: Touch,
}

impl Disk {
    /// Looks at the file system that this path lies on.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where the path is not absolute.
    pub fn at(path: impl Into<String>) -> Result<Self> {
        Ok(Self { path: absolute(path.into())?, touch: Touch::new() })
    }

    /// Shares its children with other checks.
    #[must_use]
    pub fn touch(mut self, touch: &Touch) -> Self {
        self.touch = touch.clone();
        self
    }
}

/// Only a path that begins at the root means the same in a child.
pub(super) fn absolute(path: String) -> Result<String> {
    if path.starts_with('/') && !path.contains('\0') {
        return Ok(path);
    }
    let message = format!("\"{}\" is no absolute path", path.escape_debug());
    Err(Error::new(ErrorKind::Invalid, message).with_operation("check.path"))
}

/// What statfs(2) says of a file system.
struct Room {
    block: f64,
    blocks: f64,
    free: f64,
    available: f64,
    inodes: f64,
    inodes_free: f64,
}

impl Room {
    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split_whitespace().map(str::parse::<u64>);
        #[expect(clippy::cast_precision_loss, reason = "sizes beyond 2^53 bytes may lose their last digits")]
        let mut next = || numbers.next().and_then(std::result::Result::ok).map(|number| number as f64);
        Some(Self {
            block: next()?,
            blocks: next()?,
            free: next()?,
            available: next()?,
            inodes: next()?,
            inodes_free: next()?,
        })
    }

    fn evidence(&self, path: &str) -> Evidence {
        let usable = self.blocks - self.free + self.available;
        let percent = |part: f64, whole: f64| if whole > 0.0 { part / whole * 100.0 } else { 100.0 };
        let free = self.available * self.block;
        let free_percent = percent(self.available, usable);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "for people")]
        let line = format!("{path} has {} MiB ({free_percent:.1} %) free", (free / 1_048_576.0) as u64);
        let mut evidence = Evidence::new(Status::Ok, line)
            .measured(Measurement::new("free", free, Unit::Bytes).limits(0.0, usable * self.block))
            .measured(Measurement::new("free_percent", free_percent, Unit::Percent).limits(0.0, 100.0));
        if self.inodes > 0.0 {
            let percent = percent(self.inodes_free, self.inodes);
            evidence = evidence
                .measured(
                    Measurement::new("inodes_free", self.inodes_free, Unit::None).limits(0.0, self.inodes),
                )
                .measured(Measurement::new("inodes_free_percent", percent, Unit::Percent).limits(0.0, 100.0));
        }
        evidence
    }
}

#[async_trait]
impl Check for Disk {
    fn kind(&self) -> CheckKind {
        CheckKind::from("disk")
    }

    fn on_target(&self) -> Option<&dyn OnTarget> {
        Some(self)
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let begun = cx.now();
        let argv = ["stat", "-f", "-c", "%S %b %f %a %c %d", "--", &self.path];
        let told = self.touch.ask(cx, &self.path, &argv).await;
        let mut phases = Phases::default();
        phases.push(Phase::Execute, cx.now().since(begun));
        match told {
            Told::Said(text) => self.read(&String::from_utf8_lossy(&text), phases),
            Told::Refused(complaint) => timed(refused(&self.path, &complaint), phases),
            Told::Ended(outcome) => timed(outcome, phases),
        }
    }
}

impl Disk {
    fn read(&self, text: &str, phases: Phases) -> CheckOutcome {
        match Room::parse(text) {
            Some(room) => CheckOutcome::Answered(room.evidence(&self.path).phases(phases)),
            None => CheckOutcome::Prober(
                Error::new(ErrorKind::Unsupported, "stat does not say what it should")
                    .with_operation("check.disk"),
            ),
        }
    }
}

impl OnTarget for Disk {
    fn question(&self) -> TargetQuestion {
        TargetQuestion::new("export LC_ALL=C; exec stat -f -c '%S %b %f %a %c %d' -- \"$1\"").arg(&self.path)
    }

    fn judge(&self, answer: &TargetAnswer) -> CheckOutcome {
        match answer.code {
            0 => self.read(&answer.text(), answer.phases()),
            _ => timed(refused(&self.path, &answer.complaint()), answer.phases()),
        }
    }
}

/// The same, with how long it took.
pub(super) fn timed(outcome: CheckOutcome, phases: Phases) -> CheckOutcome {
    match outcome {
        CheckOutcome::Failed(failure) => CheckOutcome::Failed(Failure::phases(failure, phases)),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_counted_as_df_does() {
        let room = Room::parse("4096 1000 300 250 0 0\n").unwrap();
        let evidence = room.evidence("/srv");
        let values: Vec<_> = evidence.measurements.iter().map(|found| (&*found.name, found.value)).collect();
        // 250 of 950 blocks: 50 are kept for root.
        assert_eq!(values, [("free", 1_024_000.0), ("free_percent", 250.0 / 950.0 * 100.0)]);
        assert!(Room::parse("4096 x").is_none() && Room::parse("").is_none());
        assert_eq!(Room::parse("1 0 0 0 0 0").unwrap().evidence("/proc").measurements[1].value, 100.0);
    }

    #[tokio::test]
    async fn the_root_has_room_and_what_is_not_there_fails() {
        let cx = Cx::background();
        let CheckOutcome::Answered(evidence) = Disk::at("/").unwrap().run(&cx).await else { panic!() };
        assert!(evidence.measurements[0].value > 0.0, "{evidence:?}");
        let missing = Disk::at("/no such folder").unwrap().run(&cx).await;
        let CheckOutcome::Failed(failure) = missing else { panic!("{missing:?}") };
        assert_eq!(failure.message, "/no such folder: no such file or directory");
        assert_eq!(Disk::at("srv").unwrap_err().kind(), ErrorKind::Invalid);
    }
}
