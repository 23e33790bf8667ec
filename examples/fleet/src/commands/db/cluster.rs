//! `fleet db cluster`

use super::node::{self, Node};
use super::reach::{Reach, connectors};
use super::role::look;
use crate::cli::examples;
use crate::config::Config;
use crate::exit::Exit;
use crate::output::{Answer, Page, Ui};
use crate::runtime::Runtime;
use clap::Args;
use purlin::core::Diagnostic;
use purlin::db::Verdict;
use purlin::{ErrorKind, Result};
use schemars::JsonSchema;
use serde::Serialize;

/// Judge all nodes of one database together: who takes writes, and does more than one
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("db cluster @map", "all addresses of a connection of the configuration"),
    ("db cluster postgres://ops@db1.lon,db2.lds/map --password-env OPS", "all addresses of a URL"),
    ("db cluster @map --json | jq -r .verdict", "one_writer, no_writer, split_brain, isolated or unknown"),
]))]
pub(crate) struct Cluster {
    /// The nodes of one database: URLs, or @NAME for connections of the configuration
    #[arg(value_name = "URL", required = true)]
    databases: Vec<String>,
    #[command(flatten)]
    pub(super) reach: Reach,
}

/// What the nodes of one database are together.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ClusterAnswer {
    /// one_writer, no_writer, split_brain, isolated or unknown.
    verdict: &'static str,
    /// Why, the weightiest first.
    reasons: Vec<String>,
    /// Whether every node was seen; a verdict without one is not to be relied on.
    all_seen: bool,
    /// Each node.
    nodes: Vec<Node>,
}

impl Answer for ClusterAnswer {
    const NAME: &'static str = "db-cluster";

    fn page(&self, page: &mut Page) {
        node::table(page, &self.nodes);
        page.heading(self.verdict);
        self.reasons.iter().for_each(|reason| page.line(&format!("  {reason}")));
    }
}

impl Cluster {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let found = self.databases.iter().map(|given| self.reach.find(given, config));
        let mut targets = found.collect::<Result<Vec<_>>>()?;
        self.reach.unlock(&mut targets, config, runtime)?;
        let connectors = connectors(&targets)?;
        let limit = config.timeout.value;
        let topology =
            runtime.block_on(|cx| async move { look(&cx.with_timeout(limit), connectors, limit).await })?;
        let answer = ClusterAnswer {
            verdict: topology.verdict().as_str(),
            reasons: topology.reasons().to_vec(),
            all_seen: topology.all_seen(),
            nodes: topology.nodes().iter().map(Node::new).collect(),
        };
        let verdict = match topology.verdict() {
            Verdict::OneWriter => Exit::Fine,
            Verdict::SplitBrain => Exit::NeedsPerson,
            _ => Exit::No,
        };
        let exit = answer.nodes.iter().map(Node::exit).fold(verdict, Exit::max);
        let exit = ui.answer(&answer, exit);
        topology.nodes().iter().filter_map(|node| node.error.as_ref()).for_each(|error| ui.error(error));
        if verdict != Exit::Fine {
            let why = topology.reasons().first().cloned().unwrap_or_default();
            let told = Diagnostic::error(topology.verdict().as_str().replace('_', "-"), why);
            ui.verdict(ErrorKind::Conflict, &told);
        }
        Ok(exit)
    }
}
