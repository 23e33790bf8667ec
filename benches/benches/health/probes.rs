//! One probe over the network, the whole way.

use crate::blackbox::{Blackbox, Module};
use crate::{once, ours, packages, raw};
use purlin_benches::{Measured, children_cpu_time};
use purlin_core::Endpoint;
use purlin_health::Check;
use purlin_health::checks::{Http, Tcp};
use purlin_testkit::NginxSettings;
use std::io::{Error, Result};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const RAW: &str = "a loop on tokio that keeps nothing";
const BLACKBOX: &str = "prometheus-blackbox-exporter";
/// So many rounds, of four seconds each.
const ROUNDS: usize = 5;

/// How one probe is done, by us and by others.
struct Probe {
    id: [&'static str; 3],
    what: &'static str,
    goal: f64,
    /// How many, and how often each: as many a second of all sorts. nginx keeps no more than 256 connections.
    checks: (usize, Duration),
    make: fn(SocketAddr) -> Arc<dyn Check>,
    raw: fn(SocketAddr) -> f64,
    /// What the exporter and the plugin are called with; none where they cannot do that.
    others: Option<(Module, &'static str, &'static [&'static str])>,
}

const PROBES: [Probe; 3] = [
    Probe {
        id: ["health.http_new", "health.http_new_blackbox", "health.http_new_plugin"],
        what: "an HTTP check over a new connection: schedule, probe, state, history, metrics",
        goal: 0.060,
        checks: (1000, Duration::from_millis(500)),
        make: |at| Arc::new(web(at)),
        raw: raw::http_new,
        others: Some((Module::Http, "check_http", &["-u", "/health"])),
    },
    Probe {
        id: ["health.tcp", "health.tcp_blackbox", "health.tcp_plugin"],
        what: "a TCP check, the whole way",
        goal: 0.045,
        checks: (1000, Duration::from_millis(500)),
        make: |at| Arc::new(Tcp::at(Endpoint::parse(&at.to_string(), None).expect("an address"))),
        raw: raw::tcp,
        others: Some((Module::Tcp, "check_tcp", &[])),
    },
    Probe {
        id: ["health.http_kept", "", ""],
        what: "an HTTP check over a kept connection, the whole way",
        goal: 0.015,
        checks: (100, Duration::from_millis(50)),
        make: |at| Arc::new(web(at).keep_connection()),
        raw: raw::http_kept,
        others: None,
    },
];

fn web(at: SocketAddr) -> Http {
    Http::get(&format!("http://{at}/health")).expect("an address")
}

pub(crate) fn run(folder: &Path) -> Result<()> {
    if !PROBES
        .iter()
        .flat_map(|probe| probe.id)
        .any(|id| !id.is_empty() && Measured::new(id, "", "").is_wanted())
    {
        return Ok(());
    }
    let Some(nginx) = NginxSettings::new().start().map_err(Error::other)? else { return Ok(()) };
    let at = nginx.http();
    for probe in &PROBES {
        let ours = || ours::each_run(probe.checks.0, probe.checks.1, || (probe.make)(at));
        let measured =
            |id, peer| Measured::new(id, probe.what, "ms").goal(probe.goal).peer(peer).rounds(ROUNDS);
        measured(probe.id[0], RAW).run(ours, Some(&mut || (probe.raw)(at)));
        let Some((module, plugin, arguments)) = probe.others else { continue };
        let beside = measured(probe.id[1], BLACKBOX);
        if beside.is_wanted()
            && let Some(mut blackbox) = Blackbox::start(folder)?
        {
            beside.run(ours, Some(&mut once(|| blackbox.each_probe(module, at))));
        }
        let beside = measured(probe.id[2], plugin);
        if beside.is_wanted()
            && let Some(program) = packages::plugin(folder, plugin)
        {
            beside.run(ours, Some(&mut once(|| each_child(&program, at, arguments))));
        }
    }
    Ok(())
}

/// Milliseconds of CPU of one child.
fn each_child(program: &Path, at: SocketAddr, arguments: &[&str]) -> f64 {
    const RUNS: u32 = 200;
    let begun = children_cpu_time();
    for _ in 0..RUNS {
        let mut command = Command::new(program);
        command.args(["-H", &at.ip().to_string(), "-p", &at.port().to_string()]).args(arguments);
        if !command.stdin(Stdio::null()).stdout(Stdio::null()).status().is_ok_and(|status| status.success()) {
            return f64::NAN;
        }
    }
    (children_cpu_time() - begun).as_secs_f64() * 1e3 / f64::from(RUNS)
}
