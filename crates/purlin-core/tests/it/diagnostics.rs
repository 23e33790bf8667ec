//! Faults with their places, sorted, counted and shown.

use proptest::prelude::*;
use purlin_core::{Diagnostic, Diagnostics, ErrorKind, LineIndex, Place, Severity, suggest};

#[test]
fn places_count_lines_and_characters_from_one() {
    let text = "a = 1\nhöst = 2\n";
    let at = |offset| Place::file("x.toml").offset(text, offset).to_string();
    assert_eq!(at(0), "x.toml:1:1");
    assert_eq!(at(6), "x.toml:2:1");
    assert_eq!(at(text.find("st").unwrap()), "x.toml:2:3");
    assert_eq!(at(8), "x.toml:2:2", "inside of ö");
    assert_eq!(at(usize::MAX), "x.toml:3:1");
    assert_eq!(Place::file("x.toml").line(4).to_string(), "x.toml:4");
}

#[test]
fn prints_place_code_related_and_help() {
    let fault = Diagnostic::error("duplicate-key", "\"timeout\" is set twice")
        .place(Place::file("b.toml").at(7, 3))
        .related("first set here", Place::file("b.toml").at(2, 3))
        .help("remove one of them");
    let text = "b.toml:7:3: error[duplicate-key]: \"timeout\" is set twice\n  \
                b.toml:2:3: first set here\n  help: remove one of them";
    assert_eq!(fault.to_string(), text);
    let json = serde_json::to_value(&fault).unwrap();
    assert_eq!(
        (&json["file"], &json["line"], &json["severity"]),
        (&"b.toml".into(), &7.into(), &"error".into())
    );
    assert_eq!(json["related"][0]["line"], 2);
}

#[test]
fn the_file_s_error_carries_all_of_them() {
    let mut faults = Diagnostics::new();
    faults.push(Diagnostic::error("two", "second").place(Place::file("a.toml").at(9, 1)));
    faults.push(Diagnostic::warning("w", "only a warning").place(Place::file("a.toml").at(1, 1)));
    faults.push(Diagnostic::error("one", "first").place(Place::file("a.toml").at(2, 1)));
    let error = faults.into_result("config.load").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.to_string(), "config.load: a.toml:2:1: first (the first of 2 errors)");
    let told: Vec<_> =
        error.detail::<Diagnostics>().unwrap().iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!(told, ["only a warning", "first", "second"]);
}

#[test]
fn warnings_alone_are_no_error() {
    let faults: Diagnostics =
        [Diagnostic::warning("w", "x"), Diagnostic::new(Severity::Note, "n", "y")].into_iter().collect();
    assert!(!faults.has_errors());
    let left = faults.clone().into_result("config.load").unwrap();
    assert_eq!(left, faults);
}

proptest! {
    #[test]
    fn every_offset_has_its_line_and_column(text in "[a\u{f6}\n]{0,30}", offset in 0usize..40) {
        let place = LineIndex::new(&text).place("x", offset);
        let (mut line, mut column) = (1, 1);
        for (_, letter) in text.char_indices().take_while(|(at, letter)| at + letter.len_utf8() <= offset) {
            (line, column) = if letter == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        prop_assert_eq!(place, Place::file("x").at(line, column));
    }
}

#[test]
fn suggestions_are_close_or_none() {
    let keys = ["timeout", "color", "context", "log_format", "x"];
    for (typed, meant) in [
        ("timeot", Some("timeout")),
        ("tiemout", Some("timeout")),
        ("Timeout", Some("timeout")),
        ("colour", Some("color")),
        ("log-format", Some("log_format")),
        ("contxt", Some("context")),
        ("password", None),
        ("", None),
        ("zz", None),
    ] {
        assert_eq!(suggest(typed, keys), meant, "{typed}");
    }
    assert_eq!(suggest(&"t".repeat(1_000_000), keys), None);
}
