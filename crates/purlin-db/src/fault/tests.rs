//! The vendors' tables.

use super::codes::{mssql, mysql, oracle, postgres, sqlite};
use super::{ErrorClass, ErrorTable, Vendor};
use crate::Dialect;
use std::collections::BTreeSet;

#[test]
fn no_code_stands_in_two_rows() {
    for table in [&mysql::TABLE, &mssql::TABLE, &oracle::TABLE, &sqlite::TABLE, &postgres::TABLE] {
        let (rows, states) = table.rows();
        let mut seen = BTreeSet::new();
        for row in rows {
            for vendor in row.vendors {
                for code in row.codes {
                    assert!(seen.insert((format!("{vendor:?}"), *code)), "{vendor:?} {code} twice");
                }
            }
        }
        let mut seen = BTreeSet::new();
        for (state, _) in states {
            assert!(seen.insert(state), "{state} twice");
            assert!(state.len() == 5 || state.len() == 2, "{state}");
            assert!(state.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()), "{state}");
        }
    }
}

#[test]
fn each_table_speaks_of_its_own_vendor_alone() {
    let mine = |dialect: &Dialect| match dialect.vendor {
        Vendor::MySql => vec![Vendor::MySql, Vendor::MariaDb],
        vendor => vec![vendor],
    };
    for dialect in [Dialect::MYSQL, Dialect::POSTGRES, Dialect::SQLITE, Dialect::MSSQL, Dialect::ORACLE] {
        let (rows, _) = dialect.errors.rows();
        assert!(rows.iter().all(|row| row.vendors.iter().all(|vendor| mine(dialect).contains(vendor))));
        assert!(rows.iter().all(|row| row.class != ErrorClass::Other), "a row that says nothing");
    }
}

#[test]
fn an_extended_code_counts_as_its_low_byte_in_sqlite_alone() {
    let class = |dialect: &Dialect, vendor, code| dialect.classify(vendor, Some(code), None);
    // SQLITE_IOERR_FSYNC, SQLITE_READONLY_DBMOVED, SQLITE_BUSY_RECOVERY, SQLITE_CONSTRAINT_TRIGGER.
    assert_eq!(class(Dialect::SQLITE, Vendor::Sqlite, 1034), ErrorClass::ConnectionLost);
    assert_eq!(class(Dialect::SQLITE, Vendor::Sqlite, 1032), ErrorClass::NotWritable);
    assert_eq!(class(Dialect::SQLITE, Vendor::Sqlite, 261), ErrorClass::LockTimeout);
    assert_eq!(class(Dialect::SQLITE, Vendor::Sqlite, 1811), ErrorClass::Check);
    assert_eq!(class(Dialect::ORACLE, Vendor::Oracle, 257 + 1024), ErrorClass::Other);
    assert_eq!(ErrorTable::none().class(Vendor::Other, Some(1), Some("40001")), None);
}
