//! purlin's own format: `purlin = 1` in TOML or YAML 1.2.
//!
//! It says what there is (hosts, groups), what is true of whom (layers: defaults, dimensions such as site or role, the
//! host itself) and which layer is stronger. The guide `docs/inventory.md` goes through it key by key.
//!
//! ```
//! use purlin_inventory::{InventoryBuilder, native};
//!
//! let text = r#"
//! purlin = 1
//! [site.lon.vars]
//! ntp = ["ntp1.lon", "ntp2.lon"]
//! [hosts."web[01-03].lon"]
//! site = "lon"
//! roles = ["web"]
//! "#;
//! let mut builder = InventoryBuilder::new();
//! builder.merge(native::read_toml("estate.toml", text));
//! let estate = builder.build()?;
//! assert_eq!(estate.len(), 3);
//! assert_eq!(estate.explain("web02.lon", "ntp")?.place.to_string(), "estate.toml:4:7");
//! # Ok::<(), purlin_core::Error>(())
//! ```

pub(crate) mod layers;
pub(crate) mod reach;

pub(crate) mod detect;

mod dimensions;
mod keys;
mod members;
mod names;
mod read;
mod values;

pub(crate) use keys::{TYPED, unsaid};
pub(crate) use values::looks_secret;

use crate::document::{Read, toml, yaml};
use crate::{Batch, FileId};
use purlin_core::Diagnostics;

/// Reads a file in TOML; `name` is what messages call it. Its faults, all of one pass, are
/// [diagnostics](Batch::diagnostics) of the batch; but what may be a dimension that another file declares is checked when the
/// inventory is built.
pub fn read_toml(name: &str, text: &str) -> Batch {
    let warnings = Diagnostics::new();
    read(name, toml::read(text, name, FileId(0)).map(|value| Read { value, warnings }))
}

/// Reads a file in YAML 1.2; otherwise as [`read_toml`].
pub fn read_yaml(name: &str, text: &str) -> Batch {
    read(name, yaml::read_all(text, name, FileId(0), yaml::Dialect::Core))
}

/// Whether a text in TOML or YAML says that it is of this format: the document has a single value under `purlin` at its
/// top. A group of that name, which is a table, does not say so.
pub fn is_native(text: &str) -> bool {
    detect::form(text).is_some()
}

fn read(name: &str, document: Result<Read, Diagnostics>) -> Batch {
    let mut batch = Batch::new(name);
    batch.native.native = true;
    match document {
        Ok(document) => {
            batch.diagnostics.extend(document.warnings);
            read::Reader::new(batch).read(&document.value)
        }
        Err(faults) => {
            faults.into_iter().for_each(|fault| batch.report(fault));
            batch
        }
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::document::{Read, toml};
    use crate::{FileId, InventoryBuilder};
    use purlin_core::{Diagnostic, Diagnostics, Place};

    #[test]
    fn what_a_document_warns_of_is_told_with_the_inventory() {
        let value = toml::read("purlin = 1\nhosts.h1 = {}\n", "f.toml", FileId(0)).unwrap();
        let warning = Diagnostic::warning("odd", "is odd").place(Place::file("f.toml").at(2, 1));
        let warnings = Diagnostics::from_iter([warning.clone()]);
        let mut builder = InventoryBuilder::new();
        builder.merge(read("f.toml", Ok(Read { value, warnings })));
        let (inventory, told) = builder.finish().unwrap();
        assert_eq!((inventory.len(), told), (1, Diagnostics::from_iter([warning])));
    }
}
