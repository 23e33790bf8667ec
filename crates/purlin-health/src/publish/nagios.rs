//! Telling a Nagios.

use crate::judge::one_line;
use crate::{Publisher, Transition};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Result, Timestamp};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// So much is written to a pipe in one piece, whoever else writes to it (`PIPE_BUF`, pipe(7)).
const PIECE: usize = 4096;

/// Hands alarms and recoveries to a Nagios as passive check results, through its external command file.
///
/// The host is the check's subject, the service its name; both must be known there, since Nagios says of unknown ones
/// only in its log that it dropped them. A Nagios that does not run is told at once, not waited for.
#[derive(Debug, Clone)]
pub struct NagiosPipe {
    name: String,
    path: PathBuf,
}

impl NagiosPipe {
    /// Writes to this external command file: `command_file` in `nagios.cfg`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { name: format!("nagios {}", path.display()), path }
    }
}

/// One external command. Host and service cannot hold the signs that end them, so those become spaces; the text is the
/// last field and keeps its semicolons.
fn command(transition: &Transition) -> Vec<u8> {
    let field = |text: &str| one_line(text).replace(';', " ");
    let mut line = format!(
        "[{}] PROCESS_SERVICE_CHECK_RESULT;{};{};{};{}",
        transition.at.since(Timestamp::from_unix_seconds(0)).as_secs(),
        field(transition.subject.id.as_str()),
        field(transition.check.as_str()),
        transition.status.exit_code(),
        one_line(&transition.message),
    );
    while line.len() >= PIECE {
        line.pop();
    }
    line.push('\n');
    line.into_bytes()
}

fn write(path: &Path, line: &[u8]) -> std::io::Result<()> {
    // Without a reader this fails at once (ENXIO) instead of waiting for one.
    let mut pipe = OpenOptions::new()
        .write(true)
        .custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed())
        .open(path)?;
    if !pipe.metadata()?.file_type().is_fifo() {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is no pipe"));
    }
    pipe.write_all(line)
}

#[async_trait]
impl Publisher for NagiosPipe {
    fn name(&self) -> &str {
        &self.name
    }

    async fn publish(&self, cx: &Cx, transition: &Transition) -> Result<()> {
        cx.check("publish.nagios")?;
        // Neither opening nor writing waits.
        write(&self.path, &command(transition)).map_err(|error| {
            let error = Error::io("publish.nagios", error);
            let message = format!("{}: {} (does Nagios run?)", self.path.display(), error.message());
            Error::new(ErrorKind::Unavailable, message).with_operation("publish.nagios").with_source(error)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{State, Status};
    use purlin_core::Subject;
    use std::io::Read;

    fn transition(message: &str) -> Transition {
        Transition {
            version: 1,
            at: Timestamp::from_unix_seconds(1_795_370_045),
            check: "app; x".into(),
            subject: Subject::new("host", "web01"),
            from: State::Suspect,
            to: State::Down,
            status: Status::Critical,
            since: Timestamp::from_unix_seconds(1_795_370_000),
            message: message.into(),
            runbook: None,
            key: "k".into(),
        }
    }

    #[test]
    fn a_command_is_one_line_and_one_piece() {
        let line = command(&transition("down; and\n[0] SHUTDOWN_PROGRAM"));
        let expected =
            "[1795370045] PROCESS_SERVICE_CHECK_RESULT;web01;app  x;2;down; and [0] SHUTDOWN_PROGRAM\n";
        assert_eq!(String::from_utf8_lossy(&line), expected);
        assert!(command(&transition(&"ü".repeat(10_000))).len() <= PIECE);
    }

    #[tokio::test]
    async fn a_nagios_that_does_not_run_is_told_at_once() -> Result<()> {
        let folder = tempfile::tempdir().map_err(|error| Error::io("test", error))?;
        let path = folder.path().join("nagios.cmd");
        let publisher = NagiosPipe::new(&path);
        let cx = Cx::background();
        let said = |error: Error| error.message().to_owned();
        let missing = publisher.publish(&cx, &transition("x")).await.map_err(said).unwrap_err();
        assert!(missing.ends_with("no such file or directory (does Nagios run?)"), "{missing}");
        let made = std::process::Command::new("mkfifo").arg(&path).status();
        assert!(made.is_ok_and(|status| status.success()));
        let alone = publisher.publish(&cx, &transition("x")).await.map_err(said).unwrap_err();
        assert!(alone.ends_with("(does Nagios run?)"), "{alone}");

        let mut options = OpenOptions::new();
        options.read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
        let mut reader = options.open(&path).map_err(|error| Error::io("test", error))?;
        publisher.publish(&cx, &transition("x")).await?;
        let mut got = [0; 200];
        let count = reader.read(&mut got).map_err(|error| Error::io("test", error))?;
        assert_eq!(got[..count], command(&transition("x")));
        Ok(())
    }
}
