//! What stands for a descriptor: EZConnect plus, and the names of `tnsnames.ora`.

pub(crate) mod easy;
