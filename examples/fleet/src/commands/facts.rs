//! `fleet facts`

mod shapes;

use super::remote::{Line, Outcome, Round, State, Targets, Verdict, Visit};
use crate::app::NAME;
use crate::cli::examples;
use crate::config::{Config, Layer};
use crate::exit::Exit;
use crate::output::{Page, Ui, schema_of_flow};
use crate::runtime::Runtime;
use clap::Args;
use purlin::core::units;
use purlin::transport::{Fact, Facts, Shell, ShellSettings};
use purlin::{Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use std::net::IpAddr;

const FORMAT: &str = "facts";
/// Up to here every reader of JSON takes a number exactly.
const EXACT: u64 = 1 << 53;

/// Gather what hosts are: system, kernel, processors, memory, disks, mounts, addresses, clock
///
/// Each host is asked once, by small shell scripts that change nothing and touch no file system of the network. What
/// cannot be had of a host is told with its reason, and the rest is shown. Exit code 3 where a host was not reached.
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("facts -i hosts.ini web", "a table; of one host, all that is known"),
    ("facts -i estate.toml --select site=lon --json", "a line of JSON for each host"),
]))]
pub(crate) struct GatherFacts {
    #[command(flatten)]
    targets: Targets,
    /// The hosts: an Ansible pattern, such as web or 'web:&prod:!web07'
    #[arg(value_name = "PATTERN", required_unless_present = "select")]
    pattern: Option<String>,
}

/// What is known of one host.
#[derive(Debug, Serialize, JsonSchema)]
struct Found {
    /// Each fact: `known` with its value, or `missing` with the reason. Sizes are in bytes, in numbers up to 2^53 and in
    /// texts beyond.
    #[schemars(with = "shapes::Facts")]
    facts: Value,
}

impl Verdict for Facts {
    fn state(&self) -> State {
        State::Ok
    }
}

/// The schema of a line.
pub(super) fn schema() -> schemars::Schema {
    schema_of_flow::<Line<Found>>(&format!("{NAME}.{FORMAT}"), 1)
}

impl GatherFacts {
    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        self.targets.layer()
    }

    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let found = match self.targets.find(self.pattern.as_deref(), ui, config, runtime)? {
            Ok(found) => found.hosts,
            Err(exit) => return Ok(exit),
        };
        let ways = self.targets.login.ways(runtime)?;
        let round = Round::new(&self.targets, found, ways, gather);
        let (reports, flow) = round.run(ui, runtime, line)?;
        Ok(reports.close(ui, flow, |page| {
            let mut known: Vec<_> = reports
                .outcomes
                .iter()
                .filter_map(|it| it.result.as_ref().ok().map(|facts| (it.host.as_str(), facts)))
                .collect();
            known.sort_by_key(|(host, _)| *host);
            match known.as_slice() {
                [] => {}
                [(host, facts)] => sheet(page, host, facts),
                several => table(page, several),
            }
        }))
    }
}

async fn gather(visit: Visit) -> Result<Facts> {
    let settings = match &visit.reach.elevation {
        Some(elevation) => ShellSettings::new().elevated(elevation.clone()),
        None => ShellSettings::new(),
    };
    Facts::gather(&visit.cx, &Shell::new(visit.session, settings)).await
}

fn line(outcome: &Outcome<Facts>) -> Result<Vec<u8>> {
    let line = Line::new(FORMAT, &outcome.host, outcome.state()).took(outcome.took);
    match &outcome.result {
        Ok(facts) => {
            let facts = serde_json::to_value(facts).map_err(|error| {
                Error::new(ErrorKind::Internal, "the facts cannot be written as JSON").with_source(error)
            })?;
            line.found(Found { facts: exact(facts) }).text()
        }
        Err(failure) => line.failed(failure).text(),
    }
}

/// Numbers that not every reader takes exactly become texts.
fn exact(value: Value) -> Value {
    match value {
        Value::Number(number) if number.as_u64().is_some_and(|number| number > EXACT) => {
            Value::String(number.to_string())
        }
        Value::Array(values) => values.into_iter().map(exact).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, exact(value))).collect(),
        other => other,
    }
}

fn shown<T>(fact: &Fact<T>, show: impl FnOnce(&T) -> String) -> String {
    fact.known().map_or_else(|| "?".to_owned(), show)
}

/// The room of the root file system, as `free of all`.
fn root(facts: &Facts) -> String {
    let usage = facts.usage.known().into_iter().flatten().find(|usage| usage.point == "/");
    usage.map_or_else(|| "?".to_owned(), |usage| format!("{} of {}", size(usage.available), size(usage.size)))
}

/// With two or three digits, for people.
fn size(bytes: u64) -> String {
    let units = [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)];
    match units.iter().find(|(_, shift)| bytes >= 1 << shift) {
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        Some((unit, shift)) => {
            let value = bytes as f64 / (1_u64 << shift) as f64;
            if value < 10.0 { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") }
        }
        None => units::size::format(bytes),
    }
}

/// Those that others can reach it by.
fn addresses(facts: &Facts) -> String {
    let is_plain = |address: &IpAddr| match address {
        IpAddr::V4(address) => !address.is_loopback() && !address.is_link_local(),
        IpAddr::V6(address) => !address.is_loopback() && !address.is_unicast_link_local(),
    };
    shown(&facts.addresses, |all| {
        let plain = all.iter().map(|address| address.address).filter(is_plain);
        let words: Vec<_> = plain.map(|address| address.to_string()).collect();
        if words.is_empty() { "none".to_owned() } else { words.join(" ") }
    })
}

fn table(page: &mut Page, hosts: &[(&str, &Facts)]) {
    let header = ["HOST", "SYSTEM", "KERNEL", "CPUS", "MEMORY", "ROOT FREE", "ADDRESSES", "RUNS IN"];
    let rows = hosts.iter().map(|(host, facts)| {
        [
            (*host).to_owned(),
            shown(&facts.os, |os| {
                format!("{} {}", os.id, os.version.as_deref().unwrap_or_default()).trim().to_owned()
            }),
            shown(&facts.kernel, |kernel| kernel.release.clone()),
            shown(&facts.cpu, |cpu| cpu.logical.to_string()),
            shown(&facts.memory, |memory| size(memory.total)),
            root(facts),
            addresses(facts),
            shown(&facts.virtualization, |virtualization| virtualization.kind.clone()),
        ]
    });
    page.table(header, rows);
    for (host, facts) in hosts {
        missing(facts)
            .iter()
            .for_each(|(name, why)| page.line(&format!("{host}: {name} is not known: {why}")));
    }
}

/// All that is known of one host.
fn sheet(page: &mut Page, host: &str, facts: &Facts) {
    page.heading(host);
    page.field("system", &shown(&facts.os, |os| os.name.clone()));
    page.field("kernel", &shown(&facts.kernel, |it| format!("{} {} {}", it.system, it.release, it.machine)));
    page.field("own name", &shown(&facts.kernel, |kernel| kernel.host_name.clone()));
    page.field(
        "processors",
        &shown(&facts.cpu, |cpu| {
            let model = cpu.model.as_ref().map(|model| format!(", {model}")).unwrap_or_default();
            format!("{}{model}", cpu.logical)
        }),
    );
    page.field(
        "memory",
        &shown(&facts.memory, |memory| {
            let free = memory.available.map(|free| format!(", {} available", size(free))).unwrap_or_default();
            format!("{}{free}, {} swap", size(memory.total), size(memory.swap_total))
        }),
    );
    page.field("addresses", &addresses(facts));
    page.field(
        "runs in",
        &shown(&facts.virtualization, |it| match &it.product {
            Some(product) => format!("{} ({product})", it.kind),
            None => it.kind.clone(),
        }),
    );
    page.field("packages", &shown(&facts.package_manager, Clone::clone));
    page.field(
        "clock",
        &shown(&facts.clock, |clock| format!("{} ms ahead, ± {} ms", clock.ahead_ms, clock.uncertainty_ms)),
    );
    for disk in facts.disks.known().into_iter().flatten() {
        let model = disk.model.as_deref().unwrap_or_default();
        page.field("disk", format!("{}  {}  {model}", disk.name, size(disk.size)).trim_end());
    }
    for usage in facts.usage.known().into_iter().flatten() {
        let text = format!("{}  {} of {} free", usage.point, size(usage.available), size(usage.size));
        page.field("file system", &text);
    }
    for mount in facts.mounts.known().into_iter().flatten().filter(|mount| mount.network) {
        page.field("network", &format!("{}  {} ({})", mount.point, mount.source, mount.kind));
    }
    for (name, why) in missing(facts) {
        page.field(name, &format!("not known: {why}"));
    }
}

/// What is not known, and why.
fn missing(facts: &Facts) -> Vec<(&'static str, &str)> {
    let all = [
        ("system", facts.os.missing()),
        ("kernel", facts.kernel.missing()),
        ("processors", facts.cpu.missing()),
        ("memory", facts.memory.missing()),
        ("disks", facts.disks.missing()),
        ("mounts", facts.mounts.missing()),
        ("usage", facts.usage.missing()),
        ("interfaces", facts.interfaces.missing()),
        ("addresses", facts.addresses.missing()),
        ("runs in", facts.virtualization.missing()),
        ("packages", facts.package_manager.missing()),
        ("clock", facts.clock.missing()),
    ];
    all.into_iter().filter_map(|(name, why)| Some((name, why?))).collect()
}
