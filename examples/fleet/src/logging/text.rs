//! Log lines for people.

use crate::output;
use std::fmt;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

/// The time of this machine's zone, as in all output for people.
#[derive(Debug)]
pub(super) struct LocalTime;

impl FormatTime for LocalTime {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        writer.write_str(&output::local(output::now()))
    }
}
