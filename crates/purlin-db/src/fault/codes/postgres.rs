//! PostgreSQL, which has no numbers: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.

use crate::ErrorClass::{self, *};
use crate::fault::ErrorTable;

pub(crate) static TABLE: ErrorTable = ErrorTable::fixed(&[], STATES);

const STATES: &[(&str, ErrorClass)] = &[
    ("08", ConnectionLost),
    // Also a wrong number of parameters, after which the session goes on.
    ("08P01", Other),
    ("22", Data),
    ("23001", ForeignKey),
    ("23502", NotNull),
    ("23503", ForeignKey),
    ("23505", Unique),
    ("23514", Check),
    // An exclusion constraint is uniqueness by another operator.
    ("23P01", Unique),
    ("25006", NotWritable),
    // The server ends the session at its limits for idle ones and, since 17, for whole transactions.
    ("25P03", ConnectionLost),
    ("25P04", ConnectionLost),
    // A prepared statement or a cursor that is not there.
    ("26", Syntax),
    ("28", LoginDenied),
    ("34", Syntax),
    ("3D000", NoSuchDatabase),
    ("3F000", Syntax),
    ("40", Serialization),
    ("40002", Check),
    // Whether the statement was completed is not known.
    ("40003", ConnectionLost),
    ("42", Syntax),
    ("42501", PermissionDenied),
    ("44", Check),
    ("53", Resources),
    ("53300", TooManyConnections),
    ("55P03", LockTimeout),
    ("57014", Cancelled),
    ("57P01", Starting),
    ("57P02", Starting),
    ("57P03", Starting),
    ("57P04", NoSuchDatabase),
    ("57P05", ConnectionLost),
];
