//! The vendors' error codes. Rows name the class; the sources stand at each table.

pub(crate) mod mssql;
pub(crate) mod mysql;
pub(crate) mod oracle;
pub(crate) mod postgres;
pub(crate) mod sqlite;
