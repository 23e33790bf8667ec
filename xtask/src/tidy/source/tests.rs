//! What the rules of sources find.

use super::*;

fn messages(path: &str, text: &str) -> Vec<String> {
    check(&Tree::of(&[(path, text)])).iter().map(Fault::to_string).collect()
}

fn function(lines: usize) -> String {
    format!("fn long() {{\n{}}}\n", "    step();\n".repeat(lines - 2))
}

#[test]
fn clean_sources_have_no_fault() {
    let text =
        "//! Says what.\n\n/// A table:\n/// | a | b |\n/// |---|---|\n/// ### Part\nfn f() {}\n// Why.\n";
    assert_eq!(messages("crates/a/src/lib.rs", text), Vec::<String>::new());
    assert_eq!(messages("crates/a/src/lib.rs", &function(80)), Vec::<String>::new());
}

#[test]
fn long_files_and_functions_are_named() {
    assert_eq!(messages("a.rs", &"//\n".repeat(501)), ["a.rs: 501 lines, at most 500 are allowed"]);
    assert_eq!(messages("a.rs", &"//\n".repeat(500)), Vec::<String>::new());
    assert_eq!(
        messages("a.rs", &format!("\n{}", function(81))),
        ["a.rs:2: function long has 81 lines, at most 80 are allowed"]
    );
    let method = format!("struct S;\nimpl S {{\n{}}}\n", function(81));
    assert_eq!(messages("a.rs", &method), ["a.rs:3: function long has 81 lines, at most 80 are allowed"]);
    let default = format!("trait T {{\n{}}}\n", function(81));
    assert_eq!(messages("a.rs", &default), ["a.rs:2: function long has 81 lines, at most 80 are allowed"]);
}

#[test]
fn module_files_and_unreadable_sources_are_faults() {
    assert_eq!(messages("a/mod.rs", ""), ["a/mod.rs: write foo.rs beside foo/ instead of mod.rs"]);
    let broken = messages("a.rs", "\nfn (\n");
    assert!(broken.len() == 1 && broken[0].starts_with("a.rs:2: does not parse"), "{broken:?}");
}

#[test]
fn every_leftover_is_found() {
    for (word, _) in LEFTOVERS {
        let found = messages("a.rs", &format!("\n// see {word}\n"));
        assert!(!found.is_empty() && found[0].starts_with("a.rs:2: "), "{word}: {found:?}");
    }
}

#[test]
fn banners_are_found() {
    for banner in ["// ----", "//====", "    // --- types ---", "/// ======", "//////////", "// ****"] {
        assert!(is_banner(banner), "{banner}");
    }
    for comment in
        ["// - a list", "/// ## Errors", "//", "///", "let a = b; // ok", "/// |---|---|", "//! ---"]
    {
        assert!(!is_banner(comment), "{comment}");
    }
}

#[test]
fn global_state_in_libraries_is_found() {
    let shared = "static COUNT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);\n";
    assert_eq!(messages("crates/a/src/lib.rs", shared), ["crates/a/src/lib.rs:1: `COUNT` is global state"]);
    assert_eq!(messages("crates/a/tests/it/main.rs", shared), Vec::<String>::new());
    assert_eq!(messages("crates/purlin-testkit/src/lib.rs", shared), Vec::<String>::new());

    let inside = "fn f() { static ONCE: std::sync::Mutex<Option<u8>> = std::sync::Mutex::new(None); }\n";
    assert_eq!(messages("crates/a/src/lib.rs", inside), ["crates/a/src/lib.rs:1: `ONCE` is global state"]);
    let nested = "static ALL: Option<std::sync::OnceLock<u8>> = None;\nthread_local! { static X: u8 = 1; }\n";
    assert_eq!(messages("crates/a/src/b.rs", nested).len(), 2);
    let mutable = "static mut N: u8 = 0;\n";
    assert_eq!(messages("crates/a/src/b.rs", mutable), ["crates/a/src/b.rs:1: `N` is global state"]);

    let table = "static NAMES: [&str; 1] = [\"a\"];\n";
    assert_eq!(messages("crates/a/src/lib.rs", table), Vec::<String>::new());
    let test = format!("#[cfg(test)]\nmod tests {{\n{shared}}}\n");
    assert_eq!(messages("crates/a/src/lib.rs", &test), Vec::<String>::new());
}
