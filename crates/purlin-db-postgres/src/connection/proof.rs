//! The proof that the next answer is that of the next statement.

use super::PostgresConnection;
use crate::parameters::bytes_of;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use purlin_db::CancelHandle;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use std::hash::{BuildHasher, RandomState};

/// Errors of earlier statements that may stand before the server's word that it is ready: one for each, and a dropped
/// call leaves at most a few.
const ERRORS: u32 = 16;
/// A cancellation may come late and hit the proof.
const PROOFS: u32 = 3;
const CANCELLED: &str = "57014";
const IN_FAILED_TRANSACTION: &str = "25P02";
const SYNTAX: &str = "42601";

pub(super) async fn recover(connection: &mut PostgresConnection, cx: &Cx) -> Result<()> {
    if connection.open {
        // First, because sqlx passes over a long answer without ever giving way to anything else of the task. Where it
        // cannot be cancelled the wait is for its end.
        let _ = connection.cancel.cancel(cx).await;
    }
    let told = |error| connection.settings.meanings.of_call(error);
    pass_over(&mut connection.raw).await.map_err(told)?;
    connection.open = false;
    for _ in 0..PROOFS {
        if proven(&mut connection.raw).await.map_err(told)? {
            return Ok(());
        }
    }
    Err(unproven("the server was asked for a word that nobody else can have asked for, and did not say it"))
}

/// Reads to the point where the server is ready, whatever the errors on the way.
async fn pass_over(raw: &mut PgConnection) -> sqlx::Result<()> {
    let mut last = raw.ping().await;
    for _ in 0..ERRORS {
        match last {
            Err(sqlx::Error::Database(_)) => last = raw.ping().await,
            other => return other,
        }
    }
    last
}

/// Asks for a word; `false` where the question was cancelled. Any other answer than that word is an error.
async fn proven(raw: &mut PgConnection) -> sqlx::Result<bool> {
    let word = format!("purlin_{:016x}", RandomState::new().hash_one(0));
    let sql = format!("SELECT '{word}'");
    let asked = (&mut *raw).fetch_optional(sqlx::raw_sql(AssertSqlSafe(sql))).await;
    match asked {
        Ok(row) => {
            let said = row.as_ref().and_then(|row| bytes_of(row, 0).ok());
            if said == Some(word.as_bytes()) { Ok(true) } else { Err(another()) }
        }
        Err(error) => match state(&error).as_deref() {
            Some(CANCELLED) => Ok(false),
            Some(IN_FAILED_TRANSACTION) => proven_by_error(raw, &word).await,
            _ => Err(error),
        },
    }
}

/// In a transaction that has failed the server answers nothing more, yet it reads: what is no SQL is quoted back.
async fn proven_by_error(raw: &mut PgConnection, word: &str) -> sqlx::Result<bool> {
    match (&mut *raw).execute(sqlx::raw_sql(AssertSqlSafe(word.to_owned()))).await {
        Ok(_) => Err(another()),
        Err(error) => match state(&error).as_deref() {
            Some(SYNTAX) if error.as_database_error().is_some_and(|it| it.message().contains(word)) => {
                Ok(true)
            }
            Some(CANCELLED) => Ok(false),
            _ => Err(error),
        },
    }
}

fn state(error: &sqlx::Error) -> Option<String> {
    error.as_database_error().and_then(|error| error.code()).map(std::borrow::Cow::into_owned)
}

fn another() -> sqlx::Error {
    sqlx::Error::Protocol("the answer is that of another statement".to_owned())
}

fn unproven(message: &'static str) -> Error {
    Error::new(ErrorKind::Protocol, message).with_operation("db.recover").with_outcome(Outcome::Maybe)
}
