//! `fleet inventory explain`

use super::shapes;
use super::sources::Sources;
use crate::cli::examples;
use crate::config::{Config, Layer};
use crate::exit::Exit;
use crate::output::{Answer, Page, Ui};
use crate::runtime::Runtime;
use clap::Args;
use purlin::Result;
use purlin::core::Place;
use purlin::inventory::{Contribution, Explanation, Shown};
use schemars::JsonSchema;
use serde::Serialize;

/// Show why a host's variable has its value: who said what, where, and which rule decided
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("inventory explain web01 http_port -i hosts.ini", "everybody who spoke, the weakest first"),
    ("inventory explain web01 http_port --json", "the same for a program"),
]))]
pub(crate) struct Explain {
    #[command(flatten)]
    sources: Sources,
    /// The host
    #[arg(value_name = "HOST")]
    host: String,
    /// The variable
    #[arg(value_name = "KEY")]
    key: String,
}

/// Why a variable of a host has its value. Secrets are `***`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ExplainAnswer {
    /// The host.
    host: String,
    /// The variable.
    key: String,
    /// The value in force.
    #[schemars(with = "serde_json::Value")]
    value: Shown,
    /// Where it was said; of merged values, where the strongest was.
    #[schemars(with = "shapes::Place")]
    place: Place,
    /// The rule that decided, in words.
    rule: String,
    /// Everybody who spoke, the weakest first.
    contributions: Vec<Said>,
}

/// What one of those who spoke said.
#[derive(Debug, Serialize, JsonSchema)]
struct Said {
    /// Who.
    layer: String,
    /// What.
    #[schemars(with = "serde_json::Value")]
    value: Shown,
    /// Where.
    #[schemars(with = "shapes::Place")]
    place: Place,
    /// Whether it is in force, alone or as a part of what was merged.
    won: bool,
}

impl From<Contribution> for Said {
    fn from(said: Contribution) -> Self {
        Self { layer: said.layer, value: said.value, place: said.place, won: said.won }
    }
}

impl From<Explanation> for ExplainAnswer {
    fn from(explained: Explanation) -> Self {
        Self {
            host: explained.host,
            key: explained.key,
            value: explained.value,
            place: explained.place,
            rule: explained.rule,
            contributions: explained.contributions.into_iter().map(Said::from).collect(),
        }
    }
}

impl Answer for ExplainAnswer {
    const NAME: &'static str = "inventory-explain";

    fn page(&self, page: &mut Page) {
        page.heading(&format!("{} of {}", self.key, self.host));
        page.field("value", &self.value.to_string());
        page.field("from", &self.place.to_string());
        page.field("because", &self.rule);
        page.heading("said, the weakest first");
        let rows = self.contributions.iter().map(|said| {
            let mark = if said.won { "*" } else { "" };
            [mark.to_owned(), said.layer.clone(), said.value.to_string(), said.place.to_string()]
        });
        page.table(["", "WHO", "VALUE", "WHERE"], rows);
    }
}

impl Explain {
    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        self.sources.layer()
    }

    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let inventory = self.sources.load(ui, config, runtime)?.inventory;
        let explained = inventory.explain(&self.host, &self.key)?;
        Ok(ui.answer(&ExplainAnswer::from(explained), Exit::Fine))
    }
}
