//! Fuzz bodies of what people write, over the corpus: descriptors and `tnsnames.ora`.

use purlin_core::Diagnostics;
use purlin_db_oracle::{Descriptor, TnsNames};
use std::path::{Path, PathBuf};

fn corpus(kind: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(kind);
    std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect()
}

/// The body of a fuzz target: reads any bytes as a descriptor, and what it writes as one again.
fn descriptors(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match text.parse::<Descriptor>() {
        Ok(descriptor) => {
            for attempt in descriptor.attempts(7) {
                let again: Descriptor = attempt.connect_string().parse().unwrap();
                assert_eq!(again.attempts(0)[0].address, attempt.address);
            }
        }
        Err(error) => assert!(error.detail::<Diagnostics>().is_some_and(Diagnostics::has_errors), "{error}"),
    }
}

/// The same for a `tnsnames.ora`.
fn names(folder: &Path, bytes: &[u8]) {
    let file = folder.join("tnsnames.ora");
    std::fs::write(&file, bytes).unwrap();
    match TnsNames::load(&file) {
        Ok(names) => names.names().for_each(|name| drop(names.find(name))),
        Err(error) => assert!(error.detail::<Diagnostics>().is_some_and(Diagnostics::has_errors), "{error}"),
    }
}

#[test]
fn descriptors_break_nothing_wherever_they_are_cut() {
    let files = corpus("descriptors");
    assert!(files.len() >= 5);
    for file in files {
        let bytes = std::fs::read(file).unwrap();
        (0..=bytes.len()).for_each(|end| descriptors(&bytes[..end]));
        for at in 0..bytes.len() {
            for byte in b"()=\"#\n\xff" {
                let mut damaged = bytes.clone();
                damaged[at] = *byte;
                descriptors(&damaged);
            }
        }
    }
}

#[test]
fn names_break_nothing_wherever_they_are_cut() {
    let folder = tempfile::tempdir().unwrap();
    let files = corpus("tnsnames");
    assert!(files.len() >= 4);
    for file in files {
        let bytes = std::fs::read(file).unwrap();
        (0..=bytes.len()).for_each(|end| names(folder.path(), &bytes[..end]));
        for at in (0..bytes.len()).step_by(purlin_testkit::count(5, 1)) {
            for byte in b"()=\"#\n\xff" {
                let mut damaged = bytes.clone();
                damaged[at] = *byte;
                names(folder.path(), &damaged);
            }
        }
    }
}
