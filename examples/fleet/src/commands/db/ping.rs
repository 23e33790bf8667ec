//! `fleet db ping`

use super::reach::{Reach, connectors};
use crate::cli::examples;
use crate::config::Config;
use crate::exit::Exit;
use crate::output::{Answer, Page, Ui, code};
use crate::runtime::Runtime;
use clap::Args;
use purlin::core::{Instant, units};
use purlin::db::{Connector, Session};
use purlin::{Cx, Endpoint, Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Show whether databases answer, at each of their addresses
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("db ping @map", "each address of a connection of the configuration"),
    ("db ping postgres://ops@db1.lon/map --timeout 500ms --password-env OPS", "in half a second"),
    ("db ping @map @wiki --json", "several at once, for a program"),
]))]
pub(crate) struct Ping {
    /// The databases: URLs, or @NAME for connections of the configuration
    #[arg(value_name = "URL", required = true)]
    databases: Vec<String>,
    #[command(flatten)]
    pub(super) reach: Reach,
}

/// Whether databases answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PingAnswer {
    /// Whether all did.
    all_answer: bool,
    /// Each address.
    nodes: Vec<Node>,
}

/// What came of it at one address.
#[derive(Debug, Serialize, JsonSchema)]
struct Node {
    /// The URL that led there.
    database: String,
    /// Where it was asked.
    endpoint: String,
    /// Whether it answers and lets us in.
    answers: bool,
    /// Who made it: mysql, mariadb, postgres, sqlite, sqlserver; null where it did not answer.
    vendor: Option<String>,
    /// Its version; null where it did not answer.
    server_version: Option<String>,
    /// How long it took to log in, in milliseconds; null where it did not answer.
    connect_ms: Option<f64>,
    /// How long a sign of life took then, in milliseconds; null where it did not answer.
    ping_ms: Option<f64>,
    /// Why not; null where it answers.
    error: Option<Failure>,
    #[serde(skip)]
    exit: Exit,
}

/// Why an address did not answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Failure {
    /// Its stable name, such as refused, timeout or login-denied.
    code: String,
    /// The same in words.
    message: String,
}

impl Failure {
    pub(super) fn new(error: &Error) -> Self {
        Self { code: code(error), message: format!("{error:#}") }
    }
}

impl Answer for PingAnswer {
    const NAME: &'static str = "db-ping";

    fn page(&self, page: &mut Page) {
        let time = |ms: Option<f64>| {
            ms.map_or_else(
                || "-".to_owned(),
                |ms| units::duration::approximate(Duration::from_secs_f64(ms / 1e3)),
            )
        };
        let rows = self.nodes.iter().map(|node| {
            let server = match (&node.vendor, &node.server_version) {
                (Some(vendor), Some(version)) => format!("{vendor} {version}"),
                _ => "-".to_owned(),
            };
            let answer = node.error.as_ref().map_or("answers", |error| error.code.as_str()).to_owned();
            [node.endpoint.clone(), answer, server, time(node.connect_ms), time(node.ping_ms)]
        });
        page.table(["ADDRESS", "ANSWER", "SERVER", "LOGIN", "PING"], rows);
    }
}

impl Ping {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let found = self.databases.iter().map(|given| self.reach.find(given, config));
        let mut targets = found.collect::<Result<Vec<_>>>()?;
        let names: Vec<_> = targets.iter().map(ToString::to_string).collect();
        self.reach.unlock(&mut targets, config, runtime)?;
        let connectors: Vec<_> = names.into_iter().zip(connectors(&targets)?).collect();
        let limit = config.timeout.value;
        let found = runtime.block_on(|cx| all(cx.with_timeout(limit), connectors))?;
        let mut exit = Exit::Fine;
        let mut errors = Vec::new();
        let nodes = found.into_iter().map(|(node, error)| {
            exit = exit.max(node.exit);
            errors.extend(error);
            node
        });
        let answer = PingAnswer { nodes: nodes.collect(), all_answer: errors.is_empty() };
        let exit = ui.answer(&answer, exit);
        errors.iter().for_each(|error| ui.error(error));
        Ok(exit)
    }
}

async fn all(cx: Cx, connectors: Vec<(String, Arc<dyn Connector>)>) -> Result<Vec<(Node, Option<Error>)>> {
    let mut tasks = JoinSet::new();
    let mut count = 0;
    for (database, connector) in connectors {
        for endpoint in connector.endpoints().to_vec() {
            let (cx, database, connector) = (cx.clone(), database.clone(), connector.clone());
            let index = count;
            count += 1;
            tasks.spawn(async move { (index, one(&cx, database, &*connector, endpoint).await) });
        }
    }
    let mut found = Vec::with_capacity(count);
    while let Some(ended) = tasks.join_next().await {
        let broken = |error| Error::new(ErrorKind::Internal, "a task has panicked").with_source(error);
        found.push(ended.map_err(broken)?);
    }
    if cx.is_cancelled() {
        cx.check("db.ping")?;
    }
    found.sort_by_key(|(index, _)| *index);
    Ok(found.into_iter().map(|(_, node)| node).collect())
}

async fn one(
    cx: &Cx,
    database: String,
    connector: &dyn Connector,
    endpoint: Endpoint,
) -> (Node, Option<Error>) {
    let mut node = Node {
        database,
        endpoint: endpoint.to_string(),
        answers: false,
        vendor: None,
        server_version: None,
        connect_ms: None,
        ping_ms: None,
        error: None,
        exit: Exit::Fine,
    };
    match ask(cx, connector, &endpoint, &mut node).await {
        Ok(()) => {
            node.answers = true;
            (node, None)
        }
        Err(error) => {
            node.error = Some(Failure::new(&error));
            node.exit = Exit::of(&error);
            (node, Some(error))
        }
    }
}

async fn ask(cx: &Cx, connector: &dyn Connector, endpoint: &Endpoint, node: &mut Node) -> Result<()> {
    let ms = |since: Instant| Some((cx.now().since(since).as_secs_f64() * 1e6).round() / 1e3);
    let begun = cx.now();
    let mut session = Session::connect(cx, connector, endpoint).await?;
    node.connect_ms = ms(begun);
    let info = session.info();
    node.vendor = Some(super::node::vendor(info.vendor));
    node.server_version = Some(info.version.to_string());
    let begun = cx.now();
    session.ping(cx).await?;
    node.ping_ms = ms(begun);
    // It has answered; how it takes the good-bye changes nothing.
    let _ = session.close(cx).await;
    Ok(())
}
