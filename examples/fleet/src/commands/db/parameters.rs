//! What stands for placeholders.

use clap::Args;
use purlin::db::Value;

#[derive(Debug, Args)]
pub(super) struct Parameters {
    /// The values of the placeholders of one statement, in order
    #[arg(value_name = "PARAM")]
    values: Vec<String>,
    /// A PARAM that is exactly this word is NULL, such as with --null NULL
    #[arg(long, value_name = "WORD")]
    null: Option<String>,
}

impl Parameters {
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values, as texts: the server reads them as its columns want them.
    pub(super) fn values(&self) -> impl Iterator<Item = Value> {
        self.values.iter().map(|value| match &self.null {
            Some(word) if word == value => Value::Null,
            _ => Value::from(value.as_str()),
        })
    }
}
