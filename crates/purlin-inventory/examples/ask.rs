//! Loads the sample estate, asks it and lets it explain: `cargo run -p purlin-inventory --example ask [HOST KEY]`.

#![allow(clippy::print_stdout, reason = "it is a program for people")]

use purlin_core::{Diagnostics, Error, Result};
use purlin_inventory::{InventoryBuilder, native};

fn main() -> std::process::ExitCode {
    match ask() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            // All faults of a file, where there are some; else the error in one line.
            match error.detail::<Diagnostics>() {
                Some(faults) => println!("{faults}"),
                None => println!("{error:#}"),
            }
            std::process::ExitCode::from(2)
        }
    }
}

fn ask() -> Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/fleet/estate/estate.toml");
    let text = std::fs::read_to_string(path).map_err(|error| Error::io("inventory.read", error))?;
    let mut builder = InventoryBuilder::new();
    builder.merge(native::read_toml("estate.toml", &text));
    let estate = builder.build()?;

    println!("{} hosts; these serve the application:", estate.len());
    for host in estate.hosts() {
        if let Ok(app) = host.service("app") {
            let (site, environment) = (host.site()?.unwrap_or("?"), host.environment()?.unwrap_or("?"));
            println!("  {:10} {site:6} {environment:5} {}", host.name(), app.url("/map/health"));
        }
    }
    let mut words = std::env::args().skip(1);
    let (host, key) = (words.next(), words.next());
    let (host, key) = (host.as_deref().unwrap_or("app04.lon"), key.as_deref().unwrap_or("sysctl"));
    println!("\n{}", estate.explain(host, key)?);
    Ok(())
}
