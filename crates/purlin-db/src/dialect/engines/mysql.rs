//! MySQL and MariaDB.

use crate::dialect::{
    Backslash, Clause, Compound, Dialect, Feature, LockSyntax, LockWait, NameLimit, Quote, Status,
    StatusQuery,
};
use crate::fault::codes::mysql::TABLE;
use crate::{Capability, Isolation, Vendor};

pub(crate) static DIALECT: Dialect = {
    let mut d = Dialect::new("mysql", Vendor::MySql);
    d.names.quote = Quote::Backtick;
    d.names.limit = NameLimit::Characters(64);
    d.names.holds_supplementary = false;
    // The protocol counts placeholders in two bytes.
    d.max_parameters = 65_535;
    d.lexis.hash_comments = true;
    d.lexis.dashes_need_space = true;
    d.lexis.executable_comments = true;
    d.lexis.backslash = Backslash::Always;
    d.lexis.backticks = true;
    d.script.delimiter_command = true;
    d.script.compound = Compound::Routines;
    d.isolation = &[
        Isolation::ReadUncommitted,
        Isolation::ReadCommitted,
        Isolation::RepeatableRead,
        Isolation::Serializable,
    ];
    d.transactions.begin = "START TRANSACTION";
    d.transactions.isolation = Clause::before("SET TRANSACTION ISOLATION LEVEL {}");
    d.transactions.read_only = Some(Clause::within("READ ONLY"));
    d.transactions.read_write = Clause::within("READ WRITE");
    d.locks = Some(LOCKS);
    d.status = STATUS;
    d.ping = "SELECT 1";
    d.features = FEATURES;
    d.errors = &TABLE;
    d
};

/// <https://dev.mysql.com/doc/refman/8.4/en/locking-functions.html>: 1, 0 for a timeout, NULL for an error; names of
/// at most 64 characters. MariaDB takes longer ones.
const LOCKS: LockSyntax = {
    let mut locks = LockSyntax::new(
        "SELECT GET_LOCK(?, ?)",
        LockWait::Seconds,
        "SELECT GET_LOCK(?, 0)",
        "SELECT RELEASE_LOCK(?)",
    );
    locks.limit = NameLimit::Characters(64);
    locks
};

/// MariaDB has `server_uid` since the maintenance releases of August 2024, so that it is looked up and may be missing.
/// The lag of a replica is NULL when it does not know, and 0 for as long as it has not noticed that the primary is
/// gone: compare GTIDs with the primary's, which the role query answers.
const STATUS: &[StatusQuery] = &[
    StatusQuery::new(
        Status::Role,
        "SELECT @@global.read_only AS read_only, @@global.super_read_only AS super_read_only, \
         @@server_id AS server_id, @@server_uuid AS server_uuid, @@hostname AS hostname, \
         @@port AS port, @@datadir AS datadir, \
         @@global.gtid_executed AS gtid_executed",
    )
    .of(Vendor::MySql),
    StatusQuery::new(
        Status::Role,
        "SELECT @@global.read_only AS read_only, @@server_id AS server_id, @@hostname AS hostname, \
         @@port AS port, @@datadir AS datadir, \
         (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_VARIABLES WHERE VARIABLE_NAME = 'SERVER_UID') \
         AS server_uid, @@global.gtid_binlog_pos AS gtid_binlog_pos, @@global.gtid_slave_pos AS gtid_slave_pos, \
         @@global.gtid_current_pos AS gtid_current_pos",
    )
    .of(Vendor::MariaDb),
    StatusQuery::new(Status::Replication, "SHOW SLAVE STATUS").of(Vendor::MySql),
    // The old form is gone from 8.4; 8.0 knows the new one only since 8.0.22.
    StatusQuery::new(Status::Replication, "SHOW REPLICA STATUS").of(Vendor::MySql).since(8, 1),
    StatusQuery::new(Status::Replication, "SHOW ALL SLAVES STATUS").of(Vendor::MariaDb),
    StatusQuery::new(
        Status::Cluster,
        "SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_conf_id', 'wsrep_cluster_size', \
         'wsrep_cluster_state_uuid', 'wsrep_cluster_status', 'wsrep_connected', 'wsrep_last_committed', \
         'wsrep_local_state', 'wsrep_local_state_comment', 'wsrep_ready')",
    ),
];

const FEATURES: &[Feature] = &[
    Feature::new(Capability::Savepoints),
    Feature::new(Capability::ReadOnlyTransactions).of(Vendor::MySql).since(5, 6),
    Feature::new(Capability::ReadOnlyTransactions).of(Vendor::MariaDb).since(10, 0),
    Feature::new(Capability::Cancel),
    Feature::new(Capability::MultipleResults),
    Feature::new(Capability::Prepared),
    Feature::new(Capability::NamedLocks),
    Feature::new(Capability::Roles),
    Feature::new(Capability::Lag),
    Feature::new(Capability::Unsigned),
];
