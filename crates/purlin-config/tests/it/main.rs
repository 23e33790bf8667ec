//! Documents with every kind of fault.

use proptest::prelude::*;
use purlin_config::{Document, Fields, Misread, Value, choice, duration};
use purlin_core::Diagnostics;
use std::time::Duration;

/// Walks a text as `some/f.toml`, and gives what was read and every fault in one line.
fn walk<T>(text: &str, read: impl FnOnce(&mut Fields<'_>) -> T) -> (Option<T>, Vec<String>) {
    let mut faults = Diagnostics::new();
    let walked = Document::new("some/f.toml", text).walk(&mut faults, read);
    let told = faults.iter().map(|fault| fault.to_string().lines().collect::<Vec<_>>().join(" / ")).collect();
    (walked, told)
}

fn texts(values: &Value<'_>) -> Option<Vec<String>> {
    values.list("a list", Value::name)
}

#[test]
fn a_document_without_fault_is_read() {
    let text = "name = \"app\"\ncount = 0x10\non = true\nevery = \"1m30s\"\nca = \"ca.pem\"\nargv = [\"sh\", \"-c\"]\n\
                [[step]]\nkind = \"b\"\n[[step]]\nkind = \"a\"\n";
    let words = [("a", 1), ("b", 2)];
    let (read, told) = walk(text, |fields| {
        (
            fields.wanted("name").and_then(|value| value.name()),
            fields.value("count").and_then(|value| value.number(0..=16)),
            fields.value("on").and_then(|value| value.boolean()),
            fields.value("every").and_then(|value| value.parsed(duration)),
            fields.value("ca").and_then(|value| value.path()),
            fields.value("argv").and_then(|value| value.command()),
            fields.tables("step", |step| {
                step.value("kind").and_then(|kind| kind.parsed(|text| choice(text, &words)))
            }),
        )
    });
    assert_eq!(told, Vec::<String>::new());
    let (name, count, on, every, ca, argv, steps) = read.unwrap_or_default();
    assert_eq!(
        (name.as_deref(), count, on, every),
        (Some("app"), Some(16), Some(true), Some(Duration::from_secs(90)))
    );
    assert_eq!(ca.as_deref(), Some(std::path::Path::new("some/ca.pem")));
    assert_eq!((argv, steps), (Some(vec!["sh".into(), "-c".into()]), vec![Some(2), Some(1)]));
}

#[test]
fn every_fault_is_told_where_it_stands() {
    let text = "name = 7\nlist = [\"a\", 1, \"\"]\nword = \"bb\"\nbig = 17\n[[step]]\nknid = 1\n[more]\n";
    let words = [("aa", 1), ("abb", 2)];
    let (_, told) = walk(text, |fields| {
        fields.value("name").and_then(|value| value.text());
        fields.value("list").and_then(|value| texts(&value));
        fields.value("word").and_then(|value| value.parsed(|text| choice(text, &words)));
        fields.value("big").and_then(|value| value.number(0..=16));
        fields.tables("step", |step| step.wanted("kind").is_some());
        fields.wanted("port");
    });
    for expected in [
        "some/f.toml:1:8: error[wrong-type]: name is a number",
        "some/f.toml:2:14: error[wrong-type]: list[1] is a number",
        "some/f.toml:2:17: error[bad-value]: list[2]: the text is empty",
        "some/f.toml:3:8: error[bad-value]: word: unknown value \"bb\"",
        "some/f.toml:4:7: error[bad-value]: big: 17 is not from 0 to 16",
        "some/f.toml:5:1: error[missing-key]: \"step.kind\" is missing",
        "some/f.toml:6:1: error[unknown-key]: unknown key \"knid\" in [step]",
        "error[missing-key]: \"port\" is missing",
        "error[unknown-key]: unknown key \"more\"",
    ] {
        assert!(told.iter().any(|fault| fault.contains(expected)), "no {expected} in\n{}", told.join("\n"));
    }
    assert_eq!(told.len(), 9, "{}", told.join("\n"));
}

#[test]
fn after_a_fault_of_syntax_the_rest_is_still_read() {
    let (read, told) = walk("a = \nb = 7\n", |fields| {
        fields.value("a");
        fields.value("b").and_then(|value| value.text().map(str::to_owned))
    });
    assert_eq!(read, None);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("some/f.toml:1:") && told[1].starts_with("some/f.toml:2:5: error[wrong-type]"),
        "{told:?}"
    );
}

#[test]
fn who_reads_can_reject_what_only_shows_beside_other_values() {
    let (_, told) = walk("interval = \"1s\"\ntimeout = \"2s\"\n", |fields| {
        fields.value("interval");
        if let Some(timeout) = fields.value("timeout") {
            timeout.reject(Misread::new("it is above the interval").help("make it shorter"));
        }
        fields.reject("check", "no target", None);
    });
    assert!(
        told[0].starts_with("some/f.toml:2:11: error[bad-value]: timeout: it is above the interval"),
        "{told:?}"
    );
    assert!(told[0].contains("make it shorter") && told[1].contains("error[check]: no target"), "{told:?}");
}

#[test]
fn a_thousand_faults_are_enough() {
    let many: String = (0..3_000).map(|number| format!("key{number} = 1\n")).collect();
    let (_, told) = walk(&many, |_| ());
    assert_eq!(told.len(), 1_001);
    assert!(told[1_000].contains("2000 more faults of this file are not shown"), "{}", told[1_000]);
}

proptest! {
    /// Whatever the text is, the walk ends, and each fault has a place in it.
    #[test]
    fn any_text_is_walked(text in "[a-c=\\[\\]\"'{}.,0-9 \\n#\\\\é-]{0,200}") {
        let mut faults = Diagnostics::new();
        let lines = u32::try_from(text.matches('\n').count() + 1).unwrap_or(u32::MAX);
        let walked = Document::new("f.toml", text.as_str()).walk(&mut faults, |fields| {
            let a = fields.value("a").and_then(|value| value.text().map(str::to_owned));
            let b = fields.value("b").and_then(|value| value.secret());
            let c = fields.tables("c", |table| table.value("a").is_some());
            (a, b.is_some(), c)
        });
        prop_assert!(walked.is_some() || !faults.is_empty());
        for fault in faults.iter() {
            let line = fault.place.as_ref().and_then(|place| place.line);
            prop_assert!(line.is_some_and(|line| (1..=lines).contains(&line)), "{fault}");
        }
    }
}
