//! The engines that purlin knows.

pub(super) mod mssql;
pub(super) mod mysql;
pub(super) mod oracle;
pub(super) mod postgres;
pub(super) mod sqlite;
