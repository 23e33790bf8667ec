//! `fleet schema`

use super::check::{
    ack::AckAnswer, downtime::DowntimesAnswer, explain::ExplainAnswer as CheckExplainAnswer,
    report::ReportAnswer, row::CheckAnswer, schema::schema as checks_file, status::StatusAnswer,
    watch::ChangeLine,
};
use super::config::ConfigAnswer;
use super::db::{
    cluster::ClusterAnswer, exec::ExecAnswer, listener::ListenerAnswer, ping::PingAnswer, query,
    role::RoleAnswer,
};
use super::deploy::{
    event::EventLine, plan::PlanAnswer, report::ReportAnswer as RunReport, stats::StatsAnswer,
    status::StatusAnswer as RunAnswer, tell::TellAnswer, unlock::UnlockAnswer,
};
use super::inventory::{explain::ExplainAnswer, nodes::NodesAnswer, shapes};
use super::ldap::{authenticate, check, groups, search, shapes as ldap};
use super::{copy, facts, man::ManAnswer, run, tls::TlsAnswer, version::VersionAnswer};
use crate::cli::examples;
use crate::config;
use crate::exit::Exit;
use crate::output::{Answer, Page, Ui, schema_of, schema_of_flow, schema_of_list};
use clap::{Args, ValueEnum};
use purlin::Result;
use schemars::JsonSchema;
use serde::Serialize;

/// Print the JSON Schema of a document or of an input file
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("schema", "list what there is"),
    ("schema tls", "the document of `tls --json`"),
    ("schema config", "the configuration file, for an editor"),
]))]
pub(crate) struct Schema {
    /// Which one; none lists them
    name: Option<Name>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// What `check --json` prints
    Check,
    /// What `check ack --json` prints
    CheckAck,
    /// A line of what `check --watch --json` prints
    CheckChange,
    /// What `check downtime` prints with --json
    CheckDowntimes,
    /// What `check explain --json` prints
    CheckExplain,
    /// What `check report --json` prints
    CheckReport,
    /// What `check status --json` prints
    CheckStatus,
    /// The file of checks (input)
    Checks,
    /// The configuration file (input)
    Config,
    /// What `config show --json` prints
    ConfigShow,
    /// A line of what `copy --json` prints
    Copy,
    /// What `db cluster --json` prints
    DbCluster,
    /// What `db exec --json` prints
    DbExec,
    /// What `db listener --json` prints
    DbListener,
    /// What `db ping --json` prints
    DbPing,
    /// What `db query --json` prints
    DbQuery,
    /// What `db role --json` prints
    DbRole,
    /// A line of what `deploy apply --json` and `deploy resume --json` print
    DeployEvent,
    /// What `deploy plan --json` prints
    DeployPlan,
    /// What `deploy report --json` prints
    DeployReport,
    /// What `deploy stats --json` prints
    DeployStats,
    /// What `deploy status --json` prints
    DeployStatus,
    /// What `deploy pause`, `abort`, `promote`, `rollback`, `skip` and `retry` print with --json
    DeployTold,
    /// What `deploy unlock --json` prints
    DeployUnlock,
    /// A line of what `facts --json` prints
    Facts,
    /// What `inventory explain --json` prints
    InventoryExplain,
    /// What `inventory hosts --json` and `inventory nodes expand --json` print
    InventoryHosts,
    /// What `inventory lint --json` prints
    InventoryLint,
    /// What the other commands of `inventory nodes` print with --json
    InventoryNodes,
    /// What `ldap authenticate --json` prints
    LdapAuthenticate,
    /// What `ldap check --json` prints
    LdapCheck,
    /// What `ldap search` prints, a line
    LdapEntry,
    /// What `ldap group --json` prints
    LdapGroup,
    /// What `ldap groups-of --json` prints
    LdapGroupsOf,
    /// What `ldap host --json` prints
    LdapHost,
    /// What `ldap members-of --json` prints
    LdapMembersOf,
    /// What `ldap netgroup --json` prints
    LdapNetgroup,
    /// What `ldap user --json` prints
    LdapUser,
    /// What `man --json` prints
    Man,
    /// A line of what `run --json` prints
    Run,
    /// What `schema --json` prints
    Schema,
    /// What `tls --json` prints
    Tls,
    /// What `version --json` prints
    Version,
}

impl Name {
    fn schema(self) -> schemars::Schema {
        match self {
            Self::Check => schema_of::<CheckAnswer>(),
            Self::CheckAck => schema_of::<AckAnswer>(),
            Self::CheckChange => schema_of_flow::<ChangeLine>(&ChangeLine::format(), ChangeLine::VERSION),
            Self::CheckDowntimes => schema_of::<DowntimesAnswer>(),
            Self::CheckExplain => schema_of::<CheckExplainAnswer>(),
            Self::CheckReport => schema_of::<ReportAnswer>(),
            Self::CheckStatus => schema_of::<StatusAnswer>(),
            Self::Checks => checks_file(),
            Self::Config => config::schema(),
            Self::ConfigShow => schema_of::<ConfigAnswer>(),
            Self::Copy => copy::schema(),
            Self::DbCluster => schema_of::<ClusterAnswer>(),
            Self::DbExec => schema_of::<ExecAnswer>(),
            Self::DbListener => schema_of::<ListenerAnswer>(),
            Self::DbPing => schema_of::<PingAnswer>(),
            Self::DbQuery => query::schema(),
            Self::DbRole => schema_of::<RoleAnswer>(),
            Self::DeployEvent => schema_of_flow::<EventLine>(&EventLine::format(), EventLine::VERSION),
            Self::DeployPlan => schema_of::<PlanAnswer>(),
            Self::DeployReport => schema_of::<RunReport>(),
            Self::DeployStats => schema_of::<StatsAnswer>(),
            Self::DeployStatus => schema_of::<RunAnswer>(),
            Self::DeployTold => schema_of::<TellAnswer>(),
            Self::DeployUnlock => schema_of::<UnlockAnswer>(),
            Self::Facts => facts::schema(),
            Self::InventoryExplain => schema_of::<ExplainAnswer>(),
            Self::InventoryHosts => schema_of_list::<shapes::Hosts>("inventory-hosts"),
            Self::InventoryLint => schema_of_list::<shapes::Findings>("inventory-lint"),
            Self::InventoryNodes => schema_of::<NodesAnswer>(),
            Self::LdapAuthenticate => schema_of::<authenticate::AuthenticateAnswer>(),
            Self::LdapCheck => schema_of::<check::CheckAnswer>(),
            Self::LdapEntry => search::schema(),
            Self::LdapGroup => schema_of::<ldap::GroupAnswer>(),
            Self::LdapGroupsOf => schema_of::<groups::GroupsAnswer>(),
            Self::LdapHost => schema_of::<ldap::HostAnswer>(),
            Self::LdapMembersOf => schema_of::<groups::MembersAnswer>(),
            Self::LdapNetgroup => schema_of::<ldap::NetgroupAnswer>(),
            Self::LdapUser => schema_of::<ldap::UserAnswer>(),
            Self::Man => schema_of::<ManAnswer>(),
            Self::Run => run::schema(),
            Self::Schema => schema_of::<SchemaAnswer>(),
            Self::Tls => schema_of::<TlsAnswer>(),
            Self::Version => schema_of::<VersionAnswer>(),
        }
    }
}

/// The schemas that can be printed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct SchemaAnswer {
    schemas: Vec<Entry>,
}

/// A schema that can be printed.
#[derive(Debug, Serialize, JsonSchema)]
struct Entry {
    /// The name to ask for.
    name: String,
    /// What it describes.
    describes: String,
}

impl Answer for SchemaAnswer {
    const NAME: &'static str = "schema";

    fn page(&self, page: &mut Page) {
        let rows = self.schemas.iter().map(|entry| [entry.name.clone(), entry.describes.clone()]);
        page.table(["NAME", "DESCRIBES"], rows);
    }
}

impl Schema {
    pub(super) fn run(&self, ui: &Ui) -> Result<Exit> {
        Ok(match self.name {
            Some(name) => ui.text(&format!("{:#}\n", name.schema().to_value()), Exit::Fine),
            None => ui.answer(&list(), Exit::Fine),
        })
    }
}

fn list() -> SchemaAnswer {
    let entry = |value: clap::builder::PossibleValue| Entry {
        name: value.get_name().to_owned(),
        describes: value.get_help().map(ToString::to_string).unwrap_or_default(),
    };
    SchemaAnswer {
        schemas: Name::value_variants().iter().filter_map(ValueEnum::to_possible_value).map(entry).collect(),
    }
}
