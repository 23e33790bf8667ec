//! What a configuration file says.

use super::layer::from_file;
use super::{Layer, Sourced};
use crate::input::{Document, Fields, Source, Value};
use purlin::core::Diagnostics;
use std::collections::BTreeMap;

/// The values of one file.
#[derive(Debug, Default)]
pub(super) struct File {
    /// The context that is used where none is chosen.
    pub(super) default_context: Option<Sourced<String>>,
    pub(super) base: Layer,
    pub(super) contexts: BTreeMap<String, Layer>,
}

impl File {
    /// Reads a file, all contexts of it. None where its syntax is at fault.
    pub(super) fn read(source: Source, faults: &mut Diagnostics) -> Option<Self> {
        Document::new(source).walk(faults, Self::walk)
    }

    pub(super) fn walk(fields: &mut Fields<'_>) -> Self {
        let help = "its values as [context.NAME]; default_context = \"NAME\" chooses one";
        let contexts = fields.named_tables("context", help, |_, fields| Layer {
            protected: from_file(fields.value("protected"), Value::boolean),
            ..Layer::read(fields)
        });
        Self {
            default_context: from_file(fields.value("default_context"), Value::name),
            base: Layer::read(fields),
            contexts: contexts.into_iter().collect(),
        }
    }
}
