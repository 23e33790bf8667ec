//! A few servers in memory that play primary and replica: just enough of them for failover.

use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Outcome, Result};
use purlin_db::dialect::{Status, StatusQuery};
use purlin_db::{
    CancelHandle, Column, Columns, Connection, Connector, DbDetail, Dialect, Driver, ErrorClass, OwnedRow,
    Row, RowCursor, ServerInfo, ServerVersion, Statement, Target, TxOptions, Value, Vendor,
};
use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

static DIALECT: Dialect = {
    let mut dialect = Dialect::new("estate", Vendor::Other);
    dialect.status =
        &[StatusQuery::new(Status::Role, "SHOW ROLE"), StatusQuery::new(Status::Replication, "SHOW LAG")];
    dialect
};

/// How a server takes connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    Open,
    Closed,
    Silent,
    Denied,
}

#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) door: Door,
    pub(crate) role: &'static str,
    /// Seconds behind.
    pub(crate) lag: Option<f64>,
    pub(crate) connects: u32,
    pub(crate) pings: u32,
    pub(crate) asked: Vec<String>,
}

/// Servers by their addresses; a [`Driver`] for `estate://` too.
#[derive(Debug, Clone)]
pub(crate) struct Estate {
    endpoints: Vec<Endpoint>,
    servers: Arc<Mutex<Vec<Server>>>,
}

impl Estate {
    /// `db1`, `db2` and so on, with these roles.
    pub(crate) fn new<const N: usize>(roles: [&'static str; N]) -> Self {
        let server = |role| Server {
            door: Door::Open,
            role,
            lag: Some(0.0),
            connects: 0,
            pings: 0,
            asked: Vec::new(),
        };
        let endpoint = |index| Endpoint::new(&format!("db{index}"), 1).unwrap();
        Self {
            endpoints: (1..=N).map(endpoint).collect(),
            servers: Arc::new(Mutex::new(roles.into_iter().map(server).collect())),
        }
    }

    pub(crate) fn servers(&self) -> MutexGuard<'_, Vec<Server>> {
        self.servers.lock().unwrap()
    }

    pub(crate) fn connector(&self) -> Arc<dyn Connector> {
        Arc::new(self.clone())
    }

    /// Of each server, how often that statement was asked.
    pub(crate) fn asked(&self, sql: &str) -> Vec<usize> {
        self.servers()
            .iter()
            .map(|server| server.asked.iter().filter(|asked| *asked == sql).count())
            .collect()
    }

    pub(crate) fn connects(&self) -> Vec<u32> {
        self.servers().iter().map(|server| server.connects).collect()
    }
}

#[async_trait]
impl Connector for Estate {
    fn dialect(&self) -> &'static Dialect {
        &DIALECT
    }

    fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    async fn connect(&self, _: &Cx, endpoint: &Endpoint) -> Result<Box<dyn Connection>> {
        let number: usize = endpoint.host().and_then(|host| host.strip_prefix("db")?.parse().ok()).unwrap();
        let door = {
            let server = &mut self.servers()[number - 1];
            server.connects += 1;
            server.door
        };
        match door {
            Door::Open => {}
            Door::Closed => return Err(Error::new(ErrorKind::Refused, "connection refused")),
            Door::Silent => std::future::pending().await,
            Door::Denied => return Err(refused(ErrorClass::LoginDenied)),
        }
        let info = ServerInfo::new(Vendor::Other, ServerVersion::new(1, 0, 0, "1.0"), endpoint.clone());
        Ok(Box::new(Client { estate: self.clone(), number: number - 1, info }))
    }
}

impl Driver for Estate {
    fn schemes(&self) -> &[&'static str] {
        &["estate", "fief"]
    }

    fn connector(&self, target: &Target) -> Result<Arc<dyn Connector>> {
        target.read_options().finish()?;
        Ok(Arc::new(Self { endpoints: target.endpoints(1)?, servers: self.servers.clone() }))
    }
}

fn refused(class: ErrorClass) -> Error {
    Error::new(class.kind(), format!("no: {class}"))
        .with_outcome(Outcome::Sent)
        .with_detail(DbDetail::new(class, Vendor::Other))
}

#[derive(Debug)]
struct Client {
    estate: Estate,
    number: usize,
    info: ServerInfo,
}

#[async_trait]
impl Connection for Client {
    fn info(&self) -> &ServerInfo {
        &self.info
    }

    async fn query<'c>(&'c mut self, _: &Cx, statement: &Statement<'_>) -> Result<Box<dyn RowCursor + 'c>> {
        let server = &mut self.estate.servers()[self.number];
        server.asked.push(statement.sql.to_owned());
        let (name, value) = match statement.sql {
            "SHOW ROLE" => ("role", Value::Text(server.role.to_owned())),
            "SHOW LAG" => ("seconds", server.lag.map_or(Value::Null, Value::F64)),
            "where" => ("where", Value::Text(self.info.endpoint.to_string())),
            "write" if server.role == "primary" => ("written", Value::I64(1)),
            "write" => return Err(refused(ErrorClass::NotWritable)),
            "break" => return Err(refused(ErrorClass::ConnectionLost)),
            _ => return Err(refused(ErrorClass::Syntax)),
        };
        let columns = Columns::new([Column::new(name, "text")]);
        Ok(Box::new(Answer { row: OwnedRow::new(columns, [value]), at: 0 }))
    }

    async fn begin(&mut self, _: &Cx, _: &TxOptions) -> Result<()> {
        Ok(())
    }

    async fn commit(&mut self, _: &Cx) -> Result<()> {
        Ok(())
    }

    async fn rollback(&mut self, _: &Cx) -> Result<()> {
        Ok(())
    }

    async fn ping(&mut self, _: &Cx) -> Result<()> {
        self.estate.servers()[self.number].pings += 1;
        Ok(())
    }

    async fn recover(&mut self, _: &Cx) -> Result<()> {
        Ok(())
    }

    async fn close(self: Box<Self>, _: &Cx) -> Result<()> {
        Ok(())
    }

    fn cancel_handle(&self) -> Option<Arc<dyn CancelHandle>> {
        None
    }

    fn native(&mut self) -> &mut dyn Any {
        self
    }
}

struct Answer {
    row: OwnedRow,
    at: usize,
}

impl RowCursor for Answer {
    fn columns(&self) -> &Columns {
        self.row.columns()
    }

    fn poll_advance(&mut self, _: &mut Context<'_>) -> Poll<Result<bool>> {
        self.at += 1;
        Poll::Ready(Ok(self.at == 1))
    }

    fn more_results(&self) -> bool {
        false
    }

    fn row(&self) -> &dyn Row {
        &self.row
    }

    fn poll_next_result(&mut self, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn affected(&self) -> Option<u64> {
        None
    }
}
