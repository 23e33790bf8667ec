//! Loads the sample estate, asks it and lets it explain: `cargo run -p purlin-inventory --example ask [HOST KEY]`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program for people")]

use purlin_core::{Cx, Diagnostics, Result};
use purlin_inventory::Inventory;
use std::process::ExitCode;
use std::time::Duration;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Err(error) = ask().await else { return ExitCode::SUCCESS };
    // All faults of the sources, where there are some; else the error in one line.
    match error.detail::<Diagnostics>() {
        Some(faults) => eprintln!("{faults}"),
        None => eprintln!("{error:#}"),
    }
    ExitCode::from(2)
}

async fn ask() -> Result<()> {
    let cx = Cx::background().with_timeout(Duration::from_secs(30));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/fleet/estate/estate.toml");
    let estate = Inventory::load(&cx, [path]).await?;

    let serving = estate.select("role=app - maintenance")?.non_empty()?;
    println!("{} of {} hosts serve the application:", serving.len(), estate.len());
    for host in serving.iter() {
        let (site, environment) = (host.site()?.unwrap_or("?"), host.environment()?.unwrap_or("?"));
        let url = host.service("app")?.url("/map/health");
        println!("  {:12} {site:6} {environment:5} {url}", host.name());
    }
    let mut words = std::env::args().skip(1);
    let (host, key) = (words.next(), words.next());
    let (host, key) = (host.as_deref().unwrap_or("app04.lon"), key.as_deref().unwrap_or("sysctl"));
    println!("\n{}", estate.explain(host, key)?);
    Ok(())
}
