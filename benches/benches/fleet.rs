//! What it costs to start the tool that people copy.

use purlin_benches::{Measured, children_cpu_time};
use std::process::{Command, Stdio};

const RUNS: u32 = 200;

fn main() -> std::io::Result<()> {
    let version = Measured::new("fleet.version", "`fleet version`, the whole process", "ms")
        .goal(5.0)
        .peer("/bin/true: what the system takes to start any process");
    if !version.is_wanted() {
        return Ok(());
    }
    let fleet = build()?;
    version.run(|| milliseconds_each(&fleet), Some(&mut || milliseconds_each("/bin/true")));
    Ok(())
}

/// Where cargo says that it has put the program: its target folder can be set in several ways.
fn build() -> std::io::Result<String> {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--quiet", "--release", "--package", "fleet"])
        .args(["--message-format", "json-render-diagnostics"])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    if !built.status.success() {
        return Err(std::io::Error::other("fleet does not build"));
    }
    let messages = built.stdout.split(|byte| *byte == b'\n');
    let executable = messages
        .filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok())
        .find_map(|message| message["executable"].as_str().map(String::from));
    executable.ok_or_else(|| std::io::Error::other("cargo names no program"))
}

fn milliseconds_each(program: &str) -> f64 {
    let begun = children_cpu_time();
    for _ in 0..RUNS {
        let ended = Command::new(program).arg("version").stdin(Stdio::null()).stdout(Stdio::null()).status();
        if !ended.is_ok_and(|status| status.success()) {
            return f64::NAN;
        }
    }
    (children_cpu_time() - begun).as_secs_f64() * 1e3 / f64::from(RUNS)
}
