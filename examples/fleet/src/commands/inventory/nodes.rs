//! `fleet inventory nodes`

mod names;

use crate::cli::examples;
use crate::exit::Exit;
use crate::output::{Answer, Page, Ui};
use clap::{Args, Subcommand};
use purlin::Result;
use purlin::inventory::{NodeSet, SetOperation};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// Fold, expand and combine sets of names, without any inventory
///
/// A set is written as names with commas between them; brackets fold names that differ in numbers: web[01-20].lon,
/// n[0-10/2]. Within one, ! takes away, & keeps what is in both and ^ what is in one of both. "-" reads sets from
/// standard input, one a line, empty lines apart; each line counts as one more set.
#[derive(Debug, Args)]
#[command(arg_required_else_help = true, after_help = examples(&[
    ("inventory nodes fold web01 web02 web03", "web[01-03]"),
    ("inventory nodes expand web[01-03]", "one name a line"),
    ("inventory nodes difference web[01-20] web[05-07]", "what is in the first and not in the second"),
]))]
pub(crate) struct Nodes {
    #[command(subcommand)]
    command: NodesCommand,
}

#[derive(Debug, Subcommand)]
enum NodesCommand {
    /// Write all names as one folded set
    #[command(after_help = examples(&[
        ("inventory nodes fold web01 web02 web03", "web[01-03]"),
        ("inventory nodes fold -", "names from standard input, one a line"),
    ]))]
    Fold(Sets),
    /// Write all names, one a line
    #[command(after_help = examples(&[
        ("inventory nodes expand web[01-03],db1", "db1, web01, web02 and web03"),
        ("inventory nodes expand n[0-100/10] --json", "a JSON array"),
    ]))]
    Expand(Sets),
    /// Count the names
    #[command(after_help = examples(&[("inventory nodes count rack[1-4]n[01-32]", "128")]))]
    Count(Sets),
    /// Keep what is in any of the sets
    #[command(after_help = examples(&[("inventory nodes union web[01-03] web[03-05]", "web[01-05]")]))]
    Union(Sets),
    /// Keep what is in all of the sets
    #[command(after_help = examples(&[("inventory nodes intersection web[01-03] web[03-05]", "web03")]))]
    Intersection(Sets),
    /// Keep what is in the first set and in none of the others
    #[command(after_help = examples(&[("inventory nodes difference web[01-03] web[03-05]", "web[01-02]")]))]
    Difference(Sets),
    /// Keep what is in an odd number of the sets; of two, what is in one only
    #[command(after_help = examples(&[("inventory nodes xor web[01-03] web[03-05]", "web[01-02,04-05]")]))]
    Xor(Sets),
    /// Cut the names into sets of equal size, one a line
    #[command(after_help = examples(&[("inventory nodes split 2 web[01-05]", "web[01-03], then web[04-05]")]))]
    Split {
        /// How many sets
        #[arg(value_name = "PARTS")]
        parts: usize,
        #[command(flatten)]
        sets: Sets,
    },
}

#[derive(Debug, Args)]
struct Sets {
    /// Names, folded or not; "-" reads them from standard input, a set a line
    #[arg(value_name = "NAMES", required = true)]
    sets: Vec<String>,
}

/// Sets of names.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NodesAnswer {
    /// How many names there are in all; a text where it is above 2^53.
    #[serde(serialize_with = "exact")]
    #[schemars(with = "CountShape")]
    count: u128,
    /// The sets, folded.
    sets: Vec<String>,
    #[serde(skip)]
    page: Asked,
}

/// What the page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Sets,
    Count,
}

#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only the schema is made of it")]
enum CountShape {
    Exact(u64),
    Text(String),
}

/// Whole numbers that every reader of JSON keeps.
fn exact<S: Serializer>(count: &u128, serializer: S) -> Result<S::Ok, S::Error> {
    match u64::try_from(*count) {
        Ok(count) if count <= 1 << 53 => serializer.serialize_u64(count),
        _ => serializer.collect_str(count),
    }
}

impl Answer for NodesAnswer {
    const NAME: &'static str = "inventory-nodes";

    fn page(&self, page: &mut Page) {
        match self.page {
            Asked::Sets => self.sets.iter().for_each(|set| page.line(set)),
            Asked::Count => page.line(&self.count.to_string()),
        }
    }
}

impl NodesAnswer {
    fn new(sets: &[NodeSet], page: Asked) -> Self {
        let count = sets.iter().fold(0, |sum: u128, set| sum.saturating_add(set.count()));
        Self { count, sets: sets.iter().map(ToString::to_string).collect(), page }
    }
}

impl Nodes {
    pub(super) fn run(&self, ui: &Ui) -> Result<Exit> {
        let (given, operation) = match &self.command {
            NodesCommand::Intersection(given) => (given, SetOperation::Intersection),
            NodesCommand::Difference(given) => (given, SetOperation::Difference),
            NodesCommand::Xor(given) => (given, SetOperation::Xor),
            NodesCommand::Fold(given)
            | NodesCommand::Expand(given)
            | NodesCommand::Count(given)
            | NodesCommand::Union(given)
            | NodesCommand::Split { sets: given, .. } => (given, SetOperation::Union),
        };
        let set = names::read(&given.sets, operation)?;
        let answer = match &self.command {
            NodesCommand::Expand(_) => return Ok(ui.names(&set, Exit::Fine)),
            NodesCommand::Count(_) => NodesAnswer::new(&[set], Asked::Count),
            NodesCommand::Split { parts, .. } => NodesAnswer::new(&set.split(*parts)?, Asked::Sets),
            _ => NodesAnswer::new(&[set], Asked::Sets),
        };
        Ok(ui.answer(&answer, Exit::Fine))
    }
}
