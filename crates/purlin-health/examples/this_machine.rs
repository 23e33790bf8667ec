//! Watches this machine until all that is asked of it is known, and says so as a Nagios plugin would.
//!
//! `cargo run -p purlin-health --example this_machine`

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("these checks read what Linux shows of itself");
}

#[cfg(target_os = "linux")]
#[tokio::main(flavor = "current_thread")]
async fn main() -> purlin_core::Result<()> {
    use purlin_core::Cx;
    use purlin_health::checks::{Disk, Load, Mount, ProcessState, ProcessTable, Processes, Touch};
    use purlin_health::{Cadence, CheckSet, CheckSpec, Monitor, Range, Rule};
    use std::time::Duration;

    // One look at all processes serves both checks of them, and no path is ever touched twice at a time.
    let table = ProcessTable::new();
    let touch = Touch::new();
    let zombies = Processes::of(&table).state(ProcessState::Zombie).count(Range::up_to(1000.0));
    let full = Rule::on("free_percent").warning("10:".parse()?).critical("5:".parse()?);
    let busy = Rule::on("load5_per_cpu").warning("4".parse()?);

    let checks = CheckSet::new()
        .add("processes", Processes::of(&table))
        .add("zombies", zombies)
        .add("proc", Mount::at("/proc")?.file_system("proc").touch(&touch))
        .with(CheckSpec::new("root", Disk::at("/")?.touch(&touch)).rule(full))
        .with(CheckSpec::new("load", Load::new()).rule(busy));

    let cx = Cx::background().with_timeout(Duration::from_secs(30));
    let monitor = Monitor::start(&cx, checks, Cadence::every(Duration::from_secs(5))).await?;
    monitor.settled(&cx).await?;
    for snapshot in monitor.snapshot() {
        println!("{:10} {:8} {}", snapshot.id, snapshot.status, snapshot.message);
    }
    println!("{}", monitor.plugin_line().1);
    monitor.shutdown(&cx).await
}
