//! Microsoft's mock of SQL Server, which is built apart: it brings OpenSSL, and has a lock file of its own.

use super::Verdict;
use super::session::{Failure, Session};
use crate::process::Program;
use std::path::PathBuf;
use std::time::Duration;

const MANIFEST: &str = "mocks/mssql/Cargo.toml";
const PROGRAM: &str = "purlin-mssql-mock";
/// It takes a minute or two on two cores, once.
const LIMIT: Duration = Duration::from_secs(15 * 60);

/// Where it is built, beside what the workspace builds, so that it is kept.
pub(super) fn folder(session: &Session) -> PathBuf {
    session.workspace.target.join("mssql-mock")
}

/// Its program.
pub(super) fn program(session: &Session) -> PathBuf {
    folder(session).join("debug").join(PROGRAM)
}

/// Builds it. What cannot be built fails its tests too, so nothing stops.
pub(super) fn build(session: &Session) -> Verdict {
    let program = Program::cargo()
        .args(["build", "--locked", "--manifest-path", MANIFEST, "--target-dir"])
        .args([folder(session)])
        .dir(&session.workspace.root)
        .limit(LIMIT);
    let ended = program.run(session.output())?;
    if ended.success() { Ok(()) } else { Err(Failure::of(ended.fault("cargo build of the mock"))) }
}
