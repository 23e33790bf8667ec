//! A connection that is logged in.

mod recover;

use crate::cancel::Killer;
use crate::column::Shape;
use crate::cursor::{Cursor, Wire};
use crate::fault::Meaning;
use crate::line::{Fault, Line};
use crate::size::Limit;
use crate::statements::Statements;
use crate::{call, encode};
use async_trait::async_trait;
use mysql_async::{Conn, Statement as Prepared};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use purlin_db::{
    Access, CancelHandle, Connection, Dialect, RowCursor, ServerInfo, Statement, TxOptions, Value, refusal,
};
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// The server does not know this statement: somebody has reset the session.
const UNKNOWN_STATEMENT: u16 = 1243;

pub(crate) struct MySqlConnection {
    pub(crate) line: Line,
    pub(crate) meaning: Meaning,
    info: ServerInfo,
    limit: Limit,
    killer: Arc<Killer>,
    statements: Statements,
    /// That of the last result.
    pub(crate) shape: Option<Shape>,
    /// Prepared on the server, and kept no more.
    closing: Vec<Prepared>,
    /// What [`native`](Connection::native) gives where there is no connection.
    nothing: (),
}

impl fmt::Debug for MySqlConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MySqlConnection").field("info", &self.info).finish_non_exhaustive()
    }
}

impl MySqlConnection {
    pub(crate) fn new(conn: Conn, info: ServerInfo, limit: Limit, killer: Killer, meaning: Meaning) -> Self {
        Self {
            line: Line::new(conn),
            meaning,
            info,
            limit,
            killer: Arc::new(killer),
            statements: Statements::default(),
            shape: None,
            closing: Vec::new(),
            nothing: (),
        }
    }

    async fn text(&mut self, sql: &str) -> Result<(), Fault> {
        let sql = sql.to_owned();
        self.line.run(|conn| call::text(conn, sql)).await.map(drop)
    }

    async fn prepared(&mut self, sql: &str, parameters: &[Value]) -> Result<Result<(), Fault>> {
        let values = encode::parameters(parameters)?;
        self.limit.parameters(&values)?;
        let known = self.statements.get(sql);
        let was_known = known.is_some();
        let sent = self.run_prepared(sql, known, values).await;
        match sent {
            Err(Fault::Driver(mysql_async::Error::Server(error)))
                if was_known && error.code == UNKNOWN_STATEMENT =>
            {
                self.statements.forget(sql);
                Ok(self.run_prepared(sql, None, encode::parameters(parameters)?).await)
            }
            sent => Ok(sent),
        }
    }

    async fn run_prepared(
        &mut self,
        sql: &str,
        known: Option<Prepared>,
        values: Vec<mysql_async::Value>,
    ) -> Result<(), Fault> {
        let closing = std::mem::take(&mut self.closing);
        let statement = known.ok_or_else(|| sql.to_owned());
        let result = self.line.run(|conn| call::prepared(conn, statement, values, closing)).await;
        if let Some(new) = self.line.prepared() {
            self.closing.extend(self.statements.keep(sql, new));
        }
        result.map(drop)
    }

    async fn effect(&mut self, sql: &str) -> Result<()> {
        let sql = sql.to_owned();
        let result = self.line.run(|conn| call::effect(conn, sql)).await;
        result.map(drop).map_err(|fault| self.meaning.of(fault))
    }
}

#[async_trait]
impl Connection for MySqlConnection {
    fn info(&self) -> &ServerInfo {
        &self.info
    }

    async fn query<'c>(&'c mut self, _cx: &Cx, statement: &Statement<'_>) -> Result<Box<dyn RowCursor + 'c>> {
        self.limit.text(statement.sql)?;
        let wire = if statement.is_prepared() { Wire::Binary } else { Wire::Text };
        let sent = match wire {
            Wire::Binary => self.prepared(statement.sql, statement.parameters).await?,
            Wire::Text => {
                if !statement.parameters.is_empty() {
                    return Err(refusal::text_parameters());
                }
                self.text(statement.sql).await
            }
        };
        match sent {
            Ok(()) => Ok(Box::new(Cursor::new(self, wire, statement.sql))),
            Err(fault) => Err(self.meaning.of(fault)),
        }
    }

    async fn begin(&mut self, _cx: &Cx, options: &TxOptions) -> Result<()> {
        let level = match options.isolation {
            None => String::new(),
            Some(level) if Dialect::MYSQL.isolation.contains(&level) => {
                format!("SET TRANSACTION ISOLATION LEVEL {}; ", level.as_sql())
            }
            Some(level) => return Err(refusal::isolation(Dialect::MYSQL, level)),
        };
        let access = match options.access {
            None => "",
            Some(Access::ReadOnly) => " READ ONLY",
            Some(Access::ReadWrite) => " READ WRITE",
            Some(_) => {
                let message = "MySQL does not have this access mode";
                return Err(Error::new(ErrorKind::Unsupported, message).with_outcome(Outcome::NotSent));
            }
        };
        self.effect(&format!("{level}START TRANSACTION{access}")).await
    }

    async fn commit(&mut self, _cx: &Cx) -> Result<()> {
        self.effect("COMMIT").await
    }

    async fn rollback(&mut self, _cx: &Cx) -> Result<()> {
        self.effect("ROLLBACK").await
    }

    async fn ping(&mut self, _cx: &Cx) -> Result<()> {
        let result = self.line.run(call::ping).await;
        result.map(drop).map_err(|fault| self.meaning.of(fault))
    }

    async fn recover(&mut self, cx: &Cx) -> Result<()> {
        self.bring_into_order(cx).await
    }

    fn in_transaction(&self) -> Option<bool> {
        self.line.in_transaction()
    }

    async fn close(mut self: Box<Self>, _cx: &Cx) -> Result<()> {
        match self.line.take() {
            Some(conn) => conn.disconnect().await.map_err(|error| self.meaning.of(error.into())),
            None => Ok(()),
        }
    }

    fn cancel_handle(&self) -> Option<Arc<dyn CancelHandle>> {
        Some(self.killer.clone())
    }

    fn native(&mut self) -> &mut dyn Any {
        match self.line.conn() {
            Ok(conn) => conn,
            Err(_) => &mut self.nothing,
        }
    }
}
