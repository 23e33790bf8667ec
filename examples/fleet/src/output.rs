//! What people and machines see. Every command tells its answer through [`Ui`], so that colour, `--json`, closed pipes
//! and the format of errors are decided once.

mod document;
mod fault;
mod flow;
mod integer;
mod page;
mod palette;
mod stream;
mod tail;
mod time;
mod ui;

pub(crate) use document::{Answer, schema_of, schema_of_flow, schema_of_list};
pub(crate) use fault::code;
pub(crate) use flow::Flow;
pub(crate) use integer::Integer;
pub(crate) use page::Page;
pub(crate) use palette::Mood;
pub(crate) use tail::Tail;
pub(crate) use time::{local, now};
pub(crate) use ui::Ui;
