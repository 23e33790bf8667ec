//! Oracle Database: <https://docs.oracle.com/en/error-help/db/>. Numbers as in `ORA-00001`, without a sign.

use crate::ErrorClass::*;
use crate::fault::{ErrorRow, ErrorTable, Vendor};

const ORACLE: &[Vendor] = &[Vendor::Oracle];

pub(crate) static TABLE: ErrorTable = ErrorTable::fixed(ROWS, &[]);

/// No row here undoes a transaction: ORA-00060 and ORA-08177 undo their statement, and the rest waits for the
/// caller's rollback.
const ROWS: &[ErrorRow] = &[
    ErrorRow::new(ORACLE, Unique, &[1]),
    ErrorRow::new(ORACLE, ForeignKey, &[2291, 2292]),
    ErrorRow::new(ORACLE, NotNull, &[1400, 1407]),
    ErrorRow::new(ORACLE, Check, &[1402, 2290]),
    ErrorRow::new(ORACLE, Serialization, &[60, 8177]),
    ErrorRow::new(ORACLE, LockTimeout, &[54, 2049, 4021, 30006]),
    ErrorRow::new(ORACLE, Cancelled, &[40, 1013, 3156]),
    ErrorRow::new(ORACLE, LoginDenied, &[1005, 1017, 1045, 28000, 28001]),
    ErrorRow::new(ORACLE, PermissionDenied, &[1031, 41900]),
    ErrorRow::new(ORACLE, NoSuchDatabase, &[12505, 12514]),
    ErrorRow::new(ORACLE, TooManyConnections, &[18, 20, 2391, 12516, 12519, 12520]),
    ErrorRow::new(ORACLE, Starting, &[1033, 1034, 1089, 1090, 1092, 1109, 1219, 12526, 12527, 12528]),
    ErrorRow::new(ORACLE, NotWritable, &[1456, 16000]),
    ErrorRow::new(ORACLE, ConnectionLost, &[28, 31, 1012, 2396, 2399, 3113, 3114, 3135, 12537, 12547, 12571]),
    ErrorRow::new(ORACLE, Syntax, &GRAMMAR),
    ErrorRow::new(ORACLE, Syntax, &[955, 972, 1008, 1036, 1745, 1756, 2289, 4043, 6550]),
    ErrorRow::new(ORACLE, Data, &[1401, 1426, 1438, 1476, 1722, 6502, 12899]),
    ErrorRow::new(ORACLE, Data, &DATES),
    ErrorRow::new(ORACLE, Resources, &[257, 1536, 1652, 1653, 1654, 1655, 1691, 1692, 4030, 4031, 30036]),
];

/// ORA-00900 to ORA-00942: the parser's.
const GRAMMAR: [i64; 43] = from(900);
/// ORA-01839 to ORA-01866: dates and intervals that are none.
const DATES: [i64; 28] = from(1839);

const fn from<const N: usize>(first: i64) -> [i64; N] {
    let mut codes = [first; N];
    let mut at = 1;
    while at < N {
        codes[at] = codes[at - 1] + 1;
        at += 1;
    }
    codes
}
