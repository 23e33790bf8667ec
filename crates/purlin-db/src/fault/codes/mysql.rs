//! MySQL and MariaDB: <https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html>,
//! <https://mariadb.com/docs/server/reference/error-codes>; numbers from 2000 to 2999 are the client library's.

use crate::ErrorClass::{self, *};
use crate::fault::{ErrorRow, ErrorTable, Vendor};

const BOTH: &[Vendor] = &[Vendor::MySql, Vendor::MariaDb];
const MYSQL: &[Vendor] = &[Vendor::MySql];
const MARIADB: &[Vendor] = &[Vendor::MariaDb];

pub(crate) static TABLE: ErrorTable = ErrorTable::fixed(ROWS, STATES);

const ROWS: &[ErrorRow] = &[
    ErrorRow::new(BOTH, Unique, &[1022, 1062, 1169, 1557, 1586, 1761, 1762, 1859]),
    ErrorRow::new(BOTH, ForeignKey, &[1215, 1216, 1217, 1451, 1452, 1701]),
    ErrorRow::new(BOTH, NotNull, &[1048, 1263, 1364]),
    ErrorRow::new(BOTH, Check, &[1369]),
    ErrorRow::new(MYSQL, Check, &[3819]),
    // 4025 is a CHECK of MariaDB and another thing in MySQL; a proxy or an old driver can take one for the other.
    ErrorRow::new(BOTH, Check, &[4025]).with_sqlstate("23000"),
    // InnoDB rolls the whole transaction back at a deadlock; 1614 says that it did so within XA.
    ErrorRow::new(BOTH, Serialization, &[1213, 1614]).undoing_transaction(),
    // The deadlock of GET_LOCK leaves the transaction as it is.
    ErrorRow::new(BOTH, Serialization, &[3058]),
    // "Record has changed since last read": innodb_snapshot_isolation, on by default since 11.6.2.
    ErrorRow::new(MARIADB, Serialization, &[1020]),
    // A lock timeout undoes the statement alone, unless innodb_rollback_on_timeout.
    ErrorRow::new(BOTH, LockTimeout, &[1205, 1689]),
    ErrorRow::new(MYSQL, LockTimeout, &[3572]),
    ErrorRow::new(BOTH, Cancelled, &[1028, 1317]),
    ErrorRow::new(MYSQL, Cancelled, &[3024]),
    ErrorRow::new(MARIADB, Cancelled, &[1969]),
    ErrorRow::new(BOTH, LoginDenied, &[1045, 1129, 1130, 1251, 1524, 1698, 1820, 1862]),
    ErrorRow::new(MYSQL, LoginDenied, &[3118, 3955]),
    ErrorRow::new(MARIADB, LoginDenied, &[4150, 4151]),
    ErrorRow::new(BOTH, PermissionDenied, &[1044, 1095, 1142, 1143, 1227, 1370, 1410, 1419]),
    ErrorRow::new(BOTH, NoSuchDatabase, &[1049]),
    ErrorRow::new(BOTH, TooManyConnections, &[1040, 1203, 1226]),
    // 1047 is what a Galera node answers that does not belong to the primary component or is not yet ready.
    ErrorRow::new(BOTH, Starting, &[1047, 1053, 1079, 1080]),
    ErrorRow::new(MYSQL, Starting, &[3168]),
    // 1290 also names other options of the server, such as secure_file_priv; the number does not tell them apart.
    ErrorRow::new(BOTH, NotWritable, &[1290, 1792, 1836, 1874]),
    ErrorRow::new(BOTH, ConnectionLost, &[1152, 1158, 1159, 1160, 1161, 1184, 2006, 2013, 2014, 2055]),
    ErrorRow::new(MYSQL, ConnectionLost, &[3169, 4031]),
    ErrorRow::new(MARIADB, ConnectionLost, &[1927]),
    ErrorRow::new(BOTH, Syntax, &[1046, 1050, 1051, 1054, 1060, 1061, 1064, 1091, 1136, 1146, 1210, 1305]),
    ErrorRow::new(BOTH, Data, &[1153, 1264, 1265, 1292, 1365, 1366, 1367, 1406, 1411, 1690]),
    ErrorRow::new(MYSQL, Data, &[3140]),
    ErrorRow::new(BOTH, Resources, &[1021, 1037, 1038, 1041, 1114, 1135, 1206]),
];

/// 23000 stands for unique, foreign and null alike, so it has no row.
const STATES: &[(&str, ErrorClass)] = &[
    ("08", ConnectionLost),
    ("22", Data),
    ("25006", NotWritable),
    ("28", LoginDenied),
    ("40001", Serialization),
    ("42", Syntax),
    ("44", Check),
    ("70100", Cancelled),
];
