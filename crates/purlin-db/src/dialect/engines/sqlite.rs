//! SQLite.

use crate::dialect::{Brackets, Clause, Compound, Dialect, Feature, Status, StatusQuery};
use crate::fault::codes::sqlite::TABLE;
use crate::{Capability, Isolation, Vendor};

pub(crate) static DIALECT: Dialect = {
    let mut d = Dialect::new("sqlite", Vendor::Sqlite);
    // SQLITE_MAX_VARIABLE_NUMBER since 3.32.
    d.max_parameters = 32_766;
    d.lexis.backticks = true;
    d.lexis.brackets = Brackets::Names;
    d.script.compound = Compound::Triggers;
    d.isolation = &[Isolation::Serializable];
    // A transaction is not held to reading, but a session is.
    let read_only = Clause::before("PRAGMA query_only = ON");
    d.transactions.read_only = Some(read_only.undone_by("PRAGMA query_only = OFF"));
    // Asks for the only writer's place at once: one that reads first can find it taken and has to begin again.
    d.transactions.read_write = Clause::instead("BEGIN IMMEDIATE");
    d.status = STATUS;
    d.features = FEATURES;
    d.errors = &TABLE;
    d
};

/// The main database comes first, with its whole path, links followed, or none for memory. It reads nothing of the
/// file, which may be locked.
const STATUS: &[StatusQuery] = &[StatusQuery::new(Status::Role, "PRAGMA database_list")];

const FEATURES: &[Feature] = &[
    Feature::new(Capability::Savepoints),
    Feature::new(Capability::ReadOnlyTransactions).since(3, 8),
    Feature::new(Capability::TransactionalDdl),
    Feature::new(Capability::Cancel),
    Feature::new(Capability::Prepared),
];
