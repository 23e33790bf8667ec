//! PostgreSQL.

use crate::dialect::{
    Backslash, Clause, Compound, Dialect, Feature, LockSyntax, LockWait, NameLimit, Placeholder, Status,
    StatusQuery,
};
use crate::fault::codes::postgres::TABLE;
use crate::{Capability, Isolation, Vendor};

pub(crate) static DIALECT: Dialect = {
    let mut d = Dialect::new("postgresql", Vendor::Postgres);
    d.names.limit = NameLimit::Bytes(63);
    d.placeholder = Placeholder::Dollar;
    // The protocol counts parameters in two bytes.
    d.max_parameters = 65_535;
    d.lexis.nested_comments = true;
    d.lexis.backslash = Backslash::EStrings;
    d.lexis.dollar_quotes = true;
    d.lexis.question_operators = true;
    d.script.compound = Compound::Atomic;
    d.script.parentheses = true;
    d.isolation =
        &[Isolation::ReadCommitted, Isolation::RepeatableRead, Isolation::Snapshot, Isolation::Serializable];
    d.transactions.isolation = Clause::within("ISOLATION LEVEL {}");
    d.transactions.snapshot = "REPEATABLE READ";
    d.transactions.read_only = Some(Clause::within("READ ONLY"));
    d.transactions.read_write = Clause::within("READ WRITE");
    d.failure_undoes_transaction = true;
    d.locks = Some(LOCKS);
    d.status = STATUS;
    d.features = FEATURES;
    d.errors = &TABLE;
    d
};

/// Advisory locks have a number, not a name. It is the first eight bytes of the name's SHA-256, as a signed
/// big-endian number; the server works it out, so that an operator can do the same in psql.
macro_rules! key {
    () => {
        "('x' || left(encode(sha256(convert_to($1::text, 'UTF8')), 'hex'), 16))::bit(64)::bigint"
    };
}

const LOCKS: LockSyntax = LockSyntax::new(
    concat!("SELECT 1 FROM pg_advisory_lock(", key!(), ")"),
    LockWait::UntilCancelled,
    concat!("SELECT pg_try_advisory_lock(", key!(), ")::int"),
    concat!("SELECT pg_advisory_unlock(", key!(), ")::int"),
);

/// The time since the last replayed transaction grows on an idle primary too: it is lag only where bytes are missing.
/// The timeline is taken from the name of the WAL file, which a promotion changes at once; the control file follows
/// at the next checkpoint.
const STATUS: &[StatusQuery] = &[
    StatusQuery::new(
        Status::Role,
        "SELECT r.recovering AS in_recovery, current_setting('default_transaction_read_only')::bool AS read_only, \
         s.system_identifier::text AS system_identifier, \
         (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint AS started, \
         current_setting('port') AS port, c.timeline_id AS checkpoint_timeline, \
         CASE WHEN r.recovering THEN NULL ELSE substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) END AS timeline, \
         pg_wal_lsn_diff(CASE WHEN r.recovering THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, \
         '0/0')::bigint AS position_bytes \
         FROM (SELECT pg_is_in_recovery() AS recovering) r, pg_control_system() s, pg_control_checkpoint() c",
    )
    .since(10, 0),
    StatusQuery::new(
        Status::Replication,
        "SELECT pg_wal_lsn_diff(pg_last_wal_receive_lsn(), '0/0')::bigint AS received_bytes, \
         pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint AS replayed_bytes, \
         extract(epoch FROM now() - pg_last_xact_replay_timestamp())::float8 AS since_replay_seconds, \
         pg_is_wal_replay_paused() AS paused, \
         (SELECT count(*) FROM pg_stat_wal_receiver) AS receivers, \
         (SELECT status FROM pg_stat_wal_receiver LIMIT 1) AS receiver_status, \
         (SELECT extract(epoch FROM now() - last_msg_receipt_time)::float8 FROM pg_stat_wal_receiver LIMIT 1) \
         AS since_message_seconds \
         WHERE pg_is_in_recovery()",
    )
    .since(10, 0),
];

const FEATURES: &[Feature] = &[
    Feature::new(Capability::Savepoints),
    Feature::new(Capability::ReadOnlyTransactions),
    Feature::new(Capability::TransactionalDdl),
    Feature::new(Capability::Cancel),
    Feature::new(Capability::MultipleResults),
    Feature::new(Capability::Prepared),
    // sha256() is there since 11.
    Feature::new(Capability::NamedLocks).since(11, 0),
    Feature::new(Capability::Roles).since(10, 0),
    Feature::new(Capability::Lag).since(10, 0),
    Feature::new(Capability::ConstraintNames),
];
