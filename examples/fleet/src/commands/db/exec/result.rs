//! Rows that come back from what changes something, as of RETURNING.

use super::super::cell::Cell;
use super::super::most::Most;
use super::super::sheet::{Column, shown};
use crate::output::Page;
use purlin::Result;
use purlin::db::{OwnedRow, Rows};
use schemars::JsonSchema;
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

/// An answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Answered {
    /// The columns, in order.
    columns: Vec<Column>,
    /// The rows, each with a value a column.
    #[serde(serialize_with = "lines")]
    #[schemars(with = "Vec<Vec<Cell<'static>>>")]
    rows: Vec<OwnedRow>,
    /// Whether there were more.
    pub(super) truncated: bool,
}

impl Answered {
    /// Reads the present result to its end, and keeps the first rows; none where it has no columns.
    pub(super) async fn read(rows: &mut Rows<'_>, most: Most) -> Result<Option<Self>> {
        let columns = rows.columns().iter().map(Column::new).collect::<Vec<_>>();
        let mut answered = Self { columns, rows: Vec::new(), truncated: false };
        while let Some(row) = rows.next().await? {
            if most.0.is_some_and(|most| answered.rows.len() as u64 >= most) {
                answered.truncated = true;
            } else {
                answered.rows.push(row.to_owned()?);
            }
        }
        Ok(Some(answered).filter(|answered| !answered.columns.is_empty()))
    }

    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn page(&self, page: &mut Page) {
        let header: Vec<_> = self.columns.iter().map(|column| column.name.clone()).collect();
        let cut = page.is_for_terminal();
        let line = |row: &OwnedRow| {
            let cells = row.values().iter().map(|value| shown(value.as_ref().to_string(), cut));
            cells.collect::<Vec<_>>()
        };
        page.wide_table(&header, self.rows.iter().map(line).collect::<Vec<_>>());
        let (count, s) = (self.rows.len(), if self.rows.len() == 1 { "" } else { "s" });
        let more = if self.truncated { ", and there are more" } else { "" };
        page.line(&format!("({count} row{s}{more})"));
    }
}

struct Line<'r>(&'r OwnedRow);

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut cells = serializer.serialize_seq(Some(self.0.values().len()))?;
        for value in self.0.values() {
            cells.serialize_element(&Cell::new(&value.as_ref()))?;
        }
        cells.end()
    }
}

fn lines<S: Serializer>(rows: &[OwnedRow], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_seq(rows.iter().map(Line))
}
