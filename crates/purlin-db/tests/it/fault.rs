//! What error codes mean. Each line names where its code comes from.

use purlin_core::{ErrorKind, Outcome, RetryHint};
use purlin_db::{DbDetail, Dialect, ErrorClass, ErrorTable, Vendor};

/// Vendor, code, SQLSTATE, class, source.
type Line = (Vendor, Option<i64>, Option<&'static str>, ErrorClass, &'static str);

fn dialect(vendor: Vendor) -> &'static Dialect {
    match vendor {
        Vendor::MySql | Vendor::MariaDb => Dialect::MYSQL,
        Vendor::Postgres => Dialect::POSTGRES,
        Vendor::Sqlite => Dialect::SQLITE,
        Vendor::SqlServer => Dialect::MSSQL,
        _ => Dialect::ORACLE,
    }
}

fn check(lines: &[Line]) {
    for &(vendor, code, sqlstate, class, source) in lines {
        let found = dialect(vendor).classify(vendor, code, sqlstate);
        assert_eq!(found, class, "{vendor:?} {code:?} {sqlstate:?}: {source}");
    }
}

#[test]
fn codes_of_mysql_and_mariadb() {
    use ErrorClass::*;
    let my = |code, state, class, source| (Vendor::MySql, Some(code), Some(state), class, source);
    let maria = |code, state, class, source| (Vendor::MariaDb, Some(code), Some(state), class, source);
    check(&[
        my(1062, "23000", Unique, "ER_DUP_ENTRY"),
        my(1451, "23000", ForeignKey, "ER_ROW_IS_REFERENCED_2"),
        my(1452, "23000", ForeignKey, "ER_NO_REFERENCED_ROW_2"),
        my(1048, "23000", NotNull, "ER_BAD_NULL_ERROR"),
        my(1364, "HY000", NotNull, "ER_NO_DEFAULT_FOR_FIELD"),
        my(3819, "HY000", Check, "ER_CHECK_CONSTRAINT_VIOLATED"),
        maria(4025, "23000", Check, "ER_CONSTRAINT_FAILED"),
        my(1213, "40001", Serialization, "ER_LOCK_DEADLOCK"),
        maria(1020, "HY000", Serialization, "ER_CHECKREAD under innodb_snapshot_isolation"),
        my(1020, "HY000", Other, "ER_CHECKREAD of MySQL's engines"),
        maria(3058, "HY000", Serialization, "ER_USER_LOCK_DEADLOCK"),
        maria(4150, "HY000", LoginDenied, "ER_USER_IS_BLOCKED"),
        my(1205, "HY000", LockTimeout, "ER_LOCK_WAIT_TIMEOUT"),
        my(3572, "HY000", LockTimeout, "ER_LOCK_NOWAIT"),
        my(1317, "70100", Cancelled, "ER_QUERY_INTERRUPTED"),
        my(3024, "HY000", Cancelled, "ER_QUERY_TIMEOUT"),
        maria(1969, "70100", Cancelled, "ER_STATEMENT_TIMEOUT"),
        my(1045, "28000", LoginDenied, "ER_ACCESS_DENIED_ERROR"),
        maria(1698, "28000", LoginDenied, "ER_ACCESS_DENIED_NO_PASSWORD_ERROR"),
        maria(4151, "HY000", LoginDenied, "ER_ACCOUNT_HAS_BEEN_LOCKED"),
        my(1044, "42000", PermissionDenied, "ER_DBACCESS_DENIED_ERROR"),
        my(1142, "42000", PermissionDenied, "ER_TABLEACCESS_DENIED_ERROR"),
        my(1049, "42000", NoSuchDatabase, "ER_BAD_DB_ERROR"),
        my(1040, "08004", TooManyConnections, "ER_CON_COUNT_ERROR"),
        my(1203, "42000", TooManyConnections, "ER_TOO_MANY_USER_CONNECTIONS"),
        my(1226, "42000", TooManyConnections, "ER_USER_LIMIT_REACHED"),
        my(1053, "08S01", Starting, "ER_SERVER_SHUTDOWN"),
        maria(1047, "08S01", Starting, "Galera, seen on a node outside the primary component"),
        maria(1927, "70100", ConnectionLost, "ER_CONNECTION_KILLED"),
        my(1290, "HY000", NotWritable, "ER_OPTION_PREVENTS_STATEMENT"),
        my(1792, "25006", NotWritable, "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION"),
        my(1836, "HY000", NotWritable, "ER_READ_ONLY_MODE"),
        my(2013, "HY000", ConnectionLost, "CR_SERVER_LOST"),
        my(4031, "HY000", ConnectionLost, "ER_CLIENT_INTERACTION_TIMEOUT"),
        my(1064, "42000", Syntax, "ER_PARSE_ERROR"),
        my(1146, "42S02", Syntax, "ER_NO_SUCH_TABLE"),
        my(1406, "22001", Data, "ER_DATA_TOO_LONG"),
        my(1114, "HY000", Resources, "ER_RECORD_FILE_FULL"),
        my(999_999, "22003", Data, "no row: the class of its SQLSTATE"),
        my(999_999, "23000", Other, "no row: 23000 is unique, foreign and null alike"),
    ]);
}

#[test]
fn states_of_postgres() {
    use ErrorClass::*;
    let of = |state, class, source| (Vendor::Postgres, None, Some(state), class, source);
    check(&[
        of("23505", Unique, "unique_violation"),
        of("23P01", Unique, "exclusion_violation"),
        of("23503", ForeignKey, "foreign_key_violation"),
        of("23001", ForeignKey, "restrict_violation"),
        of("23502", NotNull, "not_null_violation"),
        of("23514", Check, "check_violation"),
        of("40001", Serialization, "serialization_failure"),
        of("40P01", Serialization, "deadlock_detected"),
        of("55P03", LockTimeout, "lock_not_available"),
        of("57014", Cancelled, "query_canceled"),
        of("28P01", LoginDenied, "invalid_password"),
        of("28000", LoginDenied, "invalid_authorization_specification"),
        of("42501", PermissionDenied, "insufficient_privilege"),
        of("3D000", NoSuchDatabase, "invalid_catalog_name"),
        of("53300", TooManyConnections, "too_many_connections"),
        of("53100", Resources, "disk_full: class 53"),
        of("57P01", Starting, "admin_shutdown"),
        of("57P03", Starting, "cannot_connect_now"),
        of("25006", NotWritable, "read_only_sql_transaction"),
        of("08006", ConnectionLost, "connection_failure: class 08"),
        of("57P05", ConnectionLost, "idle_session_timeout"),
        of("42P01", Syntax, "undefined_table: class 42"),
        of("22012", Data, "division_by_zero: class 22"),
        of("XX000", Other, "internal_error"),
    ]);
}

#[test]
fn codes_of_sqlite() {
    use ErrorClass::*;
    let of = |code, class, source| (Vendor::Sqlite, Some(code), None, class, source);
    check(&[
        of(2067, Unique, "SQLITE_CONSTRAINT_UNIQUE"),
        of(1555, Unique, "SQLITE_CONSTRAINT_PRIMARYKEY"),
        of(787, ForeignKey, "SQLITE_CONSTRAINT_FOREIGNKEY"),
        of(1299, NotNull, "SQLITE_CONSTRAINT_NOTNULL"),
        of(275, Check, "SQLITE_CONSTRAINT_CHECK"),
        of(5, LockTimeout, "SQLITE_BUSY"),
        of(517, Serialization, "SQLITE_BUSY_SNAPSHOT"),
        of(262, Serialization, "SQLITE_LOCKED_SHAREDCACHE"),
        of(9, Cancelled, "SQLITE_INTERRUPT"),
        of(14, NoSuchDatabase, "SQLITE_CANTOPEN"),
        of(8, NotWritable, "SQLITE_READONLY"),
        of(13, Resources, "SQLITE_FULL"),
        of(1, Syntax, "SQLITE_ERROR"),
        of(23, PermissionDenied, "SQLITE_AUTH"),
    ]);
}

#[test]
fn codes_of_sql_server() {
    use ErrorClass::*;
    let of = |code, class, source| (Vendor::SqlServer, Some(code), None, class, source);
    check(&[
        of(2627, Unique, "violation of a key, recorded from Babelfish"),
        of(2601, Unique, "duplicate in a unique index"),
        of(547, ForeignKey, "conflicted with a constraint"),
        of(515, NotNull, "cannot insert NULL"),
        of(1205, Serialization, "deadlock victim, recorded from Babelfish"),
        of(3960, Serialization, "snapshot update conflict"),
        of(1222, LockTimeout, "lock request time out"),
        of(18456, LoginDenied, "login failed, recorded from Babelfish"),
        of(911, NoSuchDatabase, "database does not exist, recorded from Babelfish"),
        of(4060, NoSuchDatabase, "cannot open database"),
        of(10928, TooManyConnections, "Azure: resource limit"),
        of(40613, Starting, "Azure: database not available"),
        of(3906, NotWritable, "database is read-only"),
        of(208, Syntax, "invalid object name"),
        of(8134, Data, "divide by zero, recorded from Babelfish"),
        of(9002, Resources, "transaction log is full"),
        of(33557097, Other, "Babelfish's number for what it has none for"),
        of(50001, Other, "THROW of the user's own"),
    ]);
}

#[test]
fn codes_of_oracle() {
    use ErrorClass::*;
    let of = |code, class, source| (Vendor::Oracle, Some(code), None, class, source);
    check(&[
        of(1, Unique, "ORA-00001"),
        of(2291, ForeignKey, "ORA-02291 parent key not found"),
        of(1400, NotNull, "ORA-01400"),
        of(2290, Check, "ORA-02290"),
        of(60, Serialization, "ORA-00060 deadlock"),
        of(8177, Serialization, "ORA-08177 can't serialize"),
        of(54, LockTimeout, "ORA-00054 NOWAIT or timeout expired"),
        of(30006, LockTimeout, "ORA-30006 WAIT timeout expired"),
        of(1013, Cancelled, "ORA-01013 user requested cancel"),
        of(1017, LoginDenied, "ORA-01017, recorded from the driver"),
        of(28000, LoginDenied, "ORA-28000 account locked"),
        of(1031, PermissionDenied, "ORA-01031"),
        of(12514, NoSuchDatabase, "ORA-12514 service unknown to the listener"),
        of(12516, TooManyConnections, "ORA-12516 no handler"),
        of(1033, Starting, "ORA-01033 startup or shutdown in progress"),
        of(16000, NotWritable, "ORA-16000 open for read-only access"),
        of(3113, ConnectionLost, "ORA-03113 end-of-file on communication channel"),
        of(28, ConnectionLost, "ORA-00028 your session has been killed"),
        of(900, Syntax, "ORA-00900, first of the parser's"),
        of(942, Syntax, "ORA-00942, last of the parser's"),
        of(899, Other, "before them"),
        of(1476, Data, "ORA-01476 divisor is zero"),
        of(1847, Data, "ORA-01847, of the dates"),
        of(1653, Resources, "ORA-01653 unable to extend"),
        of(20001, Other, "the user's own"),
    ]);
}

#[test]
fn a_number_is_nothing_without_its_vendor() {
    let class = |vendor, code| dialect(vendor).classify(vendor, Some(code), None);
    assert_eq!(class(Vendor::MySql, 1205), ErrorClass::LockTimeout);
    assert_eq!(class(Vendor::SqlServer, 1205), ErrorClass::Serialization);
    assert_eq!(Dialect::MYSQL.classify(Vendor::SqlServer, Some(1205), None), ErrorClass::Other);
    // 4025 of MySQL is InnoDB's, and comes with another state; a CHECK of MariaDB is known by its state even where the
    // server was taken for a MySQL.
    let class = |vendor, state| Dialect::MYSQL.classify(vendor, Some(4025), Some(state));
    assert_eq!(class(Vendor::MySql, "HY000"), ErrorClass::Other);
    assert_eq!(class(Vendor::MySql, "23000"), ErrorClass::Check);
    assert_eq!(class(Vendor::MariaDb, "23000"), ErrorClass::Check);
    // What is a lock timeout in one engine's numbers is a lost session in another's.
    assert_eq!(class_of(Vendor::Sqlite, 28), ErrorClass::Other);
    assert_eq!(class_of(Vendor::Oracle, 28), ErrorClass::ConnectionLost);
}

fn class_of(vendor: Vendor, code: i64) -> ErrorClass {
    dialect(vendor).classify(vendor, Some(code), None)
}

#[test]
fn rows_of_the_user_count_first() {
    let user = ErrorTable::new()
        .code(Vendor::MySql, 1644, ErrorClass::Check)
        .code(Vendor::MySql, 1205, ErrorClass::Serialization)
        .state("HY", ErrorClass::Data)
        .state("45000", ErrorClass::Unique);
    let class = |code, state| {
        let error = Dialect::MYSQL.error(Vendor::MySql, Some(code), Some(state), "", None, &user);
        DbDetail::class_of(&error).unwrap()
    };
    assert_eq!(class(1644, "45000"), ErrorClass::Check, "the number before the state");
    assert_eq!(class(1, "45000"), ErrorClass::Unique);
    assert_eq!(class(1205, "HY000"), ErrorClass::Serialization);
    assert_eq!(
        class(3024, "HY000"),
        ErrorClass::Data,
        "a state of the user's before a number of the vendor's"
    );
    assert_eq!(class(1062, "23000"), ErrorClass::Unique);
    let later = user.code(Vendor::MySql, 1644, ErrorClass::Other);
    assert_eq!(later.class(Vendor::MySql, Some(1644), None), Some(ErrorClass::Other));
}

#[test]
fn an_error_says_what_a_caller_may_do() {
    let none = ErrorTable::new();
    let told =
        |vendor, code, state| dialect(vendor).error(vendor, code, state, "the server's words", None, &none);
    let cases = [
        // Undone as a whole, and worth another try.
        (Vendor::MySql, Some(1213), Some("40001"), ErrorKind::Conflict, RetryHint::Safe, true),
        (Vendor::SqlServer, Some(1205), None, ErrorKind::Conflict, RetryHint::Safe, true),
        (Vendor::Postgres, None, Some("40001"), ErrorKind::Conflict, RetryHint::Safe, false),
        (Vendor::Postgres, None, Some("55P03"), ErrorKind::Conflict, RetryHint::Safe, false),
        // The statement alone was undone.
        (Vendor::MySql, Some(1205), Some("HY000"), ErrorKind::Conflict, RetryHint::IfIdempotent, false),
        (Vendor::Oracle, Some(60), None, ErrorKind::Conflict, RetryHint::IfIdempotent, false),
        (Vendor::Sqlite, Some(5), None, ErrorKind::Conflict, RetryHint::IfIdempotent, false),
        (Vendor::MySql, Some(1290), None, ErrorKind::Denied, RetryHint::IfIdempotent, false),
        // In doubt, though the server spoke.
        (Vendor::Postgres, None, Some("57P01"), ErrorKind::Unavailable, RetryHint::IfIdempotent, false),
        (Vendor::MySql, Some(2013), None, ErrorKind::Unavailable, RetryHint::IfIdempotent, false),
        // Of no use.
        (Vendor::MySql, Some(1062), Some("23000"), ErrorKind::Conflict, RetryHint::Never, false),
        (Vendor::Postgres, None, Some("53100"), ErrorKind::Unavailable, RetryHint::Never, false),
        (Vendor::Postgres, None, Some("42601"), ErrorKind::Invalid, RetryHint::Never, false),
        (Vendor::MySql, Some(1045), Some("28000"), ErrorKind::Unauthenticated, RetryHint::Never, false),
    ];
    for (vendor, code, state, kind, retry, undid) in cases {
        let error = told(vendor, code, state);
        let about = format!("{vendor:?} {code:?} {state:?}");
        assert_eq!((error.kind(), error.retry(), error.outcome()), (kind, retry, Outcome::Sent), "{about}");
        let detail = error.detail::<DbDetail>().unwrap();
        assert_eq!((detail.code, detail.sqlstate.as_deref()), (code, state), "{about}");
        assert_eq!((detail.vendor, detail.undid_transaction), (vendor, undid), "{about}");
        assert_eq!(error.message(), "the server's words");
    }
    // A login that was refused for lack of room has done nothing: whoever connects says so.
    let full = told(Vendor::MySql, Some(1040), Some("08004")).with_outcome(Outcome::NotSent);
    assert_eq!(full.retry(), RetryHint::Safe);
    // Never safe in doubt, whatever the table says.
    let lost = told(Vendor::MySql, Some(1213), Some("40001")).with_outcome(Outcome::Maybe);
    assert_eq!(lost.retry(), RetryHint::IfIdempotent);
}

#[test]
fn whether_it_helps_and_whether_it_harms_are_two_questions() {
    let detail = |class| DbDetail::new(class, Vendor::Postgres);
    let both = |class| (detail(class).is_transient(), detail(class).is_retry_safe(Outcome::Sent));
    assert_eq!(both(ErrorClass::Serialization), (true, true));
    assert_eq!(both(ErrorClass::Unique), (false, true));
    assert_eq!(both(ErrorClass::ConnectionLost), (true, false));
    assert_eq!(both(ErrorClass::Cancelled), (false, false));
    assert!(detail(ErrorClass::ConnectionLost).is_retry_safe(Outcome::NotSent));
    assert!(!detail(ErrorClass::Serialization).is_retry_safe(Outcome::Maybe));
}

#[test]
fn the_message_decides_nothing() {
    let error = Dialect::POSTGRES.error(
        Vendor::Postgres,
        None,
        Some("23505"),
        "deadlock detected: Duplicate entry; connection lost",
        Some("host_name_key"),
        ErrorTable::none(),
    );
    let detail = error.detail::<DbDetail>().unwrap();
    assert_eq!((detail.class, detail.constraint.as_deref()), (ErrorClass::Unique, Some("host_name_key")));
    let silent =
        Dialect::POSTGRES.error(Vendor::Postgres, None, None, "deadlock detected", None, ErrorTable::none());
    assert_eq!(DbDetail::class_of(&silent), Some(ErrorClass::Other));
}
