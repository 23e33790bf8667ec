//! fleet
fn main() {}
