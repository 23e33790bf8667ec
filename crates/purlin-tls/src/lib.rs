//! crates/purlin-tls
