//! SQLite: <https://www.sqlite.org/rescode.html>. A code that has no row counts as its low byte, the primary code.

use crate::ErrorClass::*;
use crate::fault::{ErrorRow, ErrorTable, Vendor};

const SQLITE: &[Vendor] = &[Vendor::Sqlite];

pub(crate) static TABLE: ErrorTable = ErrorTable::fixed(ROWS, &[]).with_low_byte();

const ROWS: &[ErrorRow] = &[
    ErrorRow::new(SQLITE, Unique, &[1555, 2067, 2579]),
    ErrorRow::new(SQLITE, ForeignKey, &[787]),
    ErrorRow::new(SQLITE, NotNull, &[1299]),
    // 19 alone, and 1811: a trigger said no, or a foreign key with RESTRICT.
    ErrorRow::new(SQLITE, Check, &[19, 275]),
    // BUSY_SNAPSHOT: another has written since this transaction began to read; waiting does not help. LOCKED: the
    // other is in the same process.
    ErrorRow::new(SQLITE, Serialization, &[6, 517]),
    // ABORT_ROLLBACK: the transaction was rolled back under a statement.
    ErrorRow::new(SQLITE, Serialization, &[516]).undoing_transaction(),
    // PROTOCOL (15): the locks of a write-ahead log were not had in many tries.
    ErrorRow::new(SQLITE, LockTimeout, &[5, 15]),
    ErrorRow::new(SQLITE, Cancelled, &[9]),
    // There is no login; AUTH is the word of the program's own authorizer.
    ErrorRow::new(SQLITE, PermissionDenied, &[3, 23]),
    ErrorRow::new(SQLITE, NoSuchDatabase, &[14]),
    ErrorRow::new(SQLITE, NotWritable, &[8]),
    // The file's disk or its mount does not answer: nothing of the session can be relied on.
    ErrorRow::new(SQLITE, ConnectionLost, &[10]),
    ErrorRow::new(SQLITE, Syntax, &[1, 25]),
    ErrorRow::new(SQLITE, Data, &[18, 20, 3091]),
    ErrorRow::new(SQLITE, Resources, &[7, 13]),
];
