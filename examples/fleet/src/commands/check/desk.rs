//! Who answers a call: the watch that runs, or else what it has kept.

use super::control::{Request, ask, is_there};
use super::kept::Kept;
use crate::config::Config;
use crate::runtime::Runtime;
use crate::state::{Lock, StateFolder};
use purlin::{Cx, Error, ErrorKind, Result};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// The lock of whoever writes the state of checks.
const LOCK: &str = "check.lock";

/// How long to wait for somebody who has the lock and does not listen: a watch that begins or ends, or another call.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait before it is tried again.
const PAUSE: Duration = Duration::from_millis(50);

/// Puts a request, and reads the answer.
///
/// # Errors
/// Those of the state folder, and what is said against the request.
pub(super) fn put<T: DeserializeOwned>(config: &Config, runtime: &Runtime, request: &Request) -> Result<T> {
    let folder = StateFolder::open(config)?;
    let value = runtime.block_on(|cx| async move { put_to(&cx, folder, request).await })?;
    serde_json::from_value(value).map_err(|error| {
        Error::new(ErrorKind::Protocol, "the watch and this call do not understand each other")
            .with_source(error)
    })
}

async fn put_to(cx: &Cx, folder: StateFolder, request: &Request) -> Result<serde_json::Value> {
    let limit = cx.with_timeout(PATIENCE);
    loop {
        let holder = match folder.lock(LOCK)? {
            Ok(lock) => return Kept::open(cx, &folder, lock).await?.answer(cx, request).await,
            Err(holder) => holder,
        };
        if let Some(answer) = ask(cx, &folder, request).await? {
            return Ok(answer);
        }
        let pause = limit.run("check.ask", async {
            limit.clock().sleep(PAUSE).await;
            Ok(())
        });
        if let Err(error) = pause.await {
            cx.check("check.ask")?;
            let path = folder.path().display();
            let message = format!("process {holder} has the state in {path} and does not answer");
            return Err(Error::new(error.kind(), message));
        }
    }
}

/// Takes the lock for a watch.
///
/// # Errors
/// [`ErrorKind::Conflict`] where another watch has it.
pub(super) async fn take_lock(cx: &Cx, folder: &StateFolder) -> Result<Lock> {
    let limit = cx.with_timeout(PATIENCE);
    loop {
        let holder = match folder.lock(LOCK)? {
            Ok(lock) => return Ok(lock),
            Err(holder) => holder,
        };
        // Calls have it for a moment only, and none of them listens; a watch does.
        if is_there(folder) || limit.remaining().is_none_or(|left| left.is_zero()) {
            let path = folder.path().display();
            let message = format!("another watch, process {holder}, keeps its state in {path}");
            return Err(Error::new(ErrorKind::Conflict, message)
                .with_operation("check.watch")
                .with_note("end it, or set FLEET_STATE_DIR to a folder of its own"));
        }
        cx.check("check.watch")?;
        cx.clock().sleep(PAUSE).await;
    }
}
