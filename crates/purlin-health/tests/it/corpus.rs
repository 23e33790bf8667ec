//! Fuzz bodies over the corpus: what targets, plugins and people write, cut off at every byte.

use purlin_core::Cx;
use purlin_health::{
    Cadence, CheckOutcome, CheckSet, CheckSpec, Evidence, Monitor, PluginOutput, Range, Status,
};
use std::path::Path;
use std::time::Duration;

/// Each file of a folder, and each beginning of it.
fn each(kind: &str, least: usize, body: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(kind);
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() >= least);
    for file in files {
        let bytes = std::fs::read(file).unwrap();
        (0..=bytes.len()).for_each(|end| body(&bytes[..end]));
    }
}

/// Reads any bytes as a range, and what it writes as the same one.
fn range(bytes: &[u8]) {
    if let Ok(range) = String::from_utf8_lossy(bytes).parse::<Range>() {
        assert_eq!(range.to_string().parse::<Range>().unwrap(), range);
        // It has a word on any number.
        let _ = [f64::NAN, f64::INFINITY, -0.0].map(|value| range.alarms(value));
    }
}

/// Reads any bytes as what a plugin has said.
fn plugin(bytes: &[u8]) {
    let output = PluginOutput::parse(&String::from_utf8_lossy(bytes));
    assert!(!output.line.chars().any(char::is_control), "{:?}", output.line);
    for found in &output.measurements {
        assert!(!found.name.is_empty() && !found.value.is_nan(), "{found:?}");
    }
}

#[cfg(feature = "config")]
fn config(bytes: &[u8]) {
    use purlin_core::Diagnostics;
    use purlin_health::config::{CheckFile, CheckKinds};
    let mut faults = Diagnostics::new();
    let text = String::from_utf8_lossy(bytes).into_owned();
    let file = CheckFile::read("checks.toml", text, &CheckKinds::standard(), &mut faults);
    assert_eq!(file.is_none(), faults.has_errors(), "{faults:?}");
}

#[test]
fn a_range_is_read_or_refused_wherever_it_is_cut() {
    each("ranges", 8, range);
}

#[test]
fn what_a_plugin_says_is_taken_apart_wherever_it_is_cut() {
    each("plugins", 6, plugin);
}

#[cfg(feature = "config")]
#[test]
fn a_file_of_checks_is_read_or_has_faults_wherever_it_is_cut() {
    each("config", 4, config);
}

/// Whatever a target says and however a check is called, what is shown of it can be read.
#[tokio::test(start_paused = true)]
async fn what_is_shown_stays_readable_whatever_was_said() -> purlin_core::Result<()> {
    let cx = Cx::background().with_timeout(Duration::from_secs(600));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/plugins");
    let said = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap());
    let said: Vec<_> = said.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect();
    let id = |number: usize| format!("{number} {}", said[number]);
    let checks = (0..said.len()).fold(CheckSet::new(), |set, number| {
        set.with(CheckSpec::passive(id(number), Duration::from_secs(3600)))
    });
    let monitor = Monitor::start(&cx, checks, Cadence::every(Duration::from_secs(10))).await?;
    for (number, text) in said.iter().enumerate() {
        monitor.report(&id(number), CheckOutcome::Answered(Evidence::new(Status::Warning, text)))?;
    }
    let json: serde_json::Value = serde_json::from_str(&monitor.health_json()).unwrap();
    assert_eq!(json["checks"].as_object().map(serde_json::Map::len), Some(said.len()));
    // A sample is one line, and each check has one in each family.
    let text = monitor.openmetrics();
    let samples =
        |family: &str| text.lines().filter(|line| line.starts_with(&format!("{family}{{check=\""))).count();
    for family in
        ["purlin_check_up", "purlin_check_status", "purlin_check_flapping", "purlin_check_age_seconds"]
    {
        assert_eq!(samples(family), said.len(), "{family}");
    }
    monitor.shutdown(&cx).await
}
