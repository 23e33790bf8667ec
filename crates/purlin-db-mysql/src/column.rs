//! What a column holds, by what the server says of it.

use mysql_async::Column as Raw;
use mysql_async::consts::{ColumnFlags, ColumnType};
use purlin_db::{Column, Columns};
use std::sync::Arc;

/// The number of the character set that means bytes.
const BINARY: u16 = 63;

/// How the bytes of a column are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Single,
    Double,
    Decimal,
    Text,
    Json,
    Bytes,
    Bits,
    Date,
    Time,
    /// With the decimals of its seconds.
    DateTime(u8),
    Timestamp(u8),
}

impl Kind {
    fn of(column: &Raw) -> Self {
        use ColumnType as T;
        match column.column_type() {
            T::MYSQL_TYPE_TINY
            | T::MYSQL_TYPE_SHORT
            | T::MYSQL_TYPE_INT24
            | T::MYSQL_TYPE_LONG
            | T::MYSQL_TYPE_LONGLONG
            | T::MYSQL_TYPE_YEAR => Self::Integer,
            T::MYSQL_TYPE_FLOAT => Self::Single,
            T::MYSQL_TYPE_DOUBLE => Self::Double,
            T::MYSQL_TYPE_DECIMAL | T::MYSQL_TYPE_NEWDECIMAL => Self::Decimal,
            T::MYSQL_TYPE_DATE | T::MYSQL_TYPE_NEWDATE => Self::Date,
            T::MYSQL_TYPE_TIME | T::MYSQL_TYPE_TIME2 => Self::Time,
            T::MYSQL_TYPE_DATETIME | T::MYSQL_TYPE_DATETIME2 => Self::DateTime(column.decimals()),
            T::MYSQL_TYPE_TIMESTAMP | T::MYSQL_TYPE_TIMESTAMP2 => Self::Timestamp(column.decimals()),
            T::MYSQL_TYPE_BIT => Self::Bits,
            T::MYSQL_TYPE_JSON => Self::Json,
            T::MYSQL_TYPE_GEOMETRY | T::MYSQL_TYPE_VECTOR => Self::Bytes,
            // Enumerations and sets have text, whatever their collation.
            _ if is_list(column) => Self::Text,
            _ if column.character_set() == BINARY => Self::Bytes,
            _ => Self::Text,
        }
    }
}

/// The columns of a result, as the user sees them, and how each is read.
#[derive(Debug)]
pub(crate) struct Shape {
    raw: Arc<[Raw]>,
    pub(crate) columns: Columns,
    pub(crate) kinds: Arc<[Kind]>,
}

impl Shape {
    /// From what the server says. The last shape is used again where it fits: statements are often repeated.
    pub(crate) fn of(last: &mut Option<Self>, raw: Arc<[Raw]>) -> &Self {
        last.take_if(|last| !last.fits(&raw));
        last.get_or_insert_with(|| Self {
            columns: Columns::new(raw.iter().map(|column| Column::new(column.name_str(), type_name(column)))),
            kinds: raw.iter().map(Kind::of).collect(),
            raw,
        })
    }
}

impl Shape {
    /// By what it was made of; a statement that the server has prepared has the same columns each time.
    fn fits(&self, raw: &Arc<[Raw]>) -> bool {
        let same = |(one, other): (&Raw, &Raw)| {
            one.column_type() == other.column_type()
                && one.flags() == other.flags()
                && one.character_set() == other.character_set()
                && one.decimals() == other.decimals()
                && one.name_ref() == other.name_ref()
        };
        Arc::ptr_eq(&self.raw, raw)
            || self.raw.len() == raw.len() && self.raw.iter().zip(raw.iter()).all(same)
    }
}

fn is_list(column: &Raw) -> bool {
    column.flags().intersects(ColumnFlags::ENUM_FLAG | ColumnFlags::SET_FLAG)
        || matches!(column.column_type(), ColumnType::MYSQL_TYPE_ENUM | ColumnType::MYSQL_TYPE_SET)
}

/// The name in SQL. MariaDB's JSON, UUID and INET types are texts on the way, and come as such.
fn type_name(column: &Raw) -> &'static str {
    use ColumnType as T;
    let unsigned = column.flags().contains(ColumnFlags::UNSIGNED_FLAG);
    let binary = column.character_set() == BINARY;
    let either = |yes: bool, first, second| if yes { first } else { second };
    match column.column_type() {
        T::MYSQL_TYPE_TINY => either(unsigned, "tinyint unsigned", "tinyint"),
        T::MYSQL_TYPE_SHORT => either(unsigned, "smallint unsigned", "smallint"),
        T::MYSQL_TYPE_INT24 => either(unsigned, "mediumint unsigned", "mediumint"),
        T::MYSQL_TYPE_LONG => either(unsigned, "int unsigned", "int"),
        T::MYSQL_TYPE_LONGLONG => either(unsigned, "bigint unsigned", "bigint"),
        T::MYSQL_TYPE_FLOAT => "float",
        T::MYSQL_TYPE_DOUBLE => "double",
        T::MYSQL_TYPE_DECIMAL | T::MYSQL_TYPE_NEWDECIMAL => "decimal",
        T::MYSQL_TYPE_NULL => "null",
        T::MYSQL_TYPE_TIMESTAMP | T::MYSQL_TYPE_TIMESTAMP2 => "timestamp",
        T::MYSQL_TYPE_DATE | T::MYSQL_TYPE_NEWDATE => "date",
        T::MYSQL_TYPE_TIME | T::MYSQL_TYPE_TIME2 => "time",
        T::MYSQL_TYPE_DATETIME | T::MYSQL_TYPE_DATETIME2 => "datetime",
        T::MYSQL_TYPE_YEAR => "year",
        T::MYSQL_TYPE_BIT => "bit",
        T::MYSQL_TYPE_JSON => "json",
        T::MYSQL_TYPE_VECTOR => "vector",
        T::MYSQL_TYPE_GEOMETRY => "geometry",
        T::MYSQL_TYPE_ENUM => "enum",
        T::MYSQL_TYPE_SET => "set",
        _ if column.flags().contains(ColumnFlags::ENUM_FLAG) => "enum",
        _ if column.flags().contains(ColumnFlags::SET_FLAG) => "set",
        T::MYSQL_TYPE_TINY_BLOB
        | T::MYSQL_TYPE_MEDIUM_BLOB
        | T::MYSQL_TYPE_LONG_BLOB
        | T::MYSQL_TYPE_BLOB => either(binary, "blob", "text"),
        T::MYSQL_TYPE_VARCHAR | T::MYSQL_TYPE_VAR_STRING => either(binary, "varbinary", "varchar"),
        T::MYSQL_TYPE_STRING => either(binary, "binary", "char"),
        _ => "unknown",
    }
}
