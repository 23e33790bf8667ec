//! Parameters, in the types that the server asks for.

mod encode;

use crate::types::{Kind, TEXT, name_of, oid_of};
use encode::{Form, encode};
use purlin_core::{Error, Result};
use purlin_db::{Value, refusal};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgConnection, PgTypeInfo};
use sqlx::{Arguments as _, AssertSqlSafe, Encode, Executor as _, Postgres, Row as _, Type};
use std::collections::HashMap;

/// Statements that make a type's binary form of its text, by the number of the type.
pub(crate) type Converters = HashMap<u32, String>;

/// A value in its binary form, or NULL.
struct Binary {
    oid: u32,
    bytes: Option<Vec<u8>>,
}

impl Encode<'_, Postgres> for Binary {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(match &self.bytes {
            Some(bytes) => {
                buffer.extend_from_slice(bytes);
                IsNull::No
            }
            None => IsNull::Yes,
        })
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(self.oid)))
    }

    fn size_hint(&self) -> usize {
        self.bytes.as_ref().map_or(0, Vec::len)
    }
}

impl Type<Postgres> for Binary {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(TEXT))
    }
}

/// What failed: a value that cannot be sent, or the server while it was asked to convert one.
pub(crate) enum Refusal {
    Unsent(Error),
    Asked(sqlx::Error),
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Asked(error)
    }
}

/// The parameters of a statement whose preparation has told their types.
pub(crate) async fn arguments(
    raw: &mut PgConnection,
    converters: &mut Converters,
    values: &[Value],
    types: &[PgTypeInfo],
) -> std::result::Result<PgArguments, Refusal> {
    if values.len() != types.len() {
        return Err(Refusal::Unsent(refusal::parameter_count(types.len(), values.len())));
    }
    let mut arguments = PgArguments::default();
    for (index, (value, info)) in values.iter().zip(types).enumerate() {
        let oid = oid_of(info);
        let bytes = match encode(Kind::of(info), oid, value) {
            Form::Null => None,
            Form::Bytes(bytes) => Some(bytes),
            Form::Text(text) => Some(converted(raw, converters, oid, &text).await?),
            Form::Mismatch(what) => {
                let why = format!("is {what}, which does not fit {}", name_of(info));
                return Err(Refusal::Unsent(refusal::parameter(index, &why)));
            }
        };
        add(&mut arguments, Binary { oid, bytes })?;
    }
    Ok(arguments)
}

fn add(arguments: &mut PgArguments, value: Binary) -> sqlx::Result<()> {
    arguments.add(value).map_err(sqlx::Error::Encode)
}

/// Lets the server read a text as it reads a literal of that type, and gives its binary form.
async fn converted(
    raw: &mut PgConnection,
    converters: &mut Converters,
    oid: u32,
    text: &str,
) -> sqlx::Result<Vec<u8>> {
    let sql = match converters.get(&oid) {
        Some(sql) => sql.clone(),
        None => {
            let sql = converter(raw, oid).await?;
            converters.insert(oid, sql.clone());
            sql
        }
    };
    let mut arguments = PgArguments::default();
    add(&mut arguments, Binary { oid: TEXT, bytes: Some(text.as_bytes().to_vec()) })?;
    let row = raw.fetch_one(sqlx::query_with(AssertSqlSafe(sql), arguments)).await?;
    Ok(bytes_of(&row, 0)?.to_vec())
}

/// `SELECT inet_send(CAST($1::text AS inet))`, with the names as the catalogue quotes them. Told that there is no
/// length, it names types whose bare name has one: `"bit"` and `bpchar`, where `bit` is `bit(1)`.
async fn converter(raw: &mut PgConnection, oid: u32) -> sqlx::Result<String> {
    let sql = format!(
        "SELECT typsend::pg_catalog.text, pg_catalog.format_type(oid, -1) \
         FROM pg_catalog.pg_type WHERE oid = {oid}"
    );
    let row = raw.fetch_one(sqlx::raw_sql(AssertSqlSafe(sql))).await?;
    let text = |index| Ok::<_, sqlx::Error>(String::from_utf8_lossy(bytes_of(&row, index)?).into_owned());
    Ok(format!("SELECT {}(CAST($1::pg_catalog.text AS {}))", text(0)?, text(1)?))
}

pub(crate) fn bytes_of(row: &sqlx::postgres::PgRow, index: usize) -> sqlx::Result<&[u8]> {
    row.try_get_raw(index)?.as_bytes().map_err(sqlx::Error::Decode)
}
