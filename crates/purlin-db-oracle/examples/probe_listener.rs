//! Asks listeners whether they are up: `probe_listener CONNECT-STRING`, such as `db1.lon,db2.lds/map`. Without arguments it
//! asks where nobody listens.

use purlin_core::{Cx, Result, TlsSettings};
use purlin_db_oracle::{Descriptor, ListenerAnswer};
use std::time::Duration;

const NOBODY: &str = "127.0.0.1:1/map";

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "an example shows its answer")]
async fn main() -> Result<()> {
    let given = std::env::args().nth(1);
    let descriptor: Descriptor = given.as_deref().unwrap_or(NOBODY).parse()?;
    // Each address has the same time, so that a silent one does not use up that of the next.
    for probe in descriptor.probes(0, &TlsSettings::new()) {
        let cx = Cx::background().with_timeout(Duration::from_secs(2));
        let report = probe.ask(&cx).await?;
        println!("{} {}: {}", report.endpoint, report.answer, report.message);
        if given.is_none() {
            assert_eq!(report.answer, ListenerAnswer::NoListener);
        }
    }
    Ok(())
}
