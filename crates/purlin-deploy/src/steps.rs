//! Ready steps. Texts in them (paths, arguments, contents) are filled in for each host by [`StepEnv::text`].
//!
//! [`StepEnv::text`]: crate::StepEnv::text

mod command;
mod file;

pub use command::Command;
pub use file::File;
