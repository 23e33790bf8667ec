//! The language of both engines.

use purlin_db::{Dialect, Isolation, Quote, Vendor};

/// What an answer from a server is read with, whichever of the two it is.
pub(crate) static DIALECT: Dialect = {
    let mut dialect = Dialect::new("mysql", Vendor::MySql);
    dialect.quote = Quote::Backtick;
    dialect.max_parameters = 65_535;
    dialect.isolation = &[
        Isolation::ReadUncommitted,
        Isolation::ReadCommitted,
        Isolation::RepeatableRead,
        Isolation::Serializable,
    ];
    dialect
};
