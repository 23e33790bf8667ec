//! Telling by a program.

use crate::child;
use crate::judge::one_line;
use crate::{Publisher, State, Transition};
use async_trait::async_trait;
use purlin_core::{Cx, Error, ErrorKind, Result};
use serde_json::json;
use std::time::Duration;

/// How long a program may take where the call has no limit.
const DEFAULT_LIMIT: Duration = Duration::from_secs(30);

/// Runs a program for each alarm and each recovery, with one line of JSON on its standard input:
///
/// ```json
/// {"version":1,"key":"app/down/2026-11-22T18:00:00Z","state":"down","id":"app","host":"web01.lon",
///  "status":"critical","since":"2026-11-22T18:00:00Z","at":"2026-11-22T18:00:45Z","message":"connection refused",
///  "runbook":"https://wiki.example.org/app"}
/// ```
///
/// `state` is `down` or `up`; `host` is there where the check is about one. No shell is involved. A program that ends
/// with another code than 0 is called again, with the same `key`.
#[derive(Debug, Clone)]
pub struct Command {
    name: String,
    argv: Vec<String>,
}

impl Command {
    /// Runs this program with these arguments.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where there is none.
    pub fn new(argv: impl IntoIterator<Item = impl Into<String>>) -> Result<Self> {
        let argv: Vec<String> = argv.into_iter().map(Into::into).collect();
        match argv.first() {
            Some(program) if !program.is_empty() => Ok(Self { name: format!("command {program}"), argv }),
            _ => Err(Error::new(ErrorKind::Invalid, "there is no program to run")
                .with_operation("publish.command")),
        }
    }
}

/// The line that a program gets.
fn line(transition: &Transition) -> Vec<u8> {
    let mut line = json!({
        "version": transition.version,
        "key": transition.key,
        "state": if transition.to == State::Down { "down" } else { "up" },
        "id": transition.check,
        "status": transition.status,
        "since": transition.since,
        "at": transition.at,
        "message": transition.message,
    });
    if let Some(object) = line.as_object_mut() {
        if transition.subject.kind.as_str() == "host" {
            object.insert("host".into(), json!(transition.subject.id));
        }
        if let Some(runbook) = &transition.runbook {
            object.insert("runbook".into(), json!(runbook));
        }
    }
    let mut line = line.to_string().into_bytes();
    line.push(b'\n');
    line
}

#[async_trait]
impl Publisher for Command {
    fn name(&self) -> &str {
        &self.name
    }

    async fn publish(&self, cx: &Cx, transition: &Transition) -> Result<()> {
        let ended = child::run(&cx.with_timeout(DEFAULT_LIMIT), &self.argv, &line(transition)).await?;
        if ended.status.success() {
            return Ok(());
        }
        let said = one_line(&String::from_utf8_lossy(&ended.stderr));
        let message = format!("{} ended with {}: {said}", self.argv[0], ended.status);
        Err(Error::new(ErrorKind::Unavailable, message).with_operation("publish.command"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Status;
    use purlin_core::{Subject, Timestamp};

    fn transition() -> Transition {
        Transition {
            version: 1,
            at: Timestamp::from_unix_seconds(1_795_370_045),
            check: "app".into(),
            subject: Subject::new("host", "web01.lon"),
            from: State::Suspect,
            to: State::Down,
            status: Status::Critical,
            since: Timestamp::from_unix_seconds(1_795_370_000),
            message: "connection refused".into(),
            runbook: None,
            key: "app/down/1".into(),
        }
    }

    #[tokio::test]
    async fn the_program_gets_one_line() -> Result<()> {
        let folder = tempfile::tempdir().map_err(|error| Error::io("test", error))?;
        let told = folder.path().join("told.jsonl");
        let script = format!("cat >> {}", told.display());
        let cx = Cx::background();
        let publisher = Command::new(["sh", "-c", &script])?;
        publisher.publish(&cx, &transition()).await?;
        publisher.publish(&cx, &Transition { to: State::Up, ..transition() }).await?;
        let text = std::fs::read_to_string(told).map_err(|error| Error::io("test", error))?;
        let lines: Vec<serde_json::Value> =
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert_eq!((&lines[0]["state"], &lines[1]["state"]), (&json!("down"), &json!("up")));
        assert_eq!((&lines[0]["id"], &lines[0]["host"]), (&json!("app"), &json!("web01.lon")));
        assert_eq!(lines[0]["since"], json!("2026-11-22T17:53:20Z"));
        Ok(())
    }

    #[tokio::test]
    async fn a_program_that_fails_is_an_error_with_its_words() -> Result<()> {
        let publisher = Command::new(["sh", "-c", "echo no pager >&2; exit 7"])?;
        let error = publisher.publish(&Cx::background(), &transition()).await.unwrap_err();
        assert_eq!(error.message(), "sh ended with exit status: 7: no pager");
        assert!(Command::new(Vec::<String>::new()).is_err());
        Ok(())
    }
}
