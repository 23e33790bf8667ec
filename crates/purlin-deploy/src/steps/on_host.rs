//! What steps ask of files on a host, as whom the deployment works there.

use super::command::failure;
use crate::StepEnv;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use purlin_transport::{FileReply, FileRequest, Output, ReadFile, Stat};

/// How much of a file is read at the most.
const READ_LIMIT: u64 = 16 * 1024 * 1024;

async fn ask(cx: &Cx, env: &StepEnv, request: FileRequest) -> Result<FileReply> {
    let request = match env.elevation() {
        Some(elevation) => request.elevated(elevation.clone()),
        None => request,
    };
    env.session().file(cx, &request).await
}

/// What is at a path; none where there is nothing.
pub(super) async fn stat(cx: &Cx, env: &StepEnv, path: &str) -> Result<Option<Stat>> {
    match ask(cx, env, FileRequest::stat(path)).await {
        Ok(FileReply::Stat(stat)) => Ok(Some(stat)),
        Ok(other) => Err(unexpected(&other)),
        Err(error) if error.kind() == ErrorKind::NotFound && error.outcome() == Outcome::Sent => Ok(None),
        Err(error) => Err(error),
    }
}

/// The content of a file of at most 16 MiB.
pub(super) async fn contents(cx: &Cx, env: &StepEnv, path: &str) -> Result<Vec<u8>> {
    let mut request = ReadFile::new(path).at_most(READ_LIMIT);
    if let Some(elevation) = env.elevation() {
        request = request.elevated(elevation.clone());
    }
    let mut bytes = Vec::new();
    env.session().read(cx, &request, &mut bytes).await?;
    Ok(bytes)
}

/// The text of a file; none where there is none.
pub(super) async fn text(cx: &Cx, env: &StepEnv, path: &str) -> Result<Option<String>> {
    match contents(cx, env, path).await {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == ErrorKind::NotFound && error.outcome() == Outcome::Sent => Ok(None),
        Err(error) => Err(error),
    }
}

/// What is in a folder, by name.
pub(super) async fn list(cx: &Cx, env: &StepEnv, path: &str) -> Result<Vec<(String, Stat)>> {
    match ask(cx, env, FileRequest::list(path)).await? {
        FileReply::List(entries) => Ok(entries),
        other => Err(unexpected(&other)),
    }
}

/// Another name for what is there, over what has that name.
pub(super) async fn rename(cx: &Cx, env: &StepEnv, from: &str, to: &str) -> Result<()> {
    ask(cx, env, FileRequest::rename(from, to)).await.map(drop)
}

/// Away with a file, a link or an empty folder; says whether there was one.
pub(super) async fn remove(cx: &Cx, env: &StepEnv, path: &str) -> Result<bool> {
    done(&ask(cx, env, FileRequest::remove(path)).await?)
}

/// Away with it and with everything below it; says whether there was anything.
pub(super) async fn remove_all(cx: &Cx, env: &StepEnv, path: &str) -> Result<bool> {
    done(&ask(cx, env, FileRequest::remove_all(path)).await?)
}

/// Runs a shell text that has to succeed.
pub(super) async fn script(cx: &Cx, env: &StepEnv, script: &str, args: &[&str]) -> Result<Output> {
    let output = env.script(cx, script, args).await?;
    if output.is_success() { Ok(output) } else { Err(failure(env, &output)) }
}

/// A path as programs take it: one that begins with a hyphen would be an option.
pub(super) fn plain(path: &str) -> String {
    if path.starts_with('-') { format!("./{path}") } else { path.to_owned() }
}

/// The folder and the name of a path.
///
/// # Errors
/// [`ErrorKind::Invalid`] for one without a name.
pub(super) fn split(path: &str) -> Result<(&str, &str)> {
    let whole = path.trim_end_matches('/');
    let (folder, name) = match whole.rsplit_once('/') {
        Some(("", name)) => ("/", name),
        Some((folder, name)) => (folder, name),
        None => (".", whole),
    };
    if matches!(name, "" | "." | "..") {
        return Err(refused(ErrorKind::Invalid, format!("{path:?} names no file or folder")));
    }
    Ok((folder, name))
}

/// A path beside another one: hidden, with this ending.
pub(super) fn beside(path: &str, ending: &str) -> Result<String> {
    let (folder, name) = split(path)?;
    let folder = if folder == "/" { "" } else { folder };
    Ok(format!("{folder}/.{name}.{ending}"))
}

/// An error of a step that has done nothing.
pub(super) fn refused(kind: ErrorKind, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(kind, message).with_outcome(Outcome::NotSent)
}

/// An error of a step that has done something.
pub(super) fn failed(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::Conflict, message).with_outcome(Outcome::Sent)
}

fn done(reply: &FileReply) -> Result<bool> {
    match reply {
        FileReply::Done { changed } => Ok(*changed),
        other => Err(unexpected(other)),
    }
}

fn unexpected(reply: &FileReply) -> Error {
    Error::new(ErrorKind::Internal, format!("the session answers another question: {reply:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_a_folder_and_a_name() {
        assert_eq!(split("/etc/map.conf").unwrap(), ("/etc", "map.conf"));
        assert_eq!(split("/map/").unwrap(), ("/", "map"));
        assert_eq!(split("map").unwrap(), (".", "map"));
        assert_eq!(beside("/map", "old").unwrap(), "/.map.old");
        assert_eq!(beside("map", "old").unwrap(), "./.map.old");
        for path in ["", "/", "a/..", "."] {
            assert!(split(path).is_err(), "{path:?}");
        }
    }
}
