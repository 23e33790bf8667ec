//! `fleet db exec`

mod result;
mod work;

use super::most::{Most, most};
use super::parameters::Parameters;
use super::reach::{Reach, RoleChoice};
use super::sql::Text;
use crate::cli::examples;
use crate::config::Config;
use crate::consent::{Consent, Plan};
use crate::exit::Exit;
use crate::output::{Answer, Integer, Page, Ui};
use crate::runtime::Runtime;
use clap::Args;
use purlin::core::{Diagnostic, units};
use purlin::db::{Target, WantedRole, drivers};
use purlin::{Error, ErrorKind, Result};
use result::Answered;
use schemars::JsonSchema;
use serde::Serialize;
use std::time::Duration;
use work::{Done, Stays, Work};

/// Change a database: all statements, or none
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true, after_help = examples(&[
    ("db exec @map 'delete from host where id = $1' 7", "asks on a terminal"),
    ("db exec @map 'insert into host (name, site) values ($1, $2) returning id' web01 - --null -", "a value that is NULL, and the rows that come back"),
    ("db exec @map - --yes < change.sql", "a script, in one transaction"),
    ("db exec @map 'delete from host' --dry-run", "where it would be done; nothing is changed"),
    ("db exec @map 'vacuum host' --context prod --yes=prod --no-transaction", "in a protected context"),
]))]
pub(crate) struct Exec {
    /// The database: a URL, or @NAME for a connection of the configuration
    #[arg(value_name = "URL")]
    database: String,
    /// One statement or several ("-": standard input)
    sql: String,
    #[command(flatten)]
    parameters: Parameters,
    /// Show at most so many rows of what a statement gives back; `all` for no end
    #[arg(long, value_name = "N", default_value = "1000", value_parser = most)]
    max_rows: Most,
    /// Let each statement last by itself, for what no transaction can hold
    #[arg(long)]
    no_transaction: bool,
    /// Ask a node of this role [default: what the URL says, else primary where there are several addresses]
    #[arg(long, value_name = "ROLE")]
    role: Option<RoleChoice>,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    pub(super) reach: Reach,
}

/// What was changed, or would be.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ExecAnswer {
    /// Who did it, or would.
    endpoint: String,
    /// The context in use; null where there is none.
    context: Option<String>,
    /// Whether nothing was changed, because nothing was to be.
    dry_run: bool,
    /// Whether all of it stands in one transaction.
    in_transaction: bool,
    /// Each statement.
    statements: Vec<Statement>,
    /// How many rows were changed in all.
    affected: Integer,
    /// How long it took, in milliseconds.
    elapsed_ms: f64,
}

/// A statement.
#[derive(Debug, Serialize, JsonSchema)]
struct Statement {
    /// Where it begins, as FILE:LINE:COLUMN.
    place: String,
    /// Its text.
    sql: String,
    /// How many rows it changed, 0 where the server does not say; null where it was not run.
    affected: Option<Integer>,
    /// The key that the server made for an inserted row; null where it does not say.
    last_insert_id: Option<Integer>,
    /// What it gave back, as of RETURNING: an answer for each result that has columns.
    results: Vec<Answered>,
}

impl Answer for ExecAnswer {
    const NAME: &'static str = "db-exec";

    fn page(&self, page: &mut Page) {
        let took = units::duration::approximate(Duration::from_secs_f64(self.elapsed_ms / 1e3));
        let count = self.statements.len();
        let statements = if count == 1 { "1 statement".to_owned() } else { format!("{count} statements") };
        if self.dry_run {
            let how = if self.in_transaction { "in one transaction" } else { "each by itself" };
            page.line(&format!("would run {statements} on {}, {how}; nothing was changed", self.endpoint));
            for statement in &self.statements {
                page.line(&format!("  {}  {}", statement.place, statement.sql));
            }
            return;
        }
        self.statements.iter().flat_map(|statement| &statement.results).for_each(|result| result.page(page));
        page.line(&format!("{statements} on {}, {} rows changed, {took}", self.endpoint, self.affected));
    }
}

impl Exec {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let target = self.reach.find(&self.database, config)?;
        let text = Text::read(&self.sql, self.reach.reads_standard_input())?;
        let work = Work::new(&text, drivers().connector(&target)?.dialect(), self)?;
        if !self.consent.dry_run {
            let plan = Plan { target: target.to_string(), steps: work.steps() };
            if let Err(exit) = self.consent.given(ui, config, runtime, &plan)? {
                return Ok(exit);
            }
        }
        let role = self.role(&target);
        let mut targets = [target];
        self.reach.unlock(&mut targets, config, runtime)?;
        let [target] = targets;
        let (limit, dry_run) = (config.timeout.value, self.consent.dry_run);
        let mut stays = Stays::Nothing;
        let done = runtime.block_on(|cx| work.run(cx.with_timeout(limit), target, role, dry_run, &mut stays));
        match done {
            Ok(done) => Ok(give(ui, &ExecAnswer::new(done, &work, config, dry_run))),
            Err(error) => {
                ui.error(&error);
                Ok(tell(ui, &error, stays))
            }
        }
    }

    /// What changes something wants to be written to.
    fn role(&self, target: &Target) -> Option<WantedRole> {
        let said = self.role.map(WantedRole::from);
        let several = target.hosts.len() > 1 && target.role == WantedRole::Any;
        said.or_else(|| several.then_some(WantedRole::Primary))
    }
}

impl ExecAnswer {
    fn new(done: Done, work: &Work<'_>, config: &Config, dry_run: bool) -> Self {
        let affected = done.ran.iter().fold(0_u64, |sum, it| sum.saturating_add(it.affected));
        let mut ran = done.ran.into_iter();
        let statement = |part: &work::Part<'_>| {
            let ran = ran.next();
            Statement {
                place: part.place.to_string(),
                sql: part.sql.to_owned(),
                affected: ran.as_ref().map(|ran| ran.affected.into()),
                last_insert_id: ran.as_ref().and_then(|ran| ran.last_insert_id).map(Into::into),
                results: ran.map_or_else(Vec::new, |ran| ran.results),
            }
        };
        Self {
            endpoint: done.endpoint.to_string(),
            context: config.context.value.clone(),
            dry_run,
            in_transaction: done.in_transaction,
            statements: work.parts.iter().map(statement).collect(),
            affected: affected.into(),
            elapsed_ms: (done.elapsed.as_secs_f64() * 1e6).round() / 1e3,
        }
    }
}

/// Gives the answer, and says where it is not all of it.
fn give(ui: &Ui, answer: &ExecAnswer) -> Exit {
    let mut results = answer.statements.iter().flat_map(|statement| &statement.results);
    let Some(cut) = results.find(|result| result.truncated) else {
        return ui.answer(answer, Exit::Fine);
    };
    let exit = ui.answer(answer, Exit::No);
    let message = format!("the first {} rows only of what came back: there are more", cut.rows());
    let told = Diagnostic::error("truncated", message);
    ui.verdict(ErrorKind::Cancelled, &told.help("all of it was done; --max-rows says how much is shown"));
    exit
}

/// Tells what stays of what went wrong.
fn tell(ui: &Ui, error: &Error, stays: Stays) -> Exit {
    let exit = Exit::of(error);
    match stays {
        Stays::Nothing => exit,
        Stays::RolledBack => {
            let told =
                Diagnostic::warning("rolled-back", "the transaction was rolled back: nothing was changed");
            ui.verdict(error.kind(), &told);
            exit
        }
        Stays::Before(count) => {
            let message = format!("what stands before it has taken effect: statements 1 to {count}");
            ui.verdict(error.kind(), &Diagnostic::error("partly-done", message));
            exit
        }
        Stays::InDoubt => {
            let told = Diagnostic::error("in-doubt", "whether it has taken effect is not known");
            ui.verdict(error.kind(), &told.help("look into the database before you repeat it"));
            exit.max(Exit::NeedsPerson)
        }
    }
}
