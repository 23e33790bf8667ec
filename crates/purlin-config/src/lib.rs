//! TOML files that people write: every value with its place, every fault told in one pass.
//!
//! A [`Document`] is walked once. What is asked for is known; what is left over is told, with the key that was probably
//! meant. A value that is not what it should be is told where it stands, and the walk goes on: so who edits a file sees
//! everything that is wrong with it at once.
//!
//! ```
//! use purlin_config::{Document, duration};
//! use purlin_core::Diagnostics;
//!
//! let text = "interval = \"10 parsecs\"\ntimeuot = \"5s\"\n";
//! let mut faults = Diagnostics::new();
//! Document::new("checks.toml", text).walk(&mut faults, |fields| {
//!     let interval = fields.value("interval").and_then(|value| value.parsed(duration));
//!     let timeout = fields.value("timeout").and_then(|value| value.parsed(duration));
//!     (interval, timeout)
//! });
//! let told: Vec<_> = faults.iter().map(|fault| fault.to_string()).collect();
//! assert!(told[0].starts_with("checks.toml:1:12: error[bad-value]: interval: "), "{}", told[0]);
//! assert!(told[1].starts_with("checks.toml:2:1: error[unknown-key]: unknown key \"timeuot\""), "{}", told[1]);
//! ```

mod document;
mod fields;
mod value;

pub use document::Document;
pub use fields::Fields;
pub use value::{Misread, Value, choice, duration, server_name};
