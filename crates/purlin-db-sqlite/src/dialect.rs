//! SQLite's language.

use purlin_db::{Dialect, Isolation, Placeholder, Quote, Vendor};

/// SQLite's own limit since 3.32: <https://www.sqlite.org/limits.html>.
const MAX_PARAMETERS: usize = 32_766;

/// SQLite's language, as data.
pub(crate) static DIALECT: Dialect = {
    let mut dialect = Dialect::new("sqlite", Vendor::Sqlite);
    dialect.quote = Quote::Double;
    dialect.placeholder = Placeholder::Question;
    dialect.max_parameters = MAX_PARAMETERS;
    dialect.isolation = &[Isolation::Serializable];
    dialect
};
