//! `fleet deploy plan`

use super::given::Given;
use super::keeper::Keeper;
use super::plan_file;
use crate::cli::examples;
use crate::commands::remote::{Ways, hosts};
use crate::config::Config;
use crate::exit::Exit;
use crate::input::Source;
use crate::output::{Answer, Mood, Page, Ui};
use crate::runtime::Runtime;
use clap::Args;
use purlin::core::{Diagnostics, Timestamp};
use purlin::deploy::Plan;
use purlin::{Cx, Result};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::PathBuf;

/// Look at every host, and say what a deployment would change; nothing is changed
///
/// Of each step on each host it says no_change, change with the difference, may (it runs, and cannot say whether it changes
/// something), unknown (an earlier step has to come first) or blocked (exit code 1).
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("deploy plan -i estate.toml -f deploy.toml --out plan.json", "a plan to apply"),
    ("deploy plan -i estate.toml -f deploy.toml", "look only"),
    ("deploy plan -f deploy.toml --runbook > page.md", "as a page that people can follow"),
]))]
pub(crate) struct PlanCommand {
    #[command(flatten)]
    pub(super) given: Given,
    /// The file that says what to deploy: deploy.toml ("-": standard input)
    #[arg(short, long, value_name = "FILE")]
    file: PathBuf,
    /// Write the plan there, to be applied once
    #[arg(long, value_name = "PLAN")]
    out: Option<PathBuf>,
    /// Print the plan as a runbook in Markdown
    #[arg(long, conflicts_with = "json")]
    runbook: bool,
}

/// What a deployment would change.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PlanAnswer {
    /// The plan.
    id: String,
    /// What is deployed: the release that hosts have after it.
    name: String,
    /// When the hosts were looked at.
    #[schemars(with = "String", extend("format" = "date-time"))]
    made_at: Timestamp,
    /// A digest of steps, gates and rollout, the same in a rehearsal and in production.
    content: String,
    /// The file that it was written to; null where none was wanted.
    file: Option<String>,
    /// Whether anything would change, or may.
    changes: bool,
    /// The hosts.
    hosts: Vec<HostView>,
    /// Who goes with whom, in order.
    batches: Vec<Vec<String>>,
    /// What people should know before it runs, such as from which step on there is no way back.
    warnings: Vec<String>,
}

/// What would change on a host.
#[derive(Debug, Serialize, JsonSchema)]
struct HostView {
    /// Its name.
    host: String,
    /// Where it is.
    address: String,
    /// The release that it has now; null where no run has left word of one.
    release: Option<String>,
    /// What each step found.
    findings: Vec<FindingView>,
}

/// What a step found on a host.
#[derive(Debug, Serialize, JsonSchema)]
struct FindingView {
    /// The step.
    step: String,
    /// no_change, change, may, unknown or blocked.
    finding: String,
    /// The difference, or the reason.
    text: String,
}

impl PlanAnswer {
    pub(super) fn new(plan: &Plan, file: Option<String>) -> Self {
        let hosts = plan.hosts.iter().map(|host| HostView {
            host: host.name.to_string(),
            address: host.address.clone(),
            release: host.release.clone(),
            findings: host
                .findings
                .iter()
                .map(|found| FindingView {
                    step: found.step.to_string(),
                    finding: found.finding.clone(),
                    text: found.text.clone(),
                })
                .collect(),
        });
        let hosts: Vec<HostView> = hosts.collect();
        Self {
            id: plan.id.to_string(),
            name: plan.name.clone(),
            made_at: plan.made_at,
            content: plan.content.clone(),
            file,
            changes: hosts.iter().flat_map(|host| &host.findings).any(|found| found.finding != "no_change"),
            hosts,
            batches: plan
                .batches
                .iter()
                .map(|batch| batch.iter().map(ToString::to_string).collect())
                .collect(),
            warnings: plan.warnings.clone(),
        }
    }

    pub(super) fn exit(&self) -> Exit {
        let is_blocked = self.hosts.iter().flat_map(|host| &host.findings).any(|it| it.finding == "blocked");
        if is_blocked { Exit::No } else { Exit::Fine }
    }
}

impl Answer for PlanAnswer {
    const NAME: &'static str = "deploy-plan";

    fn page(&self, page: &mut Page) {
        let batches = match self.batches.len() {
            1 => "one batch".to_owned(),
            count => format!("{count} batches"),
        };
        page.line(&format!("{}: {} in {batches}", self.name, hosts(self.hosts.len())));
        let rows = self.hosts.iter().flat_map(|host| {
            host.findings.iter().map(|found| {
                [found.finding.clone(), host.host.clone(), found.step.clone(), first(&found.text)]
            })
        });
        page.state_table(["FINDING", "HOST", "STEP", "WHY"], rows, |finding| match finding {
            "no_change" => Mood::Good,
            "blocked" => Mood::Bad,
            _ => Mood::Doubtful,
        });
        for (text, found) in self.differences() {
            page.heading(&found);
            page.printed(2, text);
        }
        if !self.warnings.is_empty() {
            page.heading("mind");
            self.warnings.iter().for_each(|warning| page.line(&format!("  {warning}")));
        }
        if let Some(file) = &self.file {
            page.heading(&format!("plan {} is in {file}", self.id));
        }
    }
}

impl PlanAnswer {
    /// Each difference once, with the steps and hosts that it is of.
    fn differences(&self) -> Vec<(&str, String)> {
        let mut all: Vec<(&str, Vec<String>)> = Vec::new();
        for host in &self.hosts {
            for found in host.findings.iter().filter(|it| it.finding == "change" && !it.text.is_empty()) {
                let name = format!("{} {}", host.host, found.step);
                match all.iter_mut().find(|(text, _)| *text == found.text) {
                    Some((_, names)) => names.push(name),
                    None => all.push((&found.text, vec![name])),
                }
            }
        }
        all.into_iter().map(|(text, names)| (text, names.join(", "))).collect()
    }
}

/// A reason is a line; a difference has its place further down.
fn first(text: &str) -> String {
    if text.contains('\n') { String::new() } else { text.to_owned() }
}

impl PlanCommand {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let mut faults = Diagnostics::new();
        let source = Source::named(&self.file, &mut faults);
        let Some(source) = source.filter(|_| !faults.has_errors()) else {
            let _ = faults.into_result("deploy.load")?;
            return Err(super::unusable("the file of the deployment cannot be read"));
        };
        let ways = self.given.login.ways(runtime)?;
        let (plan, warnings) =
            runtime.block_on(|cx| async move { self.make(&cx, config, &ways, &source).await })?;
        ui.diagnostics(&warnings);
        if let Some(path) = &self.out {
            plan_file::write(path, &plan)?;
        }
        let answer = PlanAnswer::new(&plan, self.out.as_ref().map(|path| path.display().to_string()));
        let exit = answer.exit();
        Ok(if self.runbook { ui.text(&plan.runbook(), exit) } else { ui.answer(&answer, exit) })
    }

    async fn make(
        &self,
        cx: &Cx,
        config: &Config,
        ways: &Ways,
        source: &Source,
    ) -> Result<(Plan, Diagnostics)> {
        let named = (source.name.as_str(), source.text.as_str());
        let (deployment, warnings) = self.given.deployment(cx, config, ways, named).await?;
        if self.out.is_some() && deployment.origin.inventory.iter().any(|source| source == "-") {
            let message = "hosts that come by standard input cannot be found again when the plan is applied";
            return Err(super::unusable(message));
        }
        let keeper = Keeper::open(cx, config).await?;
        let made = keeper.deployer().plan(cx, &deployment).await;
        keeper.close(cx).await;
        Ok((made?, warnings))
    }
}
