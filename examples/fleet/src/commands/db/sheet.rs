//! Rows on their way to a reader: a table, a JSON document or CSV, none of which is held as a whole.

use super::cell::{Cell, quoted};
use crate::app::NAME;
use crate::exit::Exit;
use crate::output::{Flow, Ui};
use purlin::db::{Columns, Row};
use purlin::{Cx, Endpoint, Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;

/// The version of the document's format.
pub(super) const VERSION: u32 = 1;

/// What the document's format is called.
pub(super) fn format() -> String {
    format!("{NAME}.db-query")
}

/// A table is laid out for so many rows at once; the next ones make another table.
const ROWS_A_TABLE: usize = 1000;
/// And for so many bytes.
const BYTES_A_TABLE: usize = 1024 * 1024;
/// A cell on a terminal is cut to so many letters.
const CELL: usize = 64;

/// What `db query --json` prints.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only the schema is made of it: the document is written piece by piece")]
pub(super) struct QueryDocument {
    #[schemars(flatten)]
    head: Head,
    /// The rows, each with a value a column.
    rows: Vec<Vec<Cell<'static>>>,
    #[schemars(flatten)]
    tail: Tail,
}

/// What stands before the rows.
#[derive(Debug, Serialize, JsonSchema)]
struct Head {
    /// What this is.
    format: String,
    /// The version of this format.
    version: u32,
    /// Who answered.
    endpoint: String,
    /// The columns, in order.
    columns: Vec<Column>,
}

/// A column.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Column {
    /// Its name; it may be empty, and two may share it.
    pub(super) name: String,
    /// The server's name of its type.
    #[serde(rename = "type")]
    type_name: String,
}

impl Column {
    pub(super) fn new(column: &purlin::db::Column) -> Self {
        Self { name: column.name.clone(), type_name: column.type_name.clone() }
    }
}

/// What stands behind the rows.
#[derive(Debug, Serialize, JsonSchema)]
struct Tail {
    /// How many rows stand here.
    row_count: u64,
    /// Whether there are more, or what followed was lost.
    truncated: bool,
    /// How long it took from the question to the last row, in milliseconds.
    elapsed_ms: f64,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Table,
    Json,
    Csv,
}

/// Rows on their way.
#[derive(Debug)]
pub(super) struct Sheet<'u> {
    ui: &'u Ui,
    form: Form,
    flow: Flow,
    endpoint: Option<Endpoint>,
    header: Vec<String>,
    /// Rows of the table that is not laid out yet.
    table: Vec<Vec<String>>,
    table_bytes: usize,
    pub(super) rows: u64,
}

impl<'u> Sheet<'u> {
    pub(super) fn new(ui: &'u Ui, form: Form) -> Self {
        let (flow, header, table) = (Flow::default(), Vec::new(), Vec::new());
        Self { ui, form, flow, endpoint: None, header, table, table_bytes: 0, rows: 0 }
    }

    /// Writes what stands before the rows.
    ///
    /// # Errors
    /// As [`Flow::push`].
    pub(super) async fn begin(&mut self, cx: &Cx, endpoint: &Endpoint, columns: &Columns) -> Result<bool> {
        self.endpoint = Some(endpoint.clone());
        self.header = columns.iter().map(|column| column.name.clone()).collect();
        let text = match self.form {
            Form::Table => return Ok(true),
            Form::Csv if columns.is_empty() => return Ok(true),
            Form::Csv => {
                let names: Vec<_> = self.header.iter().map(|name| quoted(name)).collect();
                names.join(",") + "\r\n"
            }
            Form::Json => {
                let columns = columns.iter().map(Column::new).collect();
                let head =
                    Head { format: format(), version: VERSION, endpoint: endpoint.to_string(), columns };
                let head = serde_json::to_string_pretty(&head).map_err(unwritable)?;
                format!("{},\n  \"rows\": [", head.trim_end_matches(['\n', '}']))
            }
        };
        self.flow.push(cx, text.as_bytes()).await
    }

    /// Writes a row; `false` where nobody reads any more.
    ///
    /// # Errors
    /// As [`Flow::push`], and those of the row's values.
    pub(super) async fn row(&mut self, cx: &Cx, row: &dyn Row) -> Result<bool> {
        let mut text = String::new();
        let count = row.columns().len();
        match self.form {
            Form::Table => {
                let cut = self.ui.shows_terminal();
                let cells = (0..count).map(|index| Ok(shown(row.value(index)?.to_string(), cut)));
                let cells = cells.collect::<Result<Vec<_>>>()?;
                self.table_bytes += cells.iter().map(String::len).sum::<usize>();
                self.table.push(cells);
                self.rows += 1;
                if self.table.len() < ROWS_A_TABLE && self.table_bytes < BYTES_A_TABLE {
                    return Ok(true);
                }
                text = self.laid_out();
            }
            Form::Csv => {
                for index in 0..count {
                    let value = row.value(index)?;
                    text += if index == 0 { "" } else { "," };
                    text += &Cell::new(&value).csv();
                }
                text += "\r\n";
                self.rows += 1;
            }
            Form::Json => {
                text += if self.rows == 0 { "\n    [" } else { ",\n    [" };
                for index in 0..count {
                    let value = row.value(index)?;
                    text += if index == 0 { "" } else { ", " };
                    text += &serde_json::to_string(&Cell::new(&value)).map_err(unwritable)?;
                }
                text.push(']');
                self.rows += 1;
            }
        }
        self.flow.push(cx, text.as_bytes()).await
    }

    /// Ends an answer; with the exit code, or a graver one where it could not be written.
    ///
    /// # Errors
    /// Those of [`Flow::push`].
    pub(super) async fn end(&mut self, cx: &Cx, truncated: bool, elapsed: Duration) -> Result<bool> {
        let text = match self.form {
            Form::Csv => return Ok(true),
            Form::Json => self.tail(truncated, elapsed)?,
            Form::Table => {
                let table = self.laid_out();
                let (count, s) = (self.rows, if self.rows == 1 { "" } else { "s" });
                let more = if truncated { ", and there are more" } else { "" };
                let from = self.endpoint.as_ref().map_or_else(String::new, |it| format!(" from {it}"));
                let took = purlin::core::units::duration::approximate(elapsed);
                let mut page = self.ui.page();
                page.line(&format!("({count} row{s}{more}{from}, {took})"));
                table + &page.into_text()
            }
        };
        self.flow.push(cx, text.as_bytes()).await
    }

    /// What follows was lost. What has been written already is closed as an incomplete answer; nothing else is written.
    pub(super) fn give_up(mut self) {
        if !self.flow.has_begun() {
            return;
        }
        if self.form == Form::Json
            && let Ok(tail) = self.tail(true, Duration::ZERO)
        {
            self.flow.append(tail.as_bytes());
        }
        // The failure itself is what is told.
        let _ = self.flow.finish();
    }

    /// Waits until all is written.
    pub(super) fn finish(self, exit: Exit) -> Exit {
        self.ui.flowed(self.flow, exit)
    }

    fn tail(&self, truncated: bool, elapsed: Duration) -> Result<String> {
        let elapsed_ms = (elapsed.as_secs_f64() * 1e6).round() / 1e3;
        let tail = Tail { row_count: self.rows, truncated, elapsed_ms };
        let tail = serde_json::to_string_pretty(&tail).map_err(unwritable)?;
        let close = if self.rows == 0 { "]" } else { "\n  ]" };
        Ok(format!("{close},{}\n", tail.trim_start_matches('{')))
    }

    /// The table so far.
    fn laid_out(&mut self) -> String {
        self.table_bytes = 0;
        let rows = std::mem::take(&mut self.table);
        // A statement without an answer has no columns, and one that found nothing is a table without rows.
        if self.header.is_empty() || (rows.is_empty() && self.rows > 0) {
            return String::new();
        }
        let mut page = self.ui.page();
        page.wide_table(&self.header, rows);
        page.into_text()
    }
}

/// A terminal shows the beginning of a long text.
pub(super) fn shown(text: String, on_terminal: bool) -> String {
    match text.char_indices().nth(CELL) {
        Some((end, _)) if on_terminal => format!("{}…", &text[..end]),
        _ => text,
    }
}

fn unwritable(error: serde_json::Error) -> Error {
    Error::new(ErrorKind::Internal, "the answer cannot be written as JSON").with_source(error)
}
