//! The only place that prints.

use std::io::Write;

/// Writes a line of the command's answer to standard output.
pub(crate) fn answer(text: &str) {
    line(std::io::stdout().lock(), text);
}

/// Writes a line about the work to standard error.
pub(crate) fn note(text: &str) {
    line(std::io::stderr().lock(), text);
}

/// A reader that went away is no reason to fail: the exit code still tells the result.
fn line(mut stream: impl Write, text: &str) {
    let _ = writeln!(stream, "{text}").and_then(|()| stream.flush());
}
