//! A configuration file goes to two hosts, which are folders here: first to one, then to the other.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use purlin_core::{Cx, Error, Result};
use purlin_deploy::{Deployer, Deployment, Holder, MemoryJournal, Rollout, Target, Variables, steps};
use purlin_transport::Local;
use std::sync::Arc;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Error::io("example.start", error))?.block_on(run())
}

async fn run() -> Result<()> {
    let folder = tempfile::tempdir().map_err(|error| Error::io("example.folder", error))?;
    let root = folder.path().display().to_string();
    let variables = Variables::new().with("root", &root).with("port", &8080);
    let host = |name: &str| Target::new(name, Arc::new(Local::new())).variables(variables.clone());

    let deployment = Deployment::named("map 42")
        .step("conf", steps::File::new("{{ root }}/{{ host }}.conf", "port = {{ port }}\n").mode(0o640))
        .rollout(Rollout::canary(1).then_percent(50).then_rest())
        .targets([host("web01.lon"), host("web02.lon")])
        .evidence(format!("{root}/evidence"));

    let cx = Cx::background();
    let told = |entry: &purlin_deploy::Entry| println!("{} {:?}", entry.seq, entry.record);
    let deployer = Deployer::new(Arc::new(MemoryJournal::new()), Holder::new("kim", "desk")).on_entry(told);
    let plan = deployer.plan(&cx, &deployment).await?;
    for host in &plan.hosts {
        println!("{}: {}\n{}", host.name, host.findings[0].finding, host.findings[0].text);
    }
    let ended = deployer.apply(&cx, &deployment, &plan).await?;
    println!("{:?}: {}", ended.ending, ended.why);
    let again = deployer.plan(&cx, &deployment).await?;
    assert!(again.hosts.iter().all(|host| host.findings.iter().all(|found| found.finding == "no_change")));
    Ok(())
}
