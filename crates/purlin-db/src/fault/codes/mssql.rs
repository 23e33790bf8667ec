//! SQL Server, which has numbers and no SQLSTATE:
//! <https://learn.microsoft.com/sql/relational-databases/errors-events/database-engine-events-and-errors>.

use crate::ErrorClass::*;
use crate::fault::{ErrorRow, ErrorTable, Vendor};

const MSSQL: &[Vendor] = &[Vendor::SqlServer];

pub(crate) static TABLE: ErrorTable = ErrorTable::fixed(ROWS, &[]);

const ROWS: &[ErrorRow] = &[
    ErrorRow::new(MSSQL, Unique, &[2601, 2627]),
    // 547 is also the number of a CHECK; only the text tells them apart.
    ErrorRow::new(MSSQL, ForeignKey, &[547]),
    ErrorRow::new(MSSQL, NotNull, &[515]),
    ErrorRow::new(MSSQL, Check, &[550]),
    // Deadlock, snapshot update conflict, and the four validations of memory-optimized tables.
    ErrorRow::new(MSSQL, Serialization, &[1205, 3960, 41301, 41302, 41305, 41325]).undoing_transaction(),
    ErrorRow::new(MSSQL, LockTimeout, &[1222]),
    ErrorRow::new(MSSQL, LoginDenied, &[18450, 18452, 18456, 18470, 18486, 18487, 18488]),
    ErrorRow::new(MSSQL, PermissionDenied, &[229, 230, 262, 297, 300, 916]),
    ErrorRow::new(MSSQL, NoSuchDatabase, &[911, 4060, 4064]),
    ErrorRow::new(MSSQL, TooManyConnections, &[10928, 10929, 17809]),
    ErrorRow::new(MSSQL, Starting, &[921, 922, 927, 983, 6005, 17142, 18401, 40197, 40501, 40613]),
    ErrorRow::new(MSSQL, NotWritable, &[976, 978, 3906]),
    ErrorRow::new(MSSQL, ConnectionLost, &[596, 10053, 10054]),
    ErrorRow::new(MSSQL, Syntax, &[102, 105, 137, 156, 170, 201, 207, 208, 2714, 2812, 4104, 8144]),
    ErrorRow::new(MSSQL, Data, &[220, 241, 242, 245, 248, 2628, 8114, 8115, 8134, 8152]),
    ErrorRow::new(MSSQL, Resources, &[701, 802, 1101, 1105, 1204, 8645, 9002]),
];
