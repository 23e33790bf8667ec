//! Reads a file of settings and prints every fault in it at once.

#![expect(clippy::print_stdout, reason = "an example shows its answers")]

use purlin_config::{Document, choice, duration};
use purlin_core::Diagnostics;

const TEXT: &str = "interval = \"10s\"\nmode = \"stirct\"\nport = 99999\n";

fn main() {
    let mut faults = Diagnostics::new();
    Document::new("settings.toml", TEXT).walk(&mut faults, |fields| {
        let interval = fields.value("interval").and_then(|value| value.parsed(duration));
        let modes = [("strict", true), ("lenient", false)];
        let mode = fields.value("mode").and_then(|value| value.parsed(|text| choice(text, &modes)));
        let port = fields.value("port").and_then(|value| value.number(1..=65_535));
        (interval, mode, port)
    });
    let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
    println!("{}", told.join("\n"));
    assert_eq!(told.len(), 2);
    assert!(told[0].contains("did you mean \"strict\"?"));
}
