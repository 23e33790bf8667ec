//! Asks an inventory questions: `cargo run -p purlin-inventory --example estate`.

#![expect(clippy::print_stdout, reason = "an example shows its answers")]

use purlin_core::Cx;
use purlin_inventory::{Inventory, InventoryBuilder, Loader, native};

const ESTATE: &str = r#"
purlin = 1

[defaults]
user = "ops"

[role.web.vars]
http_port = 8080

[hosts."web[01-02].lon"]
role = "web"
site = "lon"

[hosts."db01.lon"]
role = "mysql"
site = "lon"
vars = { password = { file = "/etc/db.password" } }
"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> purlin_core::Result<()> {
    // A file of purlin's own format; Loader reads the same from a path.
    let mut builder = InventoryBuilder::new();
    builder.merge(native::read_toml("estate.toml", ESTATE));
    let estate: Inventory = builder.build()?;
    let web = estate.select("role=web & site=lon")?.non_empty()?;
    println!("web servers: {}", web.iter().map(|host| host.name()).collect::<Vec<_>>().join(" "));

    // Where a value comes from; a secret is never shown.
    println!("{}", estate.explain("web01.lon", "http_port")?);
    println!("{}", estate.explain("db01.lon", "password")?);

    // Hosts with a comma, as Ansible takes them, and a source that may be missing.
    let loader = Loader::new().source("a1,a2,").source("no-such-file.ini").optional();
    let loaded = loader.load(&Cx::background()).await?;
    println!("{} hosts; {} warning", loaded.inventory.len(), loaded.diagnostics.len());
    Ok(())
}
