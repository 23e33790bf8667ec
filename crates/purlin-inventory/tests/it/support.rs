//! What several modules need.

use purlin_core::{Diagnostic, Diagnostics, Error};
use purlin_inventory::{Located, Value};
use serde_json::{Value as Json, json};
use std::future::Future;

/// Runs a future on a runtime of its own.
pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(future)
}

/// A value as Ansible prints it.
pub(crate) fn json_of(value: &Value) -> Json {
    let list = |items: &[Located]| items.iter().map(|item| json_of(&item.value)).collect();
    match value {
        Value::Null => Json::Null,
        Value::Bool(truth) => json!(truth),
        Value::Int(number) => json!(number),
        // serde_json reads such numbers of the expected files as floating point too.
        Value::BigInt(digits) => serde_json::from_str(digits).unwrap(),
        Value::Float(number) => json!(number),
        Value::Text(text) => json!(&**text),
        Value::Unsafe(text) => json!({ "__ansible_unsafe": &**text }),
        Value::List(items) => Json::Array(list(items)),
        Value::Map(map) => map.iter().map(|(key, value)| (key.to_owned(), json_of(&value.value))).collect(),
        other => panic!("no JSON for {other:?}"),
    }
}

/// The diagnostics that an error carries.
pub(crate) fn faults(error: &Error) -> Vec<Diagnostic> {
    error
        .detail::<Diagnostics>()
        .unwrap_or_else(|| panic!("no diagnostics in {error:#}"))
        .iter()
        .cloned()
        .collect()
}
