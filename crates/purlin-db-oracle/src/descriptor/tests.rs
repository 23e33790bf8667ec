//! Descriptors, read and written.
