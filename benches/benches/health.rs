//! What a check costs, the whole way: schedule, probe, state, history and metrics; and what 100,000 of them take.
//!
//! The peers ask the same nginx. What a prober does not do itself is not counted: nginx, and the children of plugins
//! where only the engine's own part is asked for.

#![expect(clippy::expect_used, reason = "a round that cannot be measured ends the bench")]

#[path = "health/blackbox.rs"]
mod blackbox;
#[path = "health/many.rs"]
mod many;
#[path = "health/ours.rs"]
mod ours;
#[path = "health/packages.rs"]
mod packages;
#[path = "health/plugins.rs"]
mod plugins;
#[path = "health/probes.rs"]
mod probes;
#[path = "health/raw.rs"]
mod raw;

use std::io::Result;
use std::path::Path;
use tokio::runtime::{Builder, Runtime};

fn main() -> Result<()> {
    if let Some(kind) = many::asked() {
        return many::child(&kind);
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    probes::run(folder)?;
    plugins::run()?;
    many::run()
}

/// One thread: a prober that needs two to keep up has lost already.
fn runtime() -> Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

/// What is too slow for several rounds runs in the first one only.
fn once(mut run: impl FnMut() -> f64) -> impl FnMut() -> f64 {
    let mut known = None;
    move || *known.get_or_insert_with(&mut run)
}
