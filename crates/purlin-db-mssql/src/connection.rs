//! A session with a server.

mod proof;
mod transaction;

use crate::Client;
use crate::cancel::Cancel;
use crate::cursor::Cursor;
use crate::dial::Dialled;
use crate::parameters::{bound, invalid};
use crate::settings::Settings;
use crate::wire::Shared;
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result};
use purlin_db::{
    CancelHandle, Capability, Connection, Dialect, OwnedRow, Row, RowCursor, ServerInfo, ServerVersion,
    Statement, TxOptions, Value, Vendor,
};
use std::any::Any;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

/// Asks who answers. `SERVERPROPERTY` gives a `sql_variant`.
const GREETING: &str = "SELECT CAST(@@SPID AS int), CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)), \
     CAST(SERVERPROPERTY('Edition') AS nvarchar(128))";

pub(crate) struct MssqlConnection {
    client: Client,
    shared: Arc<Shared>,
    info: ServerInfo,
    settings: Arc<Settings>,
    cancel: Arc<Cancel>,
    /// What takes off the session what its transaction has left on it.
    after_transaction: Vec<&'static str>,
}

impl fmt::Debug for MssqlConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MssqlConnection").field("info", &self.info).finish_non_exhaustive()
    }
}

impl MssqlConnection {
    pub(crate) async fn greet(
        dialled: Dialled,
        settings: Arc<Settings>,
        endpoint: &Endpoint,
    ) -> Result<Self> {
        let Dialled { client, shared } = dialled;
        let cancel = Arc::new(Cancel { shared: shared.clone() });
        let version = ServerVersion::new(0, 0, 0, "");
        let info = ServerInfo::new(Vendor::SqlServer, version, endpoint.clone());
        let mut connection = Self { client, shared, info, settings, cancel, after_transaction: Vec::new() };
        let greeted = connection.ask(GREETING).await.map_err(|error| {
            let error = error.with_operation("db.login").with_outcome(Outcome::NotSent);
            error.or_endpoint(endpoint)
        })?;
        let values = greeted.map(OwnedRow::into_values).unwrap_or_default();
        let text = |index: usize| match values.get(index) {
            Some(Value::Text(text)) => text.as_str(),
            _ => "",
        };
        let version = version_of(text(1), text(2));
        let capabilities = Dialect::MSSQL.capabilities(&version, Vendor::SqlServer);
        let info = ServerInfo::new(Vendor::SqlServer, version, endpoint.clone())
            .capabilities(capabilities.with(Capability::RecoversAfterDrop));
        connection.info = match values.first() {
            Some(Value::I64(id)) => info.session_id(u64::try_from(*id).unwrap_or_default()),
            _ => info,
        };
        Ok(connection)
    }

    /// Runs statements as text and reads the whole answer: its first row.
    async fn ask(&mut self, sql: &str) -> Result<Option<OwnedRow>> {
        let Self { client, shared, settings, .. } = self;
        let stream = client.simple_query(sql).await;
        let stream = stream.map_err(|error| settings.meanings.of_call(error, shared))?;
        let mut cursor = Cursor::open(stream, shared, &settings.meanings).await?;
        let mut first = None;
        loop {
            while poll_fn(|context| cursor.poll_advance(context)).await? {
                if first.is_none() {
                    let row: &dyn Row = cursor.row();
                    first = Some(row.to_owned()?);
                }
            }
            if !cursor.more_results() {
                return Ok(first);
            }
            poll_fn(|context| cursor.poll_next_result(context)).await?;
        }
    }
}

#[async_trait]
impl Connection for MssqlConnection {
    fn info(&self) -> &ServerInfo {
        &self.info
    }

    async fn query<'c>(&'c mut self, _cx: &Cx, statement: &Statement<'_>) -> Result<Box<dyn RowCursor + 'c>> {
        let Self { client, shared, settings, .. } = self;
        let meanings = &settings.meanings;
        let stream = if statement.is_prepared() {
            let mut query = tiberius::Query::new(statement.sql);
            bound(statement.sql, statement.parameters)?.into_iter().for_each(|value| query.bind(value));
            query.query(client).await
        } else {
            if !statement.parameters.is_empty() {
                return Err(invalid("a statement that travels as text has no parameters"));
            }
            client.simple_query(statement.sql).await
        };
        let stream = stream.map_err(|error| meanings.of_call(error, shared))?;
        Ok(Box::new(Cursor::open(stream, shared, meanings).await?))
    }

    async fn begin(&mut self, _cx: &Cx, options: &TxOptions) -> Result<()> {
        transaction::begin(self, options).await
    }

    async fn commit(&mut self, _cx: &Cx) -> Result<()> {
        transaction::commit(self).await
    }

    async fn rollback(&mut self, _cx: &Cx) -> Result<()> {
        transaction::roll_back(self).await
    }

    async fn ping(&mut self, _cx: &Cx) -> Result<()> {
        self.ask(Dialect::MSSQL.ping).await.map(drop)
    }

    async fn recover(&mut self, _cx: &Cx) -> Result<()> {
        proof::recover(self).await
    }

    fn in_transaction(&self) -> Option<bool> {
        Some(self.shared.in_transaction())
    }

    async fn close(self: Box<Self>, _cx: &Cx) -> Result<()> {
        let Self { client, shared, settings, .. } = *self;
        client.close().await.map_err(|error| settings.meanings.of_call(error, &shared))
    }

    fn cancel_handle(&self) -> Option<Arc<dyn CancelHandle>> {
        Some(self.cancel.clone())
    }

    fn native(&mut self) -> &mut dyn Any {
        &mut self.client
    }
}

/// `16.0.1000.6`, and the edition behind it.
fn version_of(version: &str, edition: &str) -> ServerVersion {
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    let (major, minor, patch) = (next(), next(), next());
    let text = match edition {
        "" => version.to_owned(),
        edition => format!("{version} {edition}"),
    };
    ServerVersion::new(major, minor, patch, text)
}

fn unproven(message: &'static str) -> Error {
    Error::new(ErrorKind::Protocol, message).with_operation("db.recover").with_outcome(Outcome::Maybe)
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn versions_are_compared_by_number_and_carry_the_edition() {
        let version = version_of("16.0.4105.2", "Developer Edition (64-bit)");
        assert!(version.is_at_least(16, 0) && !version.is_at_least(16, 1));
        assert_eq!(version.text(), "16.0.4105.2 Developer Edition (64-bit)");
        assert_eq!(version_of("", "").major(), 0);
    }
}
