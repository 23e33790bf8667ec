//! What `--limit` says.

use super::split::split;
use purlin_core::{Error, ErrorKind, Result};
use std::fs::File;
use std::io::Read;

const MAX_BYTES: u64 = 16 << 20;
const OPERATION: &str = "inventory.limit";

/// The patterns of a limit; `@file` stands for the lines of the file, each a pattern that is not split again.
pub(super) fn patterns(limit: &str) -> Result<Vec<String>> {
    let mut patterns = Vec::new();
    for part in split(limit) {
        match part.strip_prefix('@') {
            Some(path) => patterns.extend(read(path)?.split('\n').map(|line| line.trim().to_owned())),
            None => patterns.push(part.to_owned()),
        }
    }
    Ok(patterns)
}

fn read(path: &str) -> Result<String> {
    let failed = |error| Error::io(OPERATION, error).with_note(format!("limit file {path}"));
    let invalid = |what: &str| {
        Error::new(ErrorKind::Invalid, format!("limit file {path} {what}")).with_operation(OPERATION)
    };
    // Opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(invalid("is no file"));
    }
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(invalid("is larger than 16 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| invalid("is not UTF-8"))
}
