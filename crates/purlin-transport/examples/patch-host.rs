//! Brings a file to a host, restarts what reads it, and looks whether it is well: what a first tool does.
//!
//! Without arguments it plays on a scripted host. `patch-host local` uses this machine's `sh` and a temporary folder.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use purlin_core::{Cx, Error, Result};
use purlin_transport::fake::{FakeTransport, Reply};
use purlin_transport::{Command, Host, Probe, SessionExt, Shell, ShellSettings, Transport, WriteFile};
use std::sync::Arc;
use std::time::Duration;

const LOOK: &str = "test -r \"$1\" && wc -l < \"$1\"";

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Error::io("example.start", error))?.block_on(run())
}

async fn run() -> Result<()> {
    let cx = Cx::background().with_timeout(Duration::from_secs(30));
    let (transport, folder) = match std::env::args().nth(1).as_deref() {
        Some("local") => local(),
        _ => scripted(),
    };
    let file = format!("{folder}/map.conf");
    let session = transport.connect(&cx, &Host::new("web01")).await?;

    let written = session.write(&cx, &WriteFile::new(&*file, "port = 8080\n").mode(0o600)).await?;
    println!("{}: {file} {}", session.host(), if written.changed { "written" } else { "is as wanted" });

    if written.changed {
        session.run(&cx, &Command::new("printf").args(["restart %s\\n", "map"])).await?.checked()?;
    }

    // Many small questions cost one round trip.
    let shell = Shell::new(Arc::clone(&session), ShellSettings::new());
    let probes = [Probe::new(LOOK).arg(&file), Probe::new(LOOK).arg("/no/such/file")];
    for (probe, answer) in probes.iter().zip(shell.ask_all(&cx, &probes).await) {
        let answer = answer?;
        println!("{}: {} lines={}", probe.args.join(" "), answer.exit, answer.stdout.line());
    }
    session.remove(&cx, &file).await?;
    Ok(())
}

#[cfg(unix)]
fn local() -> (Arc<dyn Transport>, String) {
    (Arc::new(purlin_transport::Local::new()), std::env::temp_dir().to_string_lossy().into_owned())
}

#[cfg(not(unix))]
fn local() -> (Arc<dyn Transport>, String) {
    scripted()
}

fn scripted() -> (Arc<dyn Transport>, String) {
    let transport = FakeTransport::new();
    transport
        .host("web01")
        .folder("/etc/map")
        .on(["printf", "restart %s\\n", "map"], Reply::stdout("restart map\n"))
        .on([LOOK, "/etc/map/map.conf"], Reply::stdout("1\n"))
        .on([LOOK, "/no/such/file"], Reply::exit(1));
    (Arc::new(transport), "/etc/map".to_owned())
}
