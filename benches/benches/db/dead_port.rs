//! How soon an address that nobody listens at is told, by name and with the cause.

use crate::ours;
use purlin_benches::Measured;
use purlin_core::ErrorKind;
use purlin_db::{Database, Drivers};
use purlin_db_mysql::MySql;
use purlin_testkit::ReservedPort;
use std::io::{Error, Result};
use tokio::runtime::Runtime;

pub(crate) fn run(runtime: &Runtime) -> Result<()> {
    let what =
        "from the call to the error that names the address and says that it was refused, on the wall clock";
    let measured = Measured::new("db.dead_port", what, "ms").goal(50.0);
    if !measured.is_wanted() {
        return Ok(());
    }
    let port = ReservedPort::new().map_err(Error::other)?;
    let address = port.address().to_string();
    let url = format!("mysql://app@{address}/test?tls=off");
    let drivers = Drivers::new().with(MySql::new());
    measured.run(|| told(runtime, &drivers, &url, &address), None);
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "how long a caller waits is told by the wall clock")]
fn told(runtime: &Runtime, drivers: &Drivers, url: &str, address: &str) -> f64 {
    let begun = std::time::Instant::now();
    let connected = runtime.block_on(Database::connect(&ours::cx(), drivers, url).into_future());
    let took = begun.elapsed();
    let error = connected.expect_err("a refusal");
    let names_it = error.endpoint().is_some_and(|endpoint| endpoint.to_string() == address);
    assert!(error.kind() == ErrorKind::Refused && names_it, "no cause, or no address: {error}");
    took.as_secs_f64() * 1e3
}
