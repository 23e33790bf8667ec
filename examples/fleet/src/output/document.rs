//! An answer for machines.

use super::Page;
use crate::app::NAME;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

/// What a command found out. One value becomes the page for people and the document for machines.
pub(crate) trait Answer: Serialize + JsonSchema {
    /// What the format of the document is called, behind the tool's name.
    const NAME: &'static str;
    /// The version of that format. It grows when a reader of the old one could go wrong; a new field does not count.
    const VERSION: u32 = 1;

    /// Writes the page.
    fn page(&self, page: &mut Page);
}

/// The document: the answer's own fields behind those that every document has.
#[derive(Serialize, JsonSchema)]
struct Document<'a, A> {
    /// What this is.
    format: String,
    /// The version of this format.
    version: u32,
    #[serde(flatten)]
    answer: &'a A,
}

fn format_of<A: Answer>() -> String {
    format!("{NAME}.{}", A::NAME)
}

/// The text of the document, with a line break at its end.
pub(super) fn text<A: Answer>(answer: &A) -> serde_json::Result<String> {
    let document = Document { format: format_of::<A>(), version: A::VERSION, answer };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// The JSON Schema (2020-12) of the document.
pub(crate) fn schema_of<A: Answer>() -> Schema {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let schema = generator.into_root_schema_for::<Document<'_, A>>();
    named(schema, schemars::schema_for!(A).get("description").cloned(), &format_of::<A>(), A::VERSION)
}

/// The JSON Schema (2020-12) of a document that is written piece by piece, its format and version among its fields.
pub(crate) fn schema_of_flow<T: JsonSchema>(format: &str, version: u32) -> Schema {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let schema = generator.into_root_schema_for::<T>();
    let description = schema.get("description").cloned();
    named(schema, description, format, version)
}

fn named(mut schema: Schema, description: Option<serde_json::Value>, format: &str, version: u32) -> Schema {
    schema.insert("title".to_owned(), format.into());
    if let Some(description) = description {
        schema.insert("description".to_owned(), description);
    }
    let fixed = [("format", format.into()), ("version", version.into())];
    for (field, value) in fixed {
        let property = schema.pointer_mut(&format!("/properties/{field}"));
        if let Some(property) = property.and_then(serde_json::Value::as_object_mut) {
            property.insert("const".to_owned(), value);
        }
    }
    schema
}

/// The JSON Schema (2020-12) of a document that is a bare array.
pub(crate) fn schema_of_list<T: JsonSchema>(name: &str) -> Schema {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    schema.insert("title".to_owned(), format!("{NAME}.{name}").into());
    schema
}
