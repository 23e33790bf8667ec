//! Oracle Database.

use crate::dialect::{
    Clause, Compound, Dialect, Feature, LockSyntax, LockWait, NameLimit, Placeholder, SavepointSyntax,
    Status, StatusQuery,
};
use crate::fault::codes::oracle::TABLE;
use crate::{Capability, Isolation, Vendor};

pub(crate) static DIALECT: Dialect = {
    let mut d = Dialect::new("oracle.db", Vendor::Oracle);
    // Since 12.2; 30 before.
    d.names.limit = NameLimit::Bytes(128);
    d.names.holds_quote = false;
    d.placeholder = Placeholder::Colon;
    d.max_parameters = 65_535;
    d.lexis.q_quotes = true;
    d.script.slash_lines = true;
    d.script.compound = Compound::PlSql;
    d.isolation = &[Isolation::ReadCommitted, Isolation::Serializable];
    d.transactions.begin = "";
    d.transactions.isolation = Clause::before("SET TRANSACTION ISOLATION LEVEL {}");
    d.transactions.read_only = Some(Clause::before("SET TRANSACTION READ ONLY"));
    // SET TRANSACTION takes one property, and only as the first statement.
    d.transactions.read_only_takes_level = false;
    d.savepoints = SavepointSyntax::ORACLE;
    d.locks = Some(LOCKS);
    d.status = STATUS;
    d.ping = "SELECT 1 FROM dual";
    d.features = FEATURES;
    d.errors = &TABLE;
    d
};

/// The lock's number is `DBMS_UTILITY.GET_HASH_VALUE` of the name in 30 bits: `ALLOCATE_UNIQUE` would commit. Two
/// names can share a number, which makes one wait for the other and nothing worse. Needs EXECUTE on `DBMS_LOCK` and
/// 12.1. From the manual, not run against a server of this engine.
macro_rules! with_lock {
    ($call:literal, $select:literal) => {
        concat!(
            "WITH FUNCTION purlin_lock(n VARCHAR2, t NUMBER) RETURN NUMBER IS BEGIN RETURN DBMS_LOCK.",
            $call,
            "; END; ",
            $select
        )
    };
}

const LOCKS: LockSyntax = {
    let mut locks = LockSyntax::new(
        with_lock!(
            "REQUEST(DBMS_UTILITY.GET_HASH_VALUE(n, 0, 1073741824), DBMS_LOCK.X_MODE, t, FALSE)",
            "SELECT purlin_lock(:1, :2) FROM dual"
        ),
        LockWait::Seconds,
        with_lock!(
            "REQUEST(DBMS_UTILITY.GET_HASH_VALUE(n, 0, 1073741824), DBMS_LOCK.X_MODE, t, FALSE)",
            "SELECT purlin_lock(:1, 0) FROM dual"
        ),
        with_lock!(
            "RELEASE(DBMS_UTILITY.GET_HASH_VALUE(n, 0, 1073741824))",
            "SELECT purlin_lock(:1, 0) FROM dual"
        ),
    );
    // 4: this session has it already.
    locks.granted = &[0, 4];
    locks.released = &[0];
    locks
};

/// From the manual, not run against a server of this engine. `v$dataguard_stats` has no rows on a primary; its lags
/// are texts, and read 0 while `datum_time` stands still: the standby hears nothing then.
const STATUS: &[StatusQuery] = &[
    StatusQuery::new(
        Status::Role,
        "SELECT database_role, open_mode, db_unique_name, dbid, current_scn FROM v$database",
    ),
    StatusQuery::new(
        Status::Replication,
        "SELECT name, value, unit, time_computed, datum_time FROM v$dataguard_stats \
         WHERE name IN ('transport lag', 'apply lag')",
    ),
];

const FEATURES: &[Feature] = &[
    Feature::new(Capability::Savepoints),
    Feature::new(Capability::ReadOnlyTransactions),
    Feature::new(Capability::Cancel),
    Feature::new(Capability::Prepared),
    Feature::new(Capability::NamedLocks).since(12, 1),
    Feature::new(Capability::Roles),
    Feature::new(Capability::Lag),
];
