//! What the engines' languages say of themselves.

use purlin_core::{ErrorKind, Outcome};
use purlin_db::dialect::{LockWait, Status};
use purlin_db::{Access, Capability, Dialect, Isolation, ServerVersion, TxOptions, Value, Vendor};
use std::time::Duration;

const ALL: [&Dialect; 5] =
    [Dialect::MYSQL, Dialect::POSTGRES, Dialect::SQLITE, Dialect::MSSQL, Dialect::ORACLE];

fn version(major: u32, minor: u32) -> ServerVersion {
    ServerVersion::new(major, minor, 0, format!("{major}.{minor}"))
}

#[test]
fn names_are_quoted_so_that_nothing_gets_out() {
    let of = |name: &str| ALL.map(|dialect| dialect.quote_name(name).ok());
    let all = |forms: [&str; 5]| forms.map(|form| Some(form.to_owned()));
    assert_eq!(
        of("Order by"),
        all(["`Order by`", "\"Order by\"", "\"Order by\"", "[Order by]", "\"Order by\""])
    );
    assert_eq!(of("a`b]"), all(["`a``b]`", "\"a`b]\"", "\"a`b]\"", "[a`b]]]", "\"a`b]\""]));
    assert_eq!(Dialect::POSTGRES.quote_name("a\"; drop").unwrap(), "\"a\"\"; drop\"");
    assert_eq!(of("nul\0"), [const { None }; 5]);
    assert_eq!(of(""), [const { None }; 5]);
    assert!(Dialect::ORACLE.quote_name("a\"b").is_err(), "Oracle has no such names");
    assert!(Dialect::MYSQL.quote_name("\u{1f600}").is_err(), "MySQL has no such names");
}

#[test]
fn names_are_as_long_as_the_engine_says_in_its_own_unit() {
    let takes = |dialect: &Dialect, name: &str| dialect.quote_name(name).is_ok();
    assert!(takes(Dialect::MYSQL, &"é".repeat(64)) && !takes(Dialect::MYSQL, &"a".repeat(65)));
    assert!(takes(Dialect::POSTGRES, &"a".repeat(63)) && !takes(Dialect::POSTGRES, &"é".repeat(32)));
    assert!(
        takes(Dialect::MSSQL, &"\u{1f600}".repeat(64)) && !takes(Dialect::MSSQL, &"\u{1f600}".repeat(65))
    );
    assert!(takes(Dialect::ORACLE, &"é".repeat(64)) && !takes(Dialect::ORACLE, &"é".repeat(65)));
    assert!(takes(Dialect::SQLITE, &"a".repeat(10_000)));
    let error = Dialect::POSTGRES.quote_name(&"é".repeat(200)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert!(error.message().ends_with("has 400 bytes, 63 is the limit"), "{error}");
    assert!(error.message().chars().count() < 200, "{error}");
}

#[test]
fn texts_mean_the_same_in_every_mode_of_the_session() {
    assert_eq!(Dialect::MYSQL.quote_text("it's").unwrap(), "'it''s'");
    assert_eq!(Dialect::MYSQL.quote_text("a\\'").unwrap(), "_utf8mb4 X'615c27'");
    assert_eq!(Dialect::POSTGRES.quote_text("a\\'").unwrap(), "E'a\\\\'''");
    assert_eq!(Dialect::SQLITE.quote_text("a\\'").unwrap(), "'a\\'''");
    assert_eq!(Dialect::MSSQL.quote_text("é").unwrap(), "N'é'");
    assert_eq!(Dialect::ORACLE.quote_text("a\0").unwrap_err().kind(), ErrorKind::Invalid);
}

fn begin(dialect: &Dialect, options: TxOptions) -> Vec<String> {
    dialect.begin_statements(&options).unwrap().into_iter().map(|text| text.into_owned()).collect()
}

#[test]
fn transactions_begin_as_they_are_asked_to() {
    let none = TxOptions::new();
    let forms = ["START TRANSACTION", "BEGIN", "BEGIN", "BEGIN TRANSACTION"];
    for (dialect, form) in ALL.into_iter().zip(forms) {
        assert_eq!(begin(dialect, none), [form]);
    }
    assert!(begin(Dialect::ORACLE, none).is_empty());

    let options = none.isolation(Isolation::Serializable).access(Access::ReadOnly);
    let mysql = ["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "START TRANSACTION READ ONLY"];
    assert_eq!(begin(Dialect::MYSQL, options), mysql);
    assert_eq!(begin(Dialect::POSTGRES, options), ["BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY"]);
    assert_eq!(begin(Dialect::SQLITE, options), ["PRAGMA query_only = ON", "BEGIN"]);
    assert_eq!(Dialect::SQLITE.end_statements(&options).unwrap(), ["PRAGMA query_only = OFF"]);
    assert_eq!(begin(Dialect::ORACLE, none.access(Access::ReadOnly)), ["SET TRANSACTION READ ONLY"]);

    let options = none.isolation(Isolation::Serializable).access(Access::ReadWrite);
    assert_eq!(begin(Dialect::SQLITE, options), ["BEGIN IMMEDIATE"]);
    assert_eq!(begin(Dialect::ORACLE, options), ["SET TRANSACTION ISOLATION LEVEL SERIALIZABLE"]);
    assert_eq!(begin(Dialect::POSTGRES, options), ["BEGIN ISOLATION LEVEL SERIALIZABLE, READ WRITE"]);

    let options = none.isolation(Isolation::Snapshot);
    assert_eq!(
        begin(Dialect::MSSQL, options),
        ["SET TRANSACTION ISOLATION LEVEL SNAPSHOT", "BEGIN TRANSACTION"]
    );
    assert_eq!(begin(Dialect::POSTGRES, options), ["BEGIN ISOLATION LEVEL REPEATABLE READ"]);
    let end = ["SET TRANSACTION ISOLATION LEVEL READ COMMITTED"];
    assert_eq!(Dialect::MSSQL.end_statements(&options).unwrap(), end);
}

#[test]
fn what_an_engine_does_not_have_is_refused_by_name() {
    use Isolation::{ReadCommitted, ReadUncommitted, RepeatableRead, Serializable, Snapshot};
    let levels = [ReadUncommitted, ReadCommitted, RepeatableRead, Snapshot, Serializable];
    let has = |dialect: &Dialect| {
        levels.map(|level| dialect.begin_statements(&TxOptions::new().isolation(level)).is_ok())
    };
    assert_eq!(has(Dialect::MYSQL), [true, true, true, false, true]);
    assert_eq!(has(Dialect::POSTGRES), [false, true, true, true, true]);
    assert_eq!(has(Dialect::SQLITE), [false, false, false, false, true]);
    assert_eq!(has(Dialect::MSSQL), [true; 5]);
    assert_eq!(has(Dialect::ORACLE), [false, true, false, false, true]);

    let error = Dialect::SQLITE.begin_statements(&TxOptions::new().isolation(ReadCommitted)).unwrap_err();
    assert_eq!((error.kind(), error.outcome()), (ErrorKind::Unsupported, Outcome::NotSent));
    assert_eq!(error.message(), "sqlite has no isolation level READ COMMITTED; it has: SERIALIZABLE");
    let read_only = TxOptions::new().access(Access::ReadOnly);
    let error = Dialect::MSSQL.begin_statements(&read_only).unwrap_err();
    assert_eq!(error.message(), "microsoft.sql_server has no read-only transactions");
    let error = Dialect::ORACLE.begin_statements(&read_only.isolation(Serializable)).unwrap_err();
    assert_eq!(error.message(), "oracle.db has no isolation levels for read-only transactions");
}

#[test]
fn capabilities_follow_vendor_and_version() {
    let has = |dialect: &Dialect, vendor, major, minor, capability| {
        dialect.capabilities(&version(major, minor), vendor).has(capability)
    };
    use Capability::{NamedLocks, ReadOnlyTransactions, TransactionalDdl, Unsigned};
    assert!(!has(Dialect::MYSQL, Vendor::MySql, 5, 5, ReadOnlyTransactions));
    assert!(has(Dialect::MYSQL, Vendor::MySql, 5, 6, ReadOnlyTransactions));
    assert!(!has(Dialect::MYSQL, Vendor::MariaDb, 5, 6, ReadOnlyTransactions));
    assert!(has(Dialect::MYSQL, Vendor::MariaDb, 10, 11, ReadOnlyTransactions));
    assert!(!has(Dialect::POSTGRES, Vendor::Postgres, 10, 0, NamedLocks));
    let of = |capability| ALL.map(|dialect| has(dialect, dialect.vendor, 99, 0, capability));
    assert_eq!(of(TransactionalDdl), [false, true, true, true, false]);
    assert_eq!(of(ReadOnlyTransactions), [true, true, true, false, true]);
    assert_eq!(of(NamedLocks), ALL.map(|dialect| dialect.named_locks().is_ok()));
    assert_eq!(of(Unsigned), [true, false, false, false, false]);
}

#[test]
fn status_is_asked_in_the_newest_form_that_the_server_knows() {
    let ask =
        |status, vendor, major, minor| Dialect::MYSQL.status_query(status, vendor, &version(major, minor));
    use Status::{Cluster, Replication, Role};
    assert_eq!(ask(Replication, Vendor::MySql, 8, 0), Some("SHOW SLAVE STATUS"));
    assert_eq!(ask(Replication, Vendor::MySql, 8, 4), Some("SHOW REPLICA STATUS"));
    assert_eq!(ask(Replication, Vendor::MariaDb, 11, 4), Some("SHOW ALL SLAVES STATUS"));
    assert!(ask(Cluster, Vendor::MariaDb, 10, 11).unwrap().contains("wsrep_cluster_status"));
    // MariaDB knows no super_read_only before 12, MySQL no gtid_slave_pos ever.
    assert!(!ask(Role, Vendor::MariaDb, 10, 11).unwrap().contains("super"));
    assert!(!ask(Role, Vendor::MySql, 8, 4).unwrap().contains("slave"));
    let postgres = |version| Dialect::POSTGRES.status_query(Role, Vendor::Postgres, &version);
    assert!(postgres(version(9, 6)).is_none() && postgres(version(15, 0)).is_some());
    let sqlite = |status| Dialect::SQLITE.status_query(status, Vendor::Sqlite, &version(3, 0));
    assert_eq!((sqlite(Role), sqlite(Replication)), (Some("PRAGMA database_list"), None));
}

#[test]
fn locks_are_asked_for_in_the_engine_s_unit() {
    let wait = Duration::from_millis(1_500);
    let call =
        |dialect: &Dialect| dialect.named_locks().unwrap().lock("map/migrate", wait).unwrap().parameters;
    let name = Value::Text("map/migrate".to_owned());
    assert_eq!(call(Dialect::MYSQL), [name.clone(), Value::I64(2)]);
    assert_eq!(call(Dialect::POSTGRES), std::slice::from_ref(&name));
    assert_eq!(call(Dialect::MSSQL), [name.clone(), Value::I64(1_500)]);
    assert_eq!(call(Dialect::ORACLE), [name.clone(), Value::I64(2)]);
    let mysql = Dialect::MYSQL.named_locks().unwrap();
    let forever = mysql.lock("a", Duration::MAX).unwrap();
    assert_eq!(forever.parameters[1], Value::I64(i64::from(i32::MAX)), "a negative wait would have no end");
    assert_eq!(mysql.lock(&"a".repeat(65), wait).unwrap_err().kind(), ErrorKind::Invalid);
    assert_eq!(mysql.try_lock("").unwrap_err().kind(), ErrorKind::Invalid);
    let release = Dialect::MSSQL.named_locks().unwrap().release("a").unwrap();
    assert_eq!((release.parameters.len(), release.success), (1, [0].as_slice()));
    assert_eq!(Dialect::POSTGRES.named_locks().unwrap().wait, LockWait::UntilCancelled);
    let error = Dialect::SQLITE.named_locks().unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Unsupported, "sqlite has no locks by name"));
}

#[test]
fn every_statement_of_a_dialect_is_one_statement_of_it() {
    for dialect in ALL {
        let mut statements = vec![dialect.ping];
        statements.extend(dialect.status.iter().map(|query| query.sql));
        if let Some(locks) = dialect.locks.filter(|_| !matches!(dialect.vendor, Vendor::Oracle)) {
            statements.extend([locks.lock, locks.try_lock, locks.release]);
        }
        for statement in statements {
            let parts = dialect.split(statement);
            assert_eq!((parts.len(), parts[0].sql), (1, statement), "{}", dialect.name);
        }
    }
    let locks = Dialect::ORACLE.locks.unwrap();
    assert_eq!(Dialect::ORACLE.split(locks.lock).len(), 1, "WITH FUNCTION is PL/SQL");
}

static THIRD: Dialect = {
    let mut dialect = Dialect::new("third", Vendor::Other);
    dialect.isolation = &[Isolation::Serializable];
    dialect.max_parameters = 10;
    dialect
};

#[test]
fn a_third_party_s_dialect_is_a_constant_of_theirs() {
    assert_eq!(begin(&THIRD, TxOptions::new().isolation(Isolation::Serializable)), ["BEGIN"]);
    assert_eq!(THIRD.quote_name("a\"b").unwrap(), "\"a\"\"b\"");
    let error = THIRD.error(Vendor::Other, Some(1), None, "no", None, &purlin_db::ErrorTable::new());
    assert_eq!(error.kind(), ErrorKind::Invalid);
}
