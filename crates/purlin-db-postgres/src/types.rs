//! The server's types, as far as they are told apart here.

use sqlx::postgres::{PgColumn, PgTypeInfo, PgTypeKind};
use sqlx::{Column as _, TypeInfo as _};
use std::sync::Arc;

/// What a column's bytes are. Numbers of types (OIDs) are those of `pg_type.dat`, which never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Int2,
    Int4,
    Int8,
    /// Unsigned, of 32 bits: OIDs, and numbers of transactions and commands.
    Uint4,
    /// Unsigned, of 64 bits: `xid8`.
    Uint8,
    Float4,
    Float8,
    Numeric,
    Text,
    Bytea,
    Date,
    Time,
    TimeTz,
    Timestamp,
    TimestampTz,
    Interval,
    Uuid,
    Json,
    Jsonb,
    Inet,
    Macaddr,
    Bit,
    Array,
    /// Of a type that users have made: the number of one whose values look the same.
    ArrayOf(u32),
    Range,
    /// Its binary form is text, and it has no variant of its own: enumerations, XML.
    Label,
    Void,
    /// Known by its text only.
    Other,
}

/// The number of the type of text.
pub(crate) const TEXT: u32 = 25;
/// The number of a type that is a label.
const XML: u32 = 142;

impl Kind {
    pub(crate) fn of_oid(oid: u32) -> Self {
        match oid {
            16 => Self::Bool,
            17 => Self::Bytea,
            18 | 19 | 25 | 705 | 1042 | 1043 => Self::Text,
            20 => Self::Int8,
            21 => Self::Int2,
            23 => Self::Int4,
            26 | 28 | 29 => Self::Uint4,
            114 => Self::Json,
            XML => Self::Label,
            650 | 869 => Self::Inet,
            700 => Self::Float4,
            701 => Self::Float8,
            774 | 829 => Self::Macaddr,
            1082 => Self::Date,
            1083 => Self::Time,
            1114 => Self::Timestamp,
            1184 => Self::TimestampTz,
            1186 => Self::Interval,
            1266 => Self::TimeTz,
            1560 | 1562 => Self::Bit,
            1700 => Self::Numeric,
            2278 => Self::Void,
            2950 => Self::Uuid,
            3802 => Self::Jsonb,
            3904 | 3906 | 3908 | 3910 | 3912 | 3926 => Self::Range,
            5069 => Self::Uint8,
            oid if is_builtin_array(oid) => Self::Array,
            _ => Self::Other,
        }
    }

    pub(crate) fn of(info: &PgTypeInfo) -> Self {
        let oid = oid_of(info);
        match Self::of_oid(oid) {
            // Asking for the kind of a type that sqlx did not look up is a panic.
            Self::Other if is_known(info) => match info.kind() {
                PgTypeKind::Enum(_) => Self::Label,
                PgTypeKind::Array(element) => Self::ArrayOf(look(element)),
                PgTypeKind::Domain(base) => Self::of(base),
                _ if unqualified(info.name()).eq_ignore_ascii_case("citext") => Self::Text,
                _ => Self::Other,
            },
            kind => kind,
        }
    }
}

/// The number of a type whose values look like those of that one.
fn look(info: &PgTypeInfo) -> u32 {
    let oid = oid_of(info);
    if Kind::of_oid(oid) != Kind::Other || !is_known(info) {
        return oid;
    }
    match info.kind() {
        PgTypeKind::Domain(base) => look(base),
        _ => match Kind::of(info) {
            Kind::Label => XML,
            Kind::Text => TEXT,
            _ => oid,
        },
    }
}

/// The name of a type in lower case; `oid` and its number where nobody has looked it up.
pub(crate) fn name_of(info: &PgTypeInfo) -> String {
    if is_known(info) { info.name().to_lowercase() } else { builtin_name(oid_of(info)) }
}

/// Types that sqlx has no name for, in the simple protocol.
fn builtin_name(oid: u32) -> String {
    let name = match oid {
        22 => "int2vector",
        24 => "regproc",
        28 => "xid",
        29 => "cid",
        30 => "oidvector",
        XML => "xml",
        194 => "pg_node_tree",
        2205 => "regclass",
        2206 => "regtype",
        2950 => "uuid",
        3220 => "pg_lsn",
        3614 => "tsvector",
        3615 => "tsquery",
        4451 => "int4multirange",
        4532 => "nummultirange",
        4533 => "tsmultirange",
        4534 => "tstzmultirange",
        4535 => "datemultirange",
        4536 => "int8multirange",
        5069 => "xid8",
        oid => return format!("oid {oid}"),
    };
    name.to_owned()
}

pub(crate) fn oid_of(info: &PgTypeInfo) -> u32 {
    info.oid().map_or(0, |oid| oid.0)
}

fn is_known(info: &PgTypeInfo) -> bool {
    info.name() != "?"
}

fn unqualified(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, name)| name)
}

/// The arrays of the types above, as `pg_type.dat` numbers them.
fn is_builtin_array(oid: u32) -> bool {
    matches!(
        oid,
        143 | 199
            | 651
            | 775
            | 1000
            | 1001
            | 1002
            | 1003
            | 1005
            | 1007
            | 1009
            | 1011
            | 1012
            | 1014
            | 1015
            | 1016
            | 1021
            | 1022
            | 1028
            | 1040
            | 1041
            | 1115
            | 1182
            | 1183
            | 1185
            | 1187
            | 1231
            | 1270
            | 1561
            | 1563
            | 2951
            | 3807
            | 3905
            | 3907
            | 3909
            | 3911
            | 3913
            | 3927
    )
}

/// Types whose binary form says less than the server's own text.
pub(crate) fn wants_text(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Array
            | Kind::ArrayOf(_)
            | Kind::Range
            | Kind::Interval
            | Kind::Inet
            | Kind::TimeTz
            | Kind::Other
    )
}

/// What a statement's columns are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape {
    pub(crate) columns: purlin_db::Columns,
    pub(crate) kinds: Arc<[Kind]>,
    oids: Arc<[u32]>,
}

impl Shape {
    pub(crate) fn of(columns: &[PgColumn]) -> Self {
        let kinds = columns.iter().map(|column| Kind::of(column.type_info())).collect();
        let oids = columns.iter().map(|column| oid_of(column.type_info())).collect();
        let named =
            columns.iter().map(|column| purlin_db::Column::new(column.name(), name_of(column.type_info())));
        Self { columns: purlin_db::Columns::new(named), kinds, oids }
    }

    /// Whether these are its columns.
    pub(crate) fn fits(&self, columns: &[PgColumn]) -> bool {
        let known = self.columns.iter().zip(&*self.oids);
        self.oids.len() == columns.len()
            && known.zip(columns).all(|((known, oid), column)| {
                *oid != 0 && *oid == oid_of(column.type_info()) && known.name == column.name()
            })
    }
}
