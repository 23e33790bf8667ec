//! What stands for a descriptor: EZConnect plus, the names of `tnsnames.ora`, and a target's URL.

pub(crate) mod easy;
mod file;
mod target;
#[cfg(test)]
mod tests;
mod wallet;

use crate::descriptor::{Descriptor, Origin, descriptor_at};
use file::Entry;
use purlin_core::{Diagnostics, Error, ErrorKind, Outcome, Result, suggest};
use std::collections::BTreeMap;
use std::path::Path;

const OPERATION: &str = "oracle.names";

/// The names of a `tnsnames.ora` and of the files that it includes (`IFILE`). Names are compared without regard to case;
/// of two equal ones the later counts.
///
/// ```no_run
/// use purlin_db_oracle::TnsNames;
///
/// let names = TnsNames::load("/etc/oracle")?;
/// let attempts = names.find("map_prod")?.attempts(0);
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TnsNames {
    /// By their names in upper case.
    entries: BTreeMap<String, Entry>,
    warnings: Diagnostics,
}

impl TnsNames {
    /// Reads a file, or the `tnsnames.ora` of a folder. It blocks, for as long as the files' system takes.
    ///
    /// The path of an `IFILE` that does not begin with `/` is meant from the folder of the file in which it stands.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] with [`Diagnostics`], each with file, line and column, for a parenthesis or a quote that is never
    /// closed, for files that include each other in a circle or cannot be read, and other faults of the syntax; those of
    /// the system where the file itself cannot be read.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let path = if path.is_dir() { &path.join("tnsnames.ora") } else { path };
        let (entries, found) = file::load(path)?;
        let warnings = found.into_result(OPERATION).map_err(|error| error.with_outcome(Outcome::NotSent))?;
        Ok(Self { entries, warnings })
    }

    /// All names, in upper case and in their order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// What is questionable in the files, such as a name that stands there twice.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// The descriptor of that name.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] where there is none; those of [`Descriptor`]'s `parse`, with the places in the file.
    pub fn find(&self, name: &str) -> Result<Descriptor> {
        let Some(entry) = self.entries.get(&name.to_ascii_uppercase()) else {
            let near = suggest(&name.to_ascii_uppercase(), self.names());
            let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            return Err(Error::new(ErrorKind::NotFound, format!("there is no name {name:?}{hint}"))
                .with_operation(OPERATION)
                .with_outcome(Outcome::NotSent));
        };
        let (source, span) = (&entry.source, entry.span.clone());
        let text = source.text.get(span.clone()).unwrap_or_default();
        let origin = Origin::file(source.name.clone(), &source.text).from(span.start);
        match text.starts_with('(') {
            true => descriptor_at(text, &origin),
            false => easy::read_at(text, &origin),
        }
    }
}
