//! Foreign types in public places.

use super::*;
use crate::workspace::Dependency;

fn messages(package: &str, source: &str) -> Vec<String> {
    let mut workspace = Workspace::parse(crate::invariants::RECORDED_METADATA).unwrap();
    let member = &mut workspace.packages[0];
    member.name = package.into();
    member.manifest_path = format!("/w/crates/{package}/Cargo.toml").into();
    let dependency = |name: &str| Dependency {
        name: name.into(),
        req: "^1".into(),
        kind: None,
        optional: name == "http",
        path: (name == "purlin-core").then(|| "/w/crates/purlin-core".into()),
    };
    member.dependencies =
        ["bytes", "http", "purlin-core", "rustls", "serde", "tokio", "x509-parser"].map(dependency).into();
    let path = format!("crates/{package}/src/lib.rs");
    check(&workspace, &Tree::of(&[(&path, source)])).iter().map(|fault| fault.message.clone()).collect()
}

#[track_caller]
fn foreign(source: &str, path: &str) {
    assert_eq!(
        messages("purlin-db", source),
        [format!("`{path}` is a foreign type in the public API")],
        "{source}"
    );
}

#[track_caller]
fn fine(package: &str, source: &str) {
    assert_eq!(messages(package, source), Vec::<String>::new(), "{source}");
}

#[test]
fn foreign_types_are_found_wherever_they_are_public() {
    foreign("pub fn f(uri: &http::Uri) {}", "http::Uri");
    foreign("use http::Uri;\npub fn f() -> Option<Uri> { None }", "http::Uri");
    foreign("use http::Uri as Address;\npub struct S { pub a: Address, b: Address }", "http::Uri");
    foreign("use http::{self};\npub enum E { A(http::Uri) }", "http::Uri");
    foreign("pub type T = Vec<http::Uri>;", "http::Uri");
    foreign("pub const C: http::Uri = make();", "http::Uri");
    foreign("pub trait T { fn f(&self) -> http::Uri; }", "http::Uri");
    foreign("pub trait T: http::Body {}", "http::Body");
    foreign("pub struct S<T: http::Body>(T);", "http::Body");
    foreign(
        "pub struct S;\nimpl S { pub fn f(self) -> http::Uri { todo() } fn g(self, _: http::Uri) {} }",
        "http::Uri",
    );
    foreign("pub struct S;\nimpl From<http::Uri> for S {}", "http::Uri");
    foreign(
        "pub struct S;\nimpl Iterator for S { type Item = http::Uri; fn next(&mut self) {} }",
        "http::Uri",
    );
    foreign("pub mod m { pub fn f(_: http::Uri) {} }", "http::Uri");
    foreign("pub use http::Uri;", "http::Uri");
    foreign("pub use http::*;", "http::*");
    foreign("pub fn f(_: x509_parser::Der) {}", "x509_parser::Der");
    foreign("pub fn f(_: tokio::net::TcpStream) {}", "tokio::net::TcpStream");
}

#[test]
fn what_is_private_may_use_anything() {
    fine("purlin-db", "fn f(_: http::Uri) {}\npub(crate) struct S { pub a: http::Uri }");
    fine("purlin-db", "struct S;\nimpl From<http::Uri> for S {}\nimpl S { pub fn f(_: http::Uri) {} }");
    fine("purlin-db", "struct S;\nimpl Iterator for S { type Item = http::Uri; }");
    fine("purlin-db", "mod m { pub fn f(_: http::Uri) {} }\nuse http::Uri;");
    fine("purlin-db", "pub fn f() { let _: http::Uri = g(); }");
}

#[test]
fn common_ground_is_allowed() {
    let source = "pub fn f<R: tokio::io::AsyncRead + serde::Serialize>(_: R, _: std::time::Duration, _: purlin_core::Cx) {}";
    fine("purlin-db", source);
    fine("purlin-db", "pub fn f(_: bytes::Bytes) {}");
    assert_eq!(messages("purlin-core", "pub fn f(_: bytes::Bytes) {}").len(), 1);
    fine("purlin-core", "pub struct S { pub stream: tokio::net::TcpStream }");
    fine("purlin-tls", "pub fn f(_: rustls::ClientConfig) {}");
    foreign("pub fn f(_: rustls::ClientConfig) {}", "rustls::ClientConfig");
    fine("purlin-db-mysql", "pub fn native() -> http::Uri {}");
}

#[test]
fn a_conversion_may_stand_behind_the_feature_named_after_the_foreign_crate() {
    fine("purlin-db", "pub struct S;\n#[cfg(feature = \"http\")]\nimpl From<http::Uri> for S {}");
    foreign("pub struct S;\n#[cfg(feature = \"web\")]\nimpl From<http::Uri> for S {}", "http::Uri");
}
