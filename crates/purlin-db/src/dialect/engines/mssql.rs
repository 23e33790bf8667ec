//! SQL Server.

use crate::dialect::{
    Brackets, Clause, Compound, Dialect, Feature, LockSyntax, LockWait, NameLimit, Placeholder, Quote,
    SavepointSyntax, Status, StatusQuery,
};
use crate::fault::codes::mssql::TABLE;
use crate::{Capability, Isolation, Vendor};

pub(crate) static DIALECT: Dialect = {
    let mut d = Dialect::new("microsoft.sql_server", Vendor::SqlServer);
    d.names.quote = Quote::Bracket;
    d.names.limit = NameLimit::Utf16(128);
    d.placeholder = Placeholder::AtP;
    // 2,100 less the statement and the list of parameters of sp_executesql.
    d.max_parameters = 2_098;
    d.lexis.nested_comments = true;
    d.lexis.brackets = Brackets::DoubledNames;
    d.script.semicolons = false;
    d.script.go_lines = true;
    d.script.compound = Compound::None;
    d.isolation = &[
        Isolation::ReadUncommitted,
        Isolation::ReadCommitted,
        Isolation::RepeatableRead,
        Isolation::Snapshot,
        Isolation::Serializable,
    ];
    d.transactions.begin = "BEGIN TRANSACTION";
    // The level stays with the session, even through a pool's reset of older servers.
    d.transactions.isolation = Clause::before("SET TRANSACTION ISOLATION LEVEL {}")
        .undone_by("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
    d.savepoints = SavepointSyntax::T_SQL;
    d.locks = Some(LOCKS);
    d.status = STATUS;
    d.features = FEATURES;
    d.errors = &TABLE;
    d
};

/// `sp_getapplock` answers 0 at once or 1 after waiting, less than 0 where it is not granted; it cuts names beyond 255
/// characters in silence.
const LOCKS: LockSyntax = {
    let mut locks = LockSyntax::new(
        "DECLARE @purlin int; EXEC @purlin = sp_getapplock @Resource = @P1, @LockMode = 'Exclusive', \
         @LockOwner = 'Session', @LockTimeout = @P2; SELECT @purlin",
        LockWait::Milliseconds,
        "DECLARE @purlin int; EXEC @purlin = sp_getapplock @Resource = @P1, @LockMode = 'Exclusive', \
         @LockOwner = 'Session', @LockTimeout = 0; SELECT @purlin",
        "DECLARE @purlin int; EXEC @purlin = sp_releaseapplock @Resource = @P1, @LockOwner = 'Session'; \
         SELECT @purlin",
    );
    locks.granted = &[0, 1];
    locks.released = &[0];
    locks.limit = NameLimit::Utf16(255);
    locks
};

/// From the manual, not run against a server of this engine. Both need VIEW SERVER STATE. On a secondary only its own
/// rows are there: the primary has the whole view.
const STATUS: &[StatusQuery] = &[
    StatusQuery::new(
        Status::Role,
        "SELECT CAST(SERVERPROPERTY('ServerName') AS nvarchar(128)) AS server_name, DB_NAME() AS database_name, \
         CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS nvarchar(128)) AS updateability, \
         CAST(SERVERPROPERTY('IsHadrEnabled') AS int) AS hadr_enabled, \
         s.role AS replica_role, s.operational_state, s.connected_state, s.synchronization_health \
         FROM (SELECT 1 AS one) AS o \
         LEFT JOIN sys.databases AS d ON d.database_id = DB_ID() \
         LEFT JOIN sys.dm_hadr_availability_replica_states AS s ON s.replica_id = d.replica_id AND s.is_local = 1",
    )
    .since(11, 0),
    StatusQuery::new(
        Status::Replication,
        "SELECT r.replica_id, r.is_local, r.synchronization_state, r.is_suspended, r.log_send_queue_size, \
         r.redo_queue_size, r.redo_rate, r.last_commit_time, r.last_hardened_lsn \
         FROM sys.dm_hadr_database_replica_states AS r WHERE r.database_id = DB_ID()",
    )
    .since(11, 0),
];

const FEATURES: &[Feature] = &[
    Feature::new(Capability::Savepoints),
    Feature::new(Capability::TransactionalDdl),
    Feature::new(Capability::Cancel),
    Feature::new(Capability::MultipleResults),
    Feature::new(Capability::Prepared),
    Feature::new(Capability::NamedLocks),
    Feature::new(Capability::Roles).since(11, 0),
    Feature::new(Capability::Lag).since(11, 0),
];
