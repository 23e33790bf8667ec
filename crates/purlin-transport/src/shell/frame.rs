//! What goes into a kept shell and comes out of it.
//!
//! A request is a line `NONCE NUMBER LINES` and so many lines of shell text. An answer ends, on each output, with a line
//! break that is not its own and a line `NONCE NUMBER …`; on standard output the exit status stands behind the number.

use super::Probe;
use crate::output::{Captured, Sink};
use crate::quote::join;

/// Reads requests and runs each in a subshell, which sees none of these variables. $1 is the nonce.
pub(crate) const WORKER: &str = "m=$1
printf '%s ready\\n' \"$m\"
while IFS=' ' read -r k i n; do
  if [ \"$k\" != \"$m\" ]; then exit 99; fi
  b=
  while [ \"$n\" -gt 0 ]; do
    IFS= read -r l || exit 98
    b=\"$b$l
\"
    n=$((n - 1))
  done
  (set -- \"$b\"; unset k i n b l m s; eval \"$1\") </dev/null
  s=$?
  printf '\\n%s %s %s\\n' \"$m\" \"$i\" \"$s\"
  printf '\\n%s %s\\n' \"$m\" \"$i\" >&2
done";

/// The longest line that ends an answer.
const LONGEST: usize = 200;

/// A request for a probe.
pub(crate) fn request(nonce: &str, number: u64, probe: &Probe) -> String {
    let arguments = join(probe.args.iter().map(String::as_str));
    let body = format!("set -- {arguments}\n{}", probe.text);
    let lines = body.matches('\n').count() + 1;
    format!("{nonce} {number} {lines}\n{body}\n")
}

/// Finds answers in one of the outputs.
#[derive(Debug)]
pub(crate) struct Scanner {
    mark: Vec<u8>,
    pending: Vec<u8>,
    sink: Sink,
}

/// What was said, and the words behind the nonce.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) said: Captured,
    pub(crate) words: String,
}

impl Scanner {
    pub(crate) fn new(nonce: &str) -> Self {
        Self { mark: format!("\n{nonce} ").into_bytes(), pending: Vec::new(), sink: Sink::new(0) }
    }

    /// How much of the next answers is kept.
    pub(crate) fn keep(&mut self, bytes: u64) {
        self.sink = Sink::new(bytes);
    }

    /// Takes a piece in.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// The next answer, where all of it is there. `keep` is for the one after it.
    pub(crate) fn next(&mut self, keep: u64) -> Option<Answer> {
        match self.pending.windows(self.mark.len()).position(|part| part == self.mark) {
            Some(at) => {
                let line = self.pending.get(at + self.mark.len()..).unwrap_or_default();
                let Some(end) = line.iter().position(|byte| *byte == b'\n') else {
                    if line.len() > LONGEST {
                        // The nonce in some other line.
                        self.give(at + self.mark.len());
                    }
                    return None;
                };
                let words = String::from_utf8_lossy(line.get(..end).unwrap_or_default()).into_owned();
                self.give(at);
                self.pending.drain(..self.mark.len() + end + 1);
                let said = std::mem::replace(&mut self.sink, Sink::new(keep)).done();
                Some(Answer { said, words })
            }
            None => {
                // What may be the beginning of a mark stays.
                let sure = self.pending.len().saturating_sub(self.mark.len() - 1);
                self.give(sure);
                None
            }
        }
    }

    fn give(&mut self, count: usize) {
        self.sink.take(self.pending.get(..count).unwrap_or_default());
        self.pending.drain(..count.min(self.pending.len()));
    }

    /// What was said and belongs to no answer yet.
    pub(crate) fn rest(&self) -> &[u8] {
        &self.pending
    }
}

/// Reads `NUMBER STATUS` or `NUMBER`.
pub(crate) fn numbers(words: &str) -> Option<(u64, Option<i32>)> {
    let (number, status) = match words.split_once(' ') {
        Some((number, status)) => (number, Some(status.parse().ok()?)),
        None => (words, None),
    };
    Some((number.parse().ok()?, status))
}

/// Reads a request back: number, and the lines below it. For a shell that is scripted.
pub(crate) fn read_request(nonce: &str, input: &mut Vec<u8>) -> Option<(u64, String)> {
    let line_end = |bytes: &[u8]| bytes.iter().position(|byte| *byte == b'\n');
    let head_end = line_end(input)?;
    let head = String::from_utf8_lossy(input.get(..head_end)?).into_owned();
    let (number, lines) = head.strip_prefix(nonce)?.trim_start().split_once(' ')?;
    let (number, lines): (u64, usize) = (number.parse().ok()?, lines.parse().ok()?);
    let mut end = head_end + 1;
    for _ in 0..lines {
        end += line_end(input.get(end..)?)? + 1;
    }
    let body = String::from_utf8_lossy(input.get(head_end + 1..end)?).into_owned();
    input.drain(..end);
    Some((number, body))
}

#[cfg(test)]
mod tests;
