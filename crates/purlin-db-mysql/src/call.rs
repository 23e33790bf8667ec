//! The calls of the raw driver. Each takes the connection and gives it back.

use crate::line::{Answer, Held, Reply};
use mysql_async::prelude::{Protocol, Queryable};
use mysql_async::{Conn, DriverError, Error, QueryResult, Statement, Value};

/// Sends a text; its answer is read by rows.
pub(crate) async fn text(mut conn: Conn, sql: String) -> Answer {
    let result = conn.query_iter(sql.as_str()).await.map(|_| Reply::Done);
    Answer::new(conn, result)
}

/// Reads the next row of the present result.
pub(crate) async fn row<P: Protocol>(conn: Conn) -> Answer {
    let mut held = Held(Some(conn));
    let result = match &mut held.0 {
        Some(conn) => QueryResult::<'_, '_, P>::new(conn).next().await.map(Reply::Row),
        None => Ok(Reply::Done),
    };
    Answer::new(held.0.take(), result)
}

/// Sends a text and passes over its answer.
pub(crate) async fn effect(mut conn: Conn, sql: String) -> Answer {
    let result = conn.query_drop(sql.as_str()).await.map(|()| Reply::Done);
    Answer::new(conn, result)
}

/// Asks for one text.
pub(crate) async fn ask(mut conn: Conn, sql: String) -> Answer {
    let result = conn.query_first::<String, _>(sql.as_str()).await.map(Reply::Text);
    Answer::new(conn, result)
}

/// Passes over what is left of an answer, then asks for a sign of life.
pub(crate) async fn ping(mut conn: Conn) -> Answer {
    let result = conn.ping().await.map(|()| Reply::Done);
    Answer::new(conn, result)
}

/// Sends a prepared statement, or prepares its text before, after closing those that are not kept; its answer is read by rows.
pub(crate) async fn prepared(
    mut conn: Conn,
    statement: Result<Statement, String>,
    values: Vec<Value>,
    closing: Vec<Statement>,
) -> Answer {
    for statement in closing {
        if let Err(error) = conn.close(statement).await {
            return Answer::new(conn, Err(error));
        }
    }
    let (statement, prepared) = match statement {
        Ok(known) => (known, None),
        Err(sql) => match conn.prep(sql.as_str()).await {
            Ok(new) => (new.clone(), Some(new)),
            Err(error) => return Answer::new(conn, Err(error)),
        },
    };
    let (required, supplied) = (statement.num_params(), values.len());
    // The raw driver finds this too, and hangs up then.
    let result = if usize::from(required) == supplied {
        conn.exec_iter(&statement, values).await.map(|_| Reply::Done)
    } else {
        Err(Error::Driver(DriverError::StmtParamsMismatch { required, supplied }))
    };
    Answer { conn: Some(conn), prepared, result }
}
