//! `fleet db role`

use super::node::{self, Node};
use super::reach::{Reach, connectors, leave};
use crate::cli::examples;
use crate::config::Config;
use crate::exit::Exit;
use crate::output::{Answer, Page, Ui};
use crate::runtime::Runtime;
use clap::Args;
use purlin::db::{Connector, Database, DatabaseSettings, Topology};
use purlin::{Cx, Error, ErrorKind, Result};
use schemars::JsonSchema;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// Show what nodes say that they are: primary or replica, and how far behind
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("db role postgres://ops@db1.lon/map --password-env OPS", "one node"),
    ("db role @map @wiki", "the nodes of several databases; `db cluster` judges those of one"),
    ("db role @map --json | jq '.nodes[].lag.seconds'", "for a program"),
]))]
pub(crate) struct Role {
    /// The databases: URLs, or @NAME for connections of the configuration
    #[arg(value_name = "URL", required = true)]
    databases: Vec<String>,
    #[command(flatten)]
    pub(super) reach: Reach,
}

/// What nodes say that they are. One alone can be wrong for seconds.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RoleAnswer {
    /// Each node.
    nodes: Vec<Node>,
}

impl Answer for RoleAnswer {
    const NAME: &'static str = "db-role";

    fn page(&self, page: &mut Page) {
        node::table(page, &self.nodes);
    }
}

impl Role {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let found = self.databases.iter().map(|given| self.reach.find(given, config));
        let mut targets = found.collect::<Result<Vec<_>>>()?;
        self.reach.unlock(&mut targets, config, runtime)?;
        let connectors = connectors(&targets)?;
        let limit = config.timeout.value;
        let topologies = runtime.block_on(|cx| each(cx.with_timeout(limit), connectors, limit))?;
        let views = topologies.iter().flat_map(Topology::nodes);
        let errors: Vec<_> = views.clone().filter_map(|view| view.error.clone()).collect();
        let unknown = views.clone().any(|view| view.is_seen() && view.role == purlin::db::Role::Unknown);
        let answer = RoleAnswer { nodes: views.map(Node::new).collect() };
        let exit = answer.nodes.iter().map(Node::exit).max().unwrap_or(Exit::Fine);
        let exit = ui.answer(&answer, exit.max(if unknown { Exit::No } else { Exit::Fine }));
        errors.iter().for_each(|error| ui.error(error));
        Ok(exit)
    }
}

/// Each database by itself: nothing is known of what they have to do with each other.
async fn each(cx: Cx, connectors: Vec<Arc<dyn Connector>>, limit: Duration) -> Result<Vec<Topology>> {
    let mut tasks = JoinSet::new();
    for (index, connector) in connectors.into_iter().enumerate() {
        let cx = cx.clone();
        tasks.spawn(async move { Ok::<_, Error>((index, look(&cx, [connector], limit).await?)) });
    }
    let mut found = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        let broken = |error| Error::new(ErrorKind::Internal, "a task has panicked").with_source(error);
        found.push(ended.map_err(broken)??);
    }
    found.sort_by_key(|(index, _)| *index);
    Ok(found.into_iter().map(|(_, topology)| topology).collect())
}

/// Asks all nodes of these connectors together.
pub(super) async fn look(
    cx: &Cx,
    connectors: impl IntoIterator<Item = Arc<dyn Connector>>,
    limit: Duration,
) -> Result<Topology> {
    let database = Database::from_connectors(connectors, DatabaseSettings::new().probe(limit))?;
    let topology = database.topology(cx).await?;
    leave(cx, &database).await;
    Ok(topology)
}
