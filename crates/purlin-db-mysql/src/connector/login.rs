//! Resolve, dial, shake hands, log in.

use super::{Way, tls};
use crate::cancel::{IDENTITY, Killer};
use crate::connection::MySqlConnection;
use crate::fault::{Meaning, broken_protocol};
use crate::size::Limit;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Opts, OptsBuilder, Row};
use purlin_core::{Cx, Endpoint, Result, net};
use purlin_db::{Capabilities, Capability, ServerInfo, ServerVersion, Vendor, refusal};
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;

/// What every session is set to: text is UTF-8, TIMESTAMP is UTC, what does not fit is an error and no warning.
const SETTINGS: &str = "SET NAMES utf8mb4; SET time_zone = '+00:00', autocommit = 1, \
     sql_mode = CONCAT_WS(',', NULLIF(@@sql_mode, ''), 'STRICT_ALL_TABLES')";
/// The largest packet that a server may send: the most that it can be set to.
const LARGEST_PACKET: usize = 1 << 30;

/// Who answers, in its own words.
struct Greeting {
    version: String,
    session: u64,
    identity: String,
    largest_packet: Option<u64>,
}

pub(super) async fn login(way: &Arc<Way>, cx: &Cx, endpoint: &Endpoint) -> Result<MySqlConnection> {
    let address = address(cx, endpoint).await?;
    let opts = way.options(cx, endpoint, address).await?;
    let (conn, greeting) = guarded(&way.meaning(Vendor::MySql), begin(opts)).await?;
    let vendor = vendor(&greeting.version);
    let meaning = way.meaning(vendor);
    let version = version(&greeting.version);
    let info = ServerInfo::new(vendor, version, endpoint.clone());
    let info = info.session_id(greeting.session).capabilities(CAPABILITIES);
    let here = Here { way: way.clone(), endpoint: endpoint.clone(), address };
    let killer = Killer::new(here, greeting.session, greeting.identity, meaning.clone());
    let limit = Limit::new(greeting.largest_packet);
    Ok(MySqlConnection::new(conn, info, limit, killer, meaning))
}

/// The way to the server that a session is at, whichever others its name stands for by now.
#[derive(Debug, Clone)]
pub(crate) struct Here {
    way: Arc<Way>,
    endpoint: Endpoint,
    address: Option<IpAddr>,
}

impl Here {
    /// With the password of this moment, which may be another one than that of the session's login.
    pub(crate) async fn options(&self, cx: &Cx) -> Result<Opts> {
        self.way.options(cx, &self.endpoint, self.address).await
    }
}

impl Way {
    async fn options(&self, cx: &Cx, endpoint: &Endpoint, address: Option<IpAddr>) -> Result<Opts> {
        let password = match &self.password {
            Some(source) => Some(source.resolve(cx).await?.expose().clone()),
            None => None,
        };
        let mut builder = OptsBuilder::default()
            .user(self.user.clone())
            .pass(password)
            .db_name(self.database.clone())
            .prefer_socket(false)
            .stmt_cache_size(0)
            .max_allowed_packet(Some(LARGEST_PACKET))
            // Used by the raw driver's pool only; asked for otherwise.
            .wait_timeout(Some(0));
        if let Some(path) = endpoint.path() {
            return Ok(builder.socket(Some(path.display().to_string())).into());
        }
        if let (Some(host), Some(port)) = (endpoint.host(), endpoint.port()) {
            let addresses = address.map(|address| vec![address]);
            builder = builder.ip_or_hostname(host).tcp_port(port).resolved_ips(addresses);
        }
        if let Some(settings) = &self.tls {
            let ssl = self.ssl.get_or_try_init(|| tls::options(cx, settings)).await?;
            let verified = !settings.danger_accept_any_certificate;
            builder = builder.ssl_opts(ssl.clone()).enable_cleartext_plugin(verified);
        }
        Ok(builder.into())
    }
}

/// Where to dial; none for a Unix socket. The raw driver takes no stream, and tries several addresses one after the other: of several the
/// one that answers first is found out before.
async fn address(cx: &Cx, endpoint: &Endpoint) -> Result<Option<IpAddr>> {
    if endpoint.path().is_some() {
        return Ok(None);
    }
    let found = net::resolve(cx, endpoint).await?;
    match found.as_slice() {
        [only] => Ok(Some(only.ip())),
        _ => Ok(Some(net::dial(cx, endpoint).await?.address.ip())),
    }
}

async fn begin(opts: Opts) -> mysql_async::Result<(Conn, Option<Greeting>)> {
    let mut conn = Conn::new(opts).await?;
    let sql = format!("{SETTINGS}; SELECT VERSION(), CONNECTION_ID(), {IDENTITY}, @@max_allowed_packet");
    let mut answer = conn.query_iter(sql).await?;
    let mut greeting = None;
    while answer.columns().is_some() {
        while let Some(row) = answer.next().await? {
            greeting = greeting_of(&row);
        }
    }
    // An error in the place of a result.
    answer.next().await?;
    drop(answer);
    Ok((conn, greeting))
}

fn greeting_of(row: &Row) -> Option<Greeting> {
    Some(Greeting {
        version: row.get_opt(0)?.ok()?,
        session: row.get_opt(1)?.ok()?,
        identity: row.get_opt(2)?.ok()?,
        largest_packet: row.get_opt(3).and_then(std::result::Result::ok),
    })
}

/// The raw driver panics on some bytes that no server sends.
async fn guarded(
    meaning: &Meaning,
    login: impl Future<Output = mysql_async::Result<(Conn, Option<Greeting>)>>,
) -> Result<(Conn, Greeting)> {
    let mut login = pin!(login);
    let result = poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| login.as_mut().poll(context))) {
        Ok(poll) => poll.map(Some),
        Err(_) => std::task::Poll::Ready(None),
    })
    .await;
    let broken = || broken_protocol().with_operation(refusal::LOGIN);
    let (conn, greeting) = result.ok_or_else(broken)?.map_err(|error| meaning.of_connect(error))?;
    Ok((conn, greeting.ok_or_else(broken)?))
}

fn vendor(version: &str) -> Vendor {
    if version.to_ascii_lowercase().contains("mariadb") { Vendor::MariaDb } else { Vendor::MySql }
}

fn version(text: &str) -> ServerVersion {
    let mut numbers =
        text.split(|letter: char| !letter.is_ascii_digit()).map(|part| part.parse().unwrap_or(0));
    let mut number = || numbers.next().unwrap_or(0);
    ServerVersion::new(number(), number(), number(), text)
}

const CAPABILITIES: Capabilities = Capabilities::new()
    .with(Capability::Savepoints)
    .with(Capability::ReadOnlyTransactions)
    .with(Capability::Cancel)
    .with(Capability::MultipleResults)
    .with(Capability::Prepared)
    .with(Capability::RecoversAfterDrop)
    .with(Capability::NamedLocks)
    .with(Capability::Roles)
    .with(Capability::Lag)
    .with(Capability::Unsigned);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendors_and_versions_are_read_from_the_text() {
        for (text, vendor_of, major, minor) in [
            ("10.11.19-MariaDB-0+deb12u1-log", Vendor::MariaDb, 10, 11),
            ("8.4.3", Vendor::MySql, 8, 4),
            ("5.7.44-48-57-log", Vendor::MySql, 5, 7),
            ("odd", Vendor::MySql, 0, 0),
        ] {
            let version = version(text);
            assert_eq!(vendor(text), vendor_of);
            assert!(version.is_at_least(major, minor) && !version.is_at_least(major, minor + 1));
            assert_eq!(version.text(), text);
        }
    }
}
