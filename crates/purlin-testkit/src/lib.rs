//! crates/purlin-testkit
