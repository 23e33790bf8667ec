//! Reading files that people write: opened with care, walked with the place of every value at hand, and with all
//! faults told in one pass. It knows no particular file; whoever adds one walks it with [`Fields`] and [`Value`].

mod document;
mod fields;
mod source;
mod stdin;
pub(crate) mod terminal;
mod value;

pub(crate) use document::Document;
pub(crate) use fields::Fields;
pub(crate) use source::{NotThere, STANDARD_INPUT, Source, Trust};
pub(crate) use stdin::{at_fault, standard_input};
pub(crate) use value::{Misread, Value, choice, duration, server_name};
