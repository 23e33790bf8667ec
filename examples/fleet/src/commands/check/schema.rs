//! The shape of a file of checks, for `fleet schema checks` and for editors. The files themselves are read by purlin,
//! which tells every fault with its place; a test keeps the two together.

#![expect(dead_code, reason = "only the schema is made of these; no value of them ever exists")]

use schemars::{JsonSchema, Schema};
use std::collections::BTreeMap;

/// The JSON Schema of a file of checks.
pub(crate) fn schema() -> Schema {
    let mut schema = crate::config::schema_of_file::<CheckFile>();
    schema.insert("title".to_owned(), "checks.toml".into());
    schema
}

/// A file of checks.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct CheckFile {
    /// The version of the format: 1.
    purlin: u32,
    /// The checks.
    check: Option<Vec<Check>>,
    /// Who is told of outages and their ends.
    publish: Option<Vec<Publish>>,
}

/// A check. Which keys beyond the common ones it takes is for its kind to say; texts with braces are filled in for each
/// host: `{{ host }}`, `{{ address }}` and its variables.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Check {
    /// What it is called, without / & and comma. Over hosts it is HOST/NAME.
    name: String,
    /// tcp, icmp, ntp, http, tls, dns, dns-serial, plugin, disk, mount, process, load, file-age, systemd, passive, db-ping,
    /// db-role, db-lag, db-cluster or db-query.
    kind: String,
    /// Where it runs. Default: "monitor".
    on: Option<String>,
    /// The hosts that it runs for, by a selector; without, it runs once.
    select: Option<String>,
    /// How often it runs, with a unit. Default: "60s".
    interval: Option<String>,
    /// What one run may take, at most the interval. Default: "10s", or the interval where that is shorter.
    timeout: Option<String>,
    /// How often it runs while it is not sure. Default: the interval.
    suspect_every: Option<String>,
    /// How often it runs while it is down. Default: the interval.
    down_every: Option<String>,
    /// How much failure is an outage.
    confirm: Option<Confirm>,
    /// How many successes end an outage. Default: 1.
    recover: Option<u32>,
    /// The names of the checks that it hangs on.
    parents: Option<Vec<String>>,
    /// Ranges by measurement, as Nagios writes them.
    thresholds: Option<BTreeMap<String, Threshold>>,
    /// live, ready, startup or deep.
    groups: Option<Vec<String>>,
    /// The page to open when it fails.
    runbook: Option<String>,
    /// Whether it is sure to be well while the monitor's own network is. Default: false.
    reference: Option<bool>,
    /// HOST:PORT (tcp, tls, ntp) or HOST (icmp).
    address: Option<String>,
    /// Whether the connection ends in the usual way instead of by a reset (tcp). Default: false.
    polite: Option<bool>,
    /// Beyond which offset a warning begins (ntp).
    warn_beyond: Option<String>,
    /// Beyond which offset it is critical (ntp).
    critical_beyond: Option<String>,
    /// The address of a page (http).
    url: Option<String>,
    /// The method (http). Default: "GET", or "POST" with a body.
    method: Option<String>,
    /// What is sent (http).
    body: Option<String>,
    /// Headers that are sent (http).
    headers: Option<BTreeMap<String, String>>,
    /// Whom to log in as, by basic authentication (http).
    user: Option<String>,
    /// The password (http, and the db kinds).
    password: Option<Secret>,
    /// The statuses that are fine (http): "200" or "200-399".
    status: Option<String>,
    /// What must be in the body (http).
    text: Option<String>,
    /// What must stand in a JSON body, by pointers (http).
    json: Option<BTreeMap<String, String>>,
    /// Headers that must come (http).
    expect_headers: Option<BTreeMap<String, String>>,
    /// How many redirects are followed (http). Default: 0.
    follow: Option<u32>,
    /// HOST:PORT to connect to, whatever the URL names (http).
    connect_to: Option<String>,
    /// HOST:PORT of a proxy (http).
    proxy: Option<String>,
    /// Whether the connection is kept for the next run (http). Default: false.
    keep: Option<bool>,
    /// The longest body that is read (http). Default: "1MiB".
    body_limit: Option<String>,
    /// Files of authorities trusted beside the system's (http, tls).
    ca: Option<Vec<String>>,
    /// Files of authorities trusted instead of the system's (http, tls).
    ca_only: Option<Vec<String>>,
    /// The name that certificates must be for (http, tls).
    server_name: Option<String>,
    /// How long before a certificate ends a warning begins (tls). Default: "21d".
    warn_before: Option<String>,
    /// How long before a certificate ends it is critical (tls). Default: "7d".
    critical_before: Option<String>,
    /// What must be in the issuer's name (tls).
    issuer: Option<String>,
    /// The name server (dns).
    server: Option<String>,
    /// The name that is asked for (dns).
    query: Option<String>,
    /// The sort of record (dns). Default: "A".
    record: Option<String>,
    /// What must be among the answers (dns).
    expect: Option<Vec<String>>,
    /// Whether the server must have the zone itself (dns). Default: false.
    authoritative: Option<bool>,
    /// The zone (dns-serial).
    zone: Option<String>,
    /// Its name servers (dns-serial).
    servers: Option<Vec<String>>,
    /// The program and its arguments (plugin).
    argv: Option<Vec<String>>,
    /// A path (disk, mount), or a pattern for files of one folder (file-age).
    path: Option<String>,
    /// The kind of file system that must be there (mount).
    file_system: Option<String>,
    /// What must be mounted there (mount).
    source: Option<String>,
    /// Whether it must be possible to write there (mount). Default: false.
    writable: Option<bool>,
    /// A file below it of which the first byte is read (mount).
    read: Option<String>,
    /// The name of the program's file (process).
    program: Option<String>,
    /// A text in the command line (process).
    argument: Option<String>,
    /// running, sleeping, stuck, stopped or zombie (process).
    state: Option<String>,
    /// How many there should be, a range (process). Default: "1:".
    count: Option<String>,
    /// newest or oldest (file-age). Default: "newest".
    which: Option<String>,
    /// The unit (systemd).
    unit: Option<String>,
    /// Whether it runs once and ends (systemd). Default: false.
    once: Option<bool>,
    /// How long a report is good for (passive).
    ttl: Option<String>,
    /// A URL, or @NAME for a connection of the configuration (db-ping and the other db kinds).
    database: Option<String>,
    /// any, primary or replica (db-role).
    role: Option<String>,
    /// The statement, whose numbers are measurements (db-query).
    sql: Option<String>,
}

/// How much failure is an outage.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Confirm {
    /// So many failures in a row. Default: 1.
    failures: Option<u32>,
    /// Of which the last comes at least so long after the first. Default: no time.
    over: Option<String>,
}

/// From where on a measurement is bad.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Threshold {
    /// The range that raises no warning.
    warning: Option<String>,
    /// The range that is not critical.
    critical: Option<String>,
}

/// Somebody who is told of outages and their ends.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Publish {
    /// command, nagios or webhook.
    kind: String,
    /// What it is called. Default: what it is and does.
    name: Option<String>,
    /// The program and its arguments; it gets a JSON line on standard input (command).
    argv: Option<Vec<String>>,
    /// The external command file (nagios).
    path: Option<String>,
    /// The address (webhook).
    url: Option<String>,
    /// A token that is sent (webhook).
    bearer: Option<Secret>,
}

/// Where a secret comes from.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase", deny_unknown_fields)]
enum Secret {
    /// An environment variable.
    Env(String),
    /// A file.
    File(String),
    /// What a command prints; the program first, then its arguments.
    Command(#[schemars(length(min = 1))] Vec<String>),
}
