//! `fleet ldap check`

use super::reach::{Reach, usage};
use super::shapes::or_dash;
use crate::cli::examples;
use crate::config::Config;
use crate::exit::Exit;
use crate::output::{self, Answer, Page, Ui, code};
use crate::runtime::Runtime;
use clap::Args;
use purlin::core::{Timestamp, units};
use purlin::ldap::client::{ServerCertificate, ServerTls};
use purlin::ldap::{Dn, ServerReport};
use purlin::{Error, Result};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// Look at each server of a directory by itself: TLS, certificates, login, an entry, how far behind it is
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("ldap check", "each server of the connection named `directory`"),
    ("ldap check @corp --known uid=ada,ou=people,dc=example,dc=org", "does each have this entry"),
    ("ldap check @corp --json | jq '.servers[].tls.leaf.days_left'", "for a program"),
]))]
pub(crate) struct Check {
    /// The directory, like --url
    #[arg(value_name = "@CONNECTION")]
    places: Vec<String>,
    /// The entry that each server must have [default: the base]
    #[arg(long, value_name = "DN")]
    known: Option<String>,
    #[command(flatten)]
    pub(super) reach: Reach,
}

/// Each server of a directory by itself.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CheckAnswer {
    /// Whether all answer.
    all_answer: bool,
    /// Each, in the order of preference.
    servers: Vec<Server>,
}

/// What came of it at one server.
#[derive(Debug, Serialize, JsonSchema)]
struct Server {
    /// Its URL.
    server: String,
    /// The address that answered; null where none did.
    address: Option<String>,
    /// Whether it answers, lets us in and has the entry.
    answers: bool,
    /// Who made it; null where it does not say.
    vendor: Option<String>,
    /// What was agreed on; null without TLS, or where it failed.
    tls: Option<Tls>,
    /// How far it is behind the others, in seconds; null where it cannot be told.
    behind_s: Option<f64>,
    /// The newest change that it has from each server that takes writes, by that server's number.
    #[schemars(with = "BTreeMap<String, String>")]
    newest: BTreeMap<String, Timestamp>,
    /// How long the parts took, in milliseconds: resolve, connect, start_tls, tls, bind, search, those that happened.
    phases_ms: BTreeMap<&'static str, f64>,
    /// Why it is of no use; null where it answers.
    error: Option<Failure>,
}

/// TLS as it was agreed on.
#[derive(Debug, Serialize, JsonSchema)]
struct Tls {
    /// Its version.
    version: String,
    /// The server's own certificate.
    leaf: Certificate,
    /// The authority at the end of its chain; null where it cannot be told.
    authority: Option<Certificate>,
}

/// A certificate.
#[derive(Debug, Serialize, JsonSchema)]
struct Certificate {
    /// Whom it is for.
    subject: String,
    /// Who signed it.
    issuer: String,
    /// The names and addresses that it is for.
    names: Vec<String>,
    /// Until when it is valid.
    #[schemars(with = "String", extend("format" = "date-time"))]
    not_after: Timestamp,
    /// Whole days until then.
    days_left: i64,
}

/// Why a server is of no use.
#[derive(Debug, Serialize, JsonSchema)]
struct Failure {
    /// Its stable name, such as refused, timeout, expired or bind-refused.
    code: String,
    /// The same in words.
    message: String,
}

impl Check {
    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let places: Vec<&str> = self.places.iter().map(String::as_str).collect();
        let help = "write the name of an entry, such as uid=ada,ou=people,dc=example,dc=org";
        let known = self.known.as_deref().map(Dn::new).transpose();
        let known = known.map_err(|error| usage("--known", &error, help))?;
        let mut found = self.reach.find(&places, config)?;
        found.unlock(config, runtime)?;
        let limit = config.timeout.value;
        let reports = runtime.block_on(|cx| async move {
            let inner = cx.with_timeout(limit);
            let directory = found.open_for_check(&inner).await?;
            let reports = directory.inspect(&inner, known.as_ref()).await;
            // A signal is no fault of the servers.
            if cx.is_cancelled() {
                cx.check("ldap.check")?;
            }
            Ok(reports)
        })?;
        let faults: Vec<Error> = reports.iter().filter_map(|report| report.fault.clone()).collect();
        let exit = verdict(reports.len(), &faults);
        let servers = reports.into_iter().map(Server::new).collect();
        let exit = ui.answer(&CheckAnswer { all_answer: faults.is_empty(), servers }, exit);
        faults.iter().for_each(|error| ui.error(error));
        Ok(exit)
    }
}

/// One of several that is down is an answer, and all are none.
fn verdict(servers: usize, faults: &[Error]) -> Exit {
    let worst = faults.iter().map(Exit::of).max().unwrap_or(Exit::Fine);
    match faults.len() {
        0 => Exit::Fine,
        failed if failed < servers && worst == Exit::Unreachable => Exit::No,
        _ => worst,
    }
}

fn ms(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

impl Server {
    fn new(report: ServerReport) -> Self {
        Self {
            server: report.server.to_string(),
            address: report.address.map(|address| address.to_string()),
            answers: report.fault.is_none(),
            vendor: report.vendor,
            tls: report.tls.map(Tls::new),
            behind_s: report.behind.map(|behind| behind.as_secs_f64()),
            newest: report.newest,
            phases_ms: report.phases.iter().map(|(name, took)| (name, ms(took))).collect(),
            error: report.fault.map(|error| Failure { code: code(&error), message: format!("{error:#}") }),
        }
    }
}

impl Tls {
    fn new(tls: ServerTls) -> Self {
        let ServerTls { version, leaf, authority, .. } = tls;
        Self { version, leaf: Certificate::new(leaf), authority: authority.map(Certificate::new) }
    }
}

impl Certificate {
    fn new(known: ServerCertificate) -> Self {
        let ServerCertificate { subject, issuer, names, not_after, days_left, .. } = known;
        Self { subject, issuer, names, not_after, days_left }
    }
}

impl Answer for CheckAnswer {
    const NAME: &'static str = "ldap-check";

    fn page(&self, page: &mut Page) {
        let rows = self.servers.iter().map(|server| {
            let answer = server.error.as_ref().map_or("answers", |error| error.code.as_str()).to_owned();
            let days = |certificate: Option<&Certificate>| or_dash(certificate.map(|known| known.days_left));
            let tls = server.tls.as_ref();
            let total: f64 = server.phases_ms.values().sum();
            let time = |seconds: f64| units::duration::approximate(Duration::from_secs_f64(seconds));
            [
                server.server.clone(),
                answer,
                or_dash(server.vendor.as_ref()),
                days(tls.map(|tls| &tls.leaf)),
                days(tls.and_then(|tls| tls.authority.as_ref())),
                or_dash(server.behind_s.map(time)),
                time(total / 1e3),
            ]
        });
        page.table(["SERVER", "ANSWER", "VENDOR", "CERT DAYS", "CA DAYS", "BEHIND", "TIME"], rows);
        for server in &self.servers {
            let Some(tls) = &server.tls else { continue };
            page.heading(&server.server);
            page.field("tls", &tls.version);
            page.field("names", &tls.leaf.names.join(", "));
            page.field("issuer", &tls.leaf.issuer);
            page.field("valid to", &output::local(tls.leaf.not_after));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use purlin::ErrorKind;

    #[test]
    fn one_of_two_is_an_answer_and_all_are_none() {
        let down = Error::new(ErrorKind::Refused, "nobody listens");
        assert_eq!(verdict(2, &[]), Exit::Fine);
        assert_eq!(verdict(2, std::slice::from_ref(&down)), Exit::No);
        assert_eq!(verdict(2, &[down.clone(), down.clone()]), Exit::Unreachable);
        let unreadable = Error::new(ErrorKind::Invalid, "the secret is empty");
        assert_eq!(verdict(2, &[unreadable]), Exit::BadInput);
    }
}
