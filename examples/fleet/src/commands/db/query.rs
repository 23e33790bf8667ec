//! `fleet db query`

use super::most::{Most, most};
use super::parameters::Parameters;
use super::reach::{Reach, RoleChoice, leave};
use super::sheet::{self, Form, QueryDocument, Sheet};
use super::sql::{Text, refused};
use crate::cli::examples;
use crate::config::Config;
use crate::exit::Exit;
use crate::output::{Ui, schema_of_flow};
use crate::runtime::Runtime;
use clap::Args;
use purlin::core::Diagnostic;
use purlin::db::{
    Capability, Database, DatabaseSettings, DbDetail, Protocol, Session, Target, Vendor, drivers,
};
use purlin::{Cx, Error, ErrorKind, Result};

/// MySQL's and MariaDB's "not supported in the prepared statement protocol yet".
const CANNOT_BE_PREPARED: i64 = 1295;

/// Ask a database, without a chance to change anything
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true, after_help = examples(&[
    ("db query @map 'select name from host where site = $1' lon", "the server's own placeholder: $1, ? for MySQL and SQLite, @P1 for SQL Server"),
    ("db query sqlite:state.db 'select ? is null' NULL --null NULL", "a value that is NULL"),
    ("db query sqlite:state.db 'select * from run' --json", "for a program"),
    ("db query @map - --csv --max-rows all --timeout 10m < report.sql", "everything, to a spreadsheet"),
    ("db query mysql://ops@db1.lon,db2.lds/map 'show processlist' --role primary", "of the node that takes writes"),
]))]
pub(crate) struct Query {
    /// The database: a URL, or @NAME for a connection of the configuration
    #[arg(value_name = "URL")]
    database: String,
    /// One statement ("-": standard input)
    sql: String,
    #[command(flatten)]
    parameters: Parameters,
    /// Write CSV (RFC 4180): NULL is empty, an empty text is ""
    #[arg(long)]
    csv: bool,
    /// Show at most so many rows; `all` for no end
    #[arg(long, value_name = "N", default_value = "1000", value_parser = most)]
    max_rows: Most,
    /// Ask a node of this role [default: what the URL says, else any]
    #[arg(long, value_name = "ROLE")]
    role: Option<RoleChoice>,
    /// Ask also where the server cannot be held to reading; where it can, it is held all the same
    #[arg(long)]
    allow_writes: bool,
    #[command(flatten)]
    pub(super) reach: Reach,
}

/// The JSON Schema of what `--json` prints.
pub(crate) fn schema() -> schemars::Schema {
    schema_of_flow::<QueryDocument>(&sheet::format(), sheet::VERSION)
}

/// How the reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Complete,
    /// There are more rows.
    MoreRows,
    /// There are more results.
    MoreResults,
}

impl Query {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let form = match (ui.is_json(), self.csv) {
            (true, true) => {
                let fault = Diagnostic::error("usage", "--json and --csv cannot be used together");
                return Err(refused(fault.help("say one of them")));
            }
            (true, false) => Form::Json,
            (false, true) => Form::Csv,
            (false, false) => Form::Table,
        };
        let target = self.reach.find(&self.database, config)?;
        let text = Text::read(&self.sql, self.reach.reads_standard_input())?;
        self.one_statement(&text, &target)?;
        let mut targets = [target];
        self.reach.unlock(&mut targets, config, runtime)?;
        let [target] = targets;

        let mut sheet = Sheet::new(ui, form);
        let limit = config.timeout.value;
        let asked = runtime.block_on(|cx| self.ask(cx.with_timeout(limit), target, &text.text, &mut sheet));
        match asked {
            Ok(End::Complete) => Ok(sheet.finish(Exit::Fine)),
            Ok(end) => {
                let told = self.told(end, sheet.rows);
                let exit = sheet.finish(Exit::No);
                ui.verdict(ErrorKind::Cancelled, &told);
                Ok(exit)
            }
            Err(error) => {
                sheet.give_up();
                Err(error)
            }
        }
    }

    fn one_statement(&self, text: &Text, target: &Target) -> Result<()> {
        let connector = drivers().connector(target)?;
        let parts = text.statements(connector.dialect())?;
        match parts.get(1) {
            None => Ok(()),
            Some(second) => {
                let fault = Diagnostic::error("several-statements", "a second statement begins here");
                let fault = fault.place(text.place(second));
                Err(refused(fault.help("ask one at a time; `db exec` runs several")))
            }
        }
    }

    async fn ask(&self, cx: Cx, target: Target, sql: &str, sheet: &mut Sheet<'_>) -> Result<End> {
        let mut settings = DatabaseSettings::new();
        settings.role = self.role.map(Into::into);
        let database = Database::connect(&cx, &drivers(), target).settings(settings).lazily().await?;
        let mut session = database.acquire(&cx).await?;
        let end = self.held(&cx, &mut session, sql, sheet).await?;
        drop(session);
        leave(&cx, &database).await;
        Ok(end)
    }

    /// Asks where the server refuses every write.
    async fn held(&self, cx: &Cx, session: &mut Session, sql: &str, sheet: &mut Sheet<'_>) -> Result<End> {
        if session.info().capabilities.has(Capability::ReadOnlyTransactions) {
            // A procedure can end the transaction that it is called in; what comes after is held as well.
            if let Some(statement) = every_transaction(session.info().vendor) {
                session.execute(cx, statement).await?;
            }
            let mut transaction = session.begin(cx).read_only().await?;
            let end = self.read(cx, &mut transaction, sql, sheet).await?;
            // Nothing was changed, so nothing is lost where the time is over.
            let _ = transaction.rollback(cx).await;
            return Ok(end);
        }
        if self.allow_writes {
            return self.read(cx, session, sql, sheet).await;
        }
        let endpoint = session.info().endpoint.clone();
        let message = "this server cannot be held to reading; say --allow-writes to ask all the same";
        Err(Error::new(ErrorKind::Unsupported, message).with_operation("db.query").with_endpoint(endpoint))
    }

    /// Asks, as a prepared statement: no server takes a second one in it.
    async fn read(&self, cx: &Cx, session: &mut Session, sql: &str, sheet: &mut Sheet<'_>) -> Result<End> {
        match self.rows(cx, session, sql, Protocol::Prepared, sheet).await {
            Err(error) if self.parameters.is_empty() && cannot_be_prepared(&error) => {
                self.rows(cx, session, sql, Protocol::Text, sheet).await
            }
            read => read,
        }
    }

    async fn rows(
        &self,
        cx: &Cx,
        session: &mut Session,
        sql: &str,
        protocol: Protocol,
        sheet: &mut Sheet<'_>,
    ) -> Result<End> {
        let begun = cx.now();
        let endpoint = session.info().endpoint.clone();
        let query = session.query(cx, sql).protocol(protocol);
        let mut rows = self.parameters.values().fold(query, |query, value| query.bind(value)).await?;
        let mut end = End::Complete;
        let mut reads = sheet.begin(cx, &endpoint, rows.columns()).await?;
        while reads {
            let Some(row) = rows.next().await? else { break };
            if self.max_rows.0 == Some(sheet.rows) {
                end = End::MoreRows;
                break;
            }
            reads = sheet.row(cx, row).await?;
        }
        while reads && end == End::Complete && rows.next_result().await? {
            if !rows.columns().is_empty() {
                end = End::MoreResults;
            }
        }
        drop(rows);
        sheet.end(cx, end != End::Complete, cx.now().since(begun)).await?;
        Ok(end)
    }

    fn told(&self, end: End, rows: u64) -> Diagnostic {
        match end {
            End::MoreResults => Diagnostic::error("truncated", "the first result only: there are more"),
            _ => Diagnostic::error("truncated", format!("the first {rows} rows only: there are more"))
                .help("say --max-rows N, or --max-rows all"),
        }
    }
}

/// Holds the transactions to come to reading, too.
fn every_transaction(vendor: Vendor) -> Option<&'static str> {
    match vendor {
        Vendor::MySql | Vendor::MariaDb => Some("SET SESSION TRANSACTION READ ONLY"),
        _ => None,
    }
}

fn cannot_be_prepared(error: &Error) -> bool {
    let detail = error.detail::<DbDetail>();
    detail.is_some_and(|detail| {
        matches!(detail.vendor, Vendor::MySql | Vendor::MariaDb) && detail.code == Some(CANNOT_BE_PREPARED)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use crate::config::Environment;
    use clap::Parser;
    use purlin::db::Capabilities;
    use purlin::db::fake::{FakeDatabase, Reply};

    #[derive(Debug, Parser)]
    struct Only {
        #[command(flatten)]
        query: Query,
    }

    /// Asks a server that has no read-only transactions.
    fn asked(words: &[&str]) -> Result<End> {
        let query = Only::parse_from([&["query", "fake:x", "select 1"], words].concat()).query;
        let cli = Cli::parse_from(["fleet", "version", "--json"]);
        let ui = Ui::early(&cli.global, &Environment::of_process());
        let runtime = Runtime::default();
        runtime.block_on(|cx| async move {
            let db = FakeDatabase::new();
            db.set_capabilities(Capabilities::new()).on("select 1", Reply::rows(["it"], [["1"]]));
            let mut session = db.session(&cx).await?;
            query.held(&cx, &mut session, "select 1", &mut Sheet::new(&ui, Form::Json)).await
        })
    }

    #[test]
    fn a_server_that_cannot_be_held_to_reading_is_asked_on_demand_only() {
        let refused = asked(&[]).unwrap_err();
        assert_eq!(Exit::of(&refused), Exit::BadInput);
        assert!(refused.message().contains("--allow-writes"), "{refused}");
        assert_eq!(asked(&["--allow-writes"]).unwrap(), End::Complete);
    }
}
