//! What the tests share: this machine, and a folder.

use purlin_core::Cx;
use purlin_transport::{Host, Local, Session, Transport};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

pub(crate) fn cx() -> Cx {
    Cx::background().with_timeout(Duration::from_secs(50))
}

pub(crate) async fn session() -> Arc<dyn Session> {
    Local::new().connect(&cx(), &Host::new("here")).await.unwrap()
}

pub(crate) fn folder() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap().to_owned();
    (folder, path)
}

/// Whether a process of that number still runs.
pub(crate) fn runs(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    let state = stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next());
    !matches!(state, None | Some('Z' | 'X'))
}

/// Looks until it is so.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..1000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}
