//! Calls of web servers and statements in databases.

#[cfg(feature = "http")]
mod http;
#[cfg(feature = "db")]
mod sql;
