//! What the suite asks of every host, also of those that evaluate nothing.

/// A command of the suite and its one right answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scripted {
    /// The argument list, or the text and the arguments of a probe.
    pub argv: &'static [&'static str],
    /// What comes on standard output.
    pub stdout: &'static str,
    /// What comes on standard error.
    pub stderr: &'static str,
    /// The status; none: it runs on until it is ended.
    pub code: Option<i32>,
    /// Whether standard output is what was read from standard input.
    pub echoes: bool,
}

const fn answers(
    argv: &'static [&'static str],
    stdout: &'static str,
    stderr: &'static str,
    code: i32,
) -> Scripted {
    Scripted { argv, stdout, stderr, code: Some(code), echoes: false }
}

pub(super) const BOTH: &[&str] = &["sh", "-c", "printf out; printf err >&2; exit 7"];
pub(super) const TRUE: &[&str] = &["true"];
pub(super) const CAT: &[&str] = &["cat"];
pub(super) const SLEEP: &[&str] = &["sleep", "300"];
pub(super) const ECHO_PROBE: &[&str] = &["printf '%s\\n' \"$1\"", "a b'c"];
pub(super) const STATUS_PROBE: &[&str] = &["printf out; printf err >&2; exit 7"];
pub(super) const SLEEP_PROBE: &[&str] = &["sleep 300"];

/// All that a scripted host has to know for the suite.
pub fn scripted() -> Vec<Scripted> {
    vec![
        answers(BOTH, "out", "err", 7),
        answers(TRUE, "", "", 0),
        Scripted { echoes: true, ..answers(CAT, "", "", 0) },
        Scripted { code: None, ..answers(SLEEP, "", "", 0) },
        answers(ECHO_PROBE, "a b'c\n", "", 0),
        answers(STATUS_PROBE, "out", "err", 7),
        Scripted { code: None, ..answers(SLEEP_PROBE, "", "", 0) },
    ]
}
