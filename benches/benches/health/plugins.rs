//! What running a plugin costs beside the plugin.

use crate::{ours, raw};
use purlin_benches::Measured;
use purlin_health::checks::Plugin;
use std::io::Result;
use std::sync::Arc;
use std::time::Duration;

/// It ends at once, so that what starts it is most of it.
const PROGRAM: &str = "/bin/true";

pub(crate) fn run() -> Result<()> {
    let what = "what this process spends on running a plugin, the child's own time left out";
    let measured =
        Measured::new("health.plugin", what, "ms").peer("tokio's `Command::output`, four at a time");
    let mut peer = || raw::children(PROGRAM, 50);
    let plugin = || Arc::new(Plugin::new([PROGRAM]).expect("a program")) as Arc<_>;
    measured
        .goal_ratio(1.2)
        .rounds(5)
        .run(|| ours::each_run(100, Duration::from_millis(250), plugin), Some(&mut peer));
    Ok(())
}
