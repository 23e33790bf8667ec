//! Statements, as they are put together.

use super::guard::Opened;
use super::{Executed, Rows, Session};
use crate::sql::Parameters;
use crate::{FromValue, OwnedRow, Protocol, Row, Sql, Statement, Value};
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result};
use std::future::{Future, IntoFuture};
use std::pin::Pin;

type Answer<'s, T> = Pin<Box<dyn Future<Output = Result<T>> + Send + 's>>;

#[derive(Debug)]
struct Call<'s> {
    session: &'s mut Session,
    cx: Cx,
    sql: Sql<'s>,
    parameters: Parameters,
    protocol: Protocol,
}

impl<'s> Call<'s> {
    fn new(session: &'s mut Session, cx: Cx, sql: Sql<'s>) -> Self {
        Self { session, cx, sql, parameters: Parameters::new(), protocol: Protocol::Auto }
    }

    /// Sends it; the answer is in [`Rows`] also where it came too late, with the reason in there.
    async fn send(self, operation: &'static str) -> Result<Rows<'s>> {
        let Self { session, cx, sql, parameters, protocol } = self;
        let endpoint = &session.info().endpoint;
        let (text, values) = sql
            .resolve(session.dialect(), &parameters)
            .map_err(|error| error.with_operation(operation).or_endpoint(endpoint))?;
        session.ready(&cx, operation).await?;
        let remedy = session.remedy();
        let (connection, mut guard) = session.split(&cx, operation, remedy);
        let statement = Statement::new(&text).parameters(&values).protocol(protocol);
        Ok(match guard.open(connection.query(&cx, &statement)).await? {
            Opened::InTime(cursor) => Rows::new(cursor, guard),
            Opened::Late(cursor, cut) => Box::pin(Rows::late(cursor, guard, cut)).await,
        })
    }
}

/// A question that is being put together: bind its parameters, then await it for its [`Rows`], or take the answer as
/// a whole.
#[derive(Debug)]
#[must_use = "it is sent when it is awaited"]
pub struct Query<'s>(Call<'s>);

/// A statement that is being put together for its effect: bind its parameters, then await it.
#[derive(Debug)]
#[must_use = "it is sent when it is awaited"]
pub struct Execute<'s>(Call<'s>);

impl<'s> Query<'s> {
    pub(super) fn new(session: &'s mut Session, cx: Cx, sql: Sql<'s>) -> Self {
        Self(Call::new(session, cx, sql))
    }

    /// Binds the next parameter.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.0.parameters.push(value);
        self
    }

    /// Binds a parameter of portable SQL by its name.
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.parameters.set(name, value);
        self
    }

    /// Says how the statement travels.
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.0.protocol = protocol;
        self
    }

    async fn rows(self) -> Result<Rows<'s>> {
        self.0.send("db.query").await?.in_time()
    }

    /// All rows of the first result; further results are passed over.
    ///
    /// # Errors
    /// As [`Rows::next`].
    pub async fn all(self) -> Result<Vec<OwnedRow>> {
        let mut rows = self.rows().await?;
        let all = rows.collect().await;
        rows.pass_over().await?;
        all
    }

    /// The only row.
    ///
    /// # Errors
    /// As [`Rows::next`]; [`ErrorKind::NotFound`] where there is none, [`ErrorKind::Conflict`] where there are more.
    pub async fn one(self) -> Result<OwnedRow> {
        self.only(|row| row.to_owned()).await?
    }

    /// The only row, if there is one.
    ///
    /// # Errors
    /// As [`Rows::next`]; [`ErrorKind::Conflict`] where there are more.
    pub async fn optional(self) -> Result<Option<OwnedRow>> {
        Ok(self.only(|row| row.to_owned()).await?.ok())
    }

    /// What is read of the only row; within, that there is none.
    async fn only<T>(self, read: impl FnOnce(&dyn Row) -> Result<T>) -> Result<Result<T>> {
        let mut rows = self.rows().await?;
        let first = rows.next().await?.map(read);
        let further = first.is_some() && rows.next().await?.is_some();
        let endpoint = rows.endpoint();
        let only = match first {
            _ if further => {
                Err(answered(ErrorKind::Conflict, "several rows where one was asked for", endpoint))
            }
            Some(read) => read.map(Ok).map_err(|error| error.or_endpoint(endpoint)),
            None => Ok(Err(answered(ErrorKind::NotFound, "no row where one was asked for", endpoint))),
        };
        rows.pass_over().await?;
        only
    }

    /// The first column of the only row: `let version: String = session.query(&cx, "select version()").value().await?`.
    ///
    /// # Errors
    /// As [`one`](Self::one), and where the value does not fit the type.
    pub async fn value<T: FromValue>(self) -> Result<T> {
        self.only(|row| row.get(0)).await?
    }
}

impl<'s> IntoFuture for Query<'s> {
    type Output = Result<Rows<'s>>;
    type IntoFuture = Answer<'s, Rows<'s>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.rows())
    }
}

impl<'s> Execute<'s> {
    pub(super) fn new(session: &'s mut Session, cx: Cx, sql: Sql<'s>) -> Self {
        Self(Call::new(session, cx, sql))
    }

    /// Binds the next parameter.
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.0.parameters.push(value);
        self
    }

    /// Binds a parameter of portable SQL by its name.
    pub fn set(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.parameters.set(name, value);
        self
    }

    /// Says how the statement travels.
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.0.protocol = protocol;
        self
    }
}

impl<'s> IntoFuture for Execute<'s> {
    type Output = Result<Executed>;
    type IntoFuture = Answer<'s, Executed>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.0.send("db.execute").await?.run_out().await })
    }
}

fn answered(kind: ErrorKind, message: &'static str, endpoint: &Endpoint) -> Error {
    let error = Error::new(kind, message).with_operation("db.query").with_endpoint(endpoint.clone());
    error.with_outcome(Outcome::Sent)
}
