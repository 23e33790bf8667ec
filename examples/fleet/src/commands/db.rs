//! `fleet db`

mod cell;
pub(crate) mod cluster;
pub(crate) mod exec;
pub(crate) mod listener;
mod most;
pub(crate) mod node;
mod open;
mod parameters;
pub(crate) mod ping;
pub(crate) mod query;
pub(crate) mod reach;
pub(crate) mod role;
mod sheet;
mod sql;

pub(crate) use open::{Opener, open};

use crate::cli::examples;
use crate::config::{Config, Layer};
use crate::exit::Exit;
use crate::output::Ui;
use crate::runtime::Runtime;
use clap::{Args, Subcommand};
use purlin::Result;

/// Ask databases, and change them: MySQL, MariaDB, PostgreSQL, SQL Server, SQLite
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = examples(&[
    ("db ping @map", "does it answer, and how fast"),
    ("db query postgres://app@db1.lon/map 'select * from host' --password-env MAP", "ask, without a chance to write"),
    ("db exec @map 'delete from host where id = 7' --dry-run", "what would be changed, and where"),
    ("db cluster postgres://ops@db1.lon,db2.lds/map", "who takes writes, who is behind"),
]))]
pub(crate) struct Db {
    #[command(subcommand)]
    command: DbCommand,
}

#[derive(Debug, Subcommand)]
enum DbCommand {
    Ping(ping::Ping),
    Query(query::Query),
    Exec(exec::Exec),
    Role(role::Role),
    Cluster(cluster::Cluster),
    Listener(listener::Listener),
}

impl Db {
    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        match &self.command {
            DbCommand::Ping(command) => command.reach.layer(),
            DbCommand::Query(command) => command.reach.layer(),
            DbCommand::Exec(command) => command.reach.layer(),
            DbCommand::Role(command) => command.reach.layer(),
            DbCommand::Cluster(command) => command.reach.layer(),
            DbCommand::Listener(command) => command.layer(),
        }
    }

    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        match &self.command {
            DbCommand::Ping(command) => command.run(ui, config, runtime),
            DbCommand::Query(command) => command.run(ui, config, runtime),
            DbCommand::Exec(command) => command.run(ui, config, runtime),
            DbCommand::Role(command) => command.run(ui, config, runtime),
            DbCommand::Cluster(command) => command.run(ui, config, runtime),
            DbCommand::Listener(command) => command.run(ui, config, runtime),
        }
    }
}
