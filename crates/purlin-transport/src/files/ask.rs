//! Questions and changes by name, over a shell.

use super::{FileReply, FileRequest, FileVerb, Stat, checked, complaint, script};
use crate::{Become, Command, Output, Session, SessionExt};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use std::time::Duration;

/// How long one may take where the call has no deadline.
const LIMIT: Duration = Duration::from_secs(60);

/// A command that runs a script with these arguments.
pub(super) fn command(text: &str, arguments: &[&str], elevation: Option<&Become>) -> Command {
    let command = Command::new("sh").args(["-c", text, "sh"]).args(arguments.iter().copied());
    match elevation {
        Some(elevation) => command.elevated(elevation.clone()),
        None => command,
    }
}

pub(crate) async fn ask<S: Session + ?Sized>(
    session: &S,
    cx: &Cx,
    request: &FileRequest,
) -> Result<FileReply> {
    request.check()?;
    let cx = cx.with_timeout(LIMIT);
    let elevation = request.elevation.as_ref();
    let run = async |operation, text, paths: &[&str]| -> Result<Output> {
        let named = |error: Error| error.with_operation(operation);
        let output = session.run(&cx, &command(text, paths, elevation)).await.map_err(named)?;
        if output.is_success() { Ok(output) } else { Err(complaint::of(&output, operation, paths[0])) }
    };
    match &request.verb {
        FileVerb::Stat(path) => {
            let output = run("transport.stat", script::STAT, &[&checked(path)?]).await?;
            Stat::of_answer(output.stdout.bytes()).map(FileReply::Stat)
        }
        FileVerb::List(path) => {
            let output = run("transport.list", script::LIST, &[&checked(path)?]).await?;
            Stat::of_list(output.stdout.bytes()).map(FileReply::List)
        }
        FileVerb::Rename { from, to } => {
            run("transport.rename", script::RENAME, &[&checked(from)?, &checked(to)?]).await?;
            Ok(FileReply::Done { changed: true })
        }
        FileVerb::Remove(path) => removed(run("transport.remove", script::REMOVE, &[&checked(path)?]).await),
        FileVerb::RemoveAll(path) => {
            removed(run("transport.remove", script::REMOVE_ALL, &[&checked(path)?]).await)
        }
    }
}

/// That there was nothing is as good.
fn removed(result: Result<Output>) -> Result<FileReply> {
    match result {
        Ok(_) => Ok(FileReply::Done { changed: true }),
        Err(error) if error.kind() == ErrorKind::NotFound && error.outcome() == Outcome::Sent => {
            Ok(FileReply::Done { changed: false })
        }
        Err(error) => Err(error),
    }
}
