//! Each server of a directory by itself: what monitoring wants to know, where look-ups are glad of any that answers.

use super::connect::{self, Seen};
use super::link::Link;
use super::paging::{Question, ask};
use super::server::{Server, ServerUrl};
use super::{LdapDirectory, answer};
use crate::{AttrName, Dn, Entry, LdapClass, LdapDetail, Search};
use purlin_core::{Cx, Error, ErrorKind, Result, Timestamp};
use purlin_tls::CertificateInfo;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// A server is looked at for so long at most, where the call has no deadline.
const LIMIT: Duration = Duration::from_secs(10);
const CONTEXT_CSN: AttrName = AttrName::known("contextCSN");

/// What one server has shown.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerReport {
    /// Which one.
    pub server: ServerUrl,
    /// The address that answered.
    pub address: Option<SocketAddr>,
    /// What each part took, up to where it failed.
    pub phases: Phases,
    /// What was agreed on, where TLS is spoken and was agreed on.
    pub tls: Option<ServerTls>,
    /// Who made it, as its root entry says.
    pub vendor: Option<String>,
    /// The newest change that it has from each server that takes writes, by that server's number (`contextCSN`,
    /// draft-chu-ldap-csn). None where it tells none.
    pub newest: BTreeMap<String, Timestamp>,
    /// How far it is behind the others that were looked at with it; none where it, or every other one, tells nothing.
    pub behind: Option<Duration>,
    /// Why it is of no use; none where it is.
    pub fault: Option<Error>,
}

impl ServerReport {
    fn empty(server: ServerUrl) -> Self {
        Self {
            server,
            address: None,
            phases: Phases::default(),
            tls: None,
            vendor: None,
            newest: BTreeMap::new(),
            behind: None,
            fault: None,
        }
    }
}

/// What each part took. None for what did not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Phases {
    /// From its name to addresses.
    pub resolve: Option<Duration>,
    /// To a TCP connection.
    pub connect: Option<Duration>,
    /// From asking for TLS to its consent.
    pub start_tls: Option<Duration>,
    /// To a TLS channel.
    pub tls: Option<Duration>,
    /// To be logged in.
    pub bind: Option<Duration>,
    /// To the entry that is known.
    pub search: Option<Duration>,
}

impl Phases {
    /// Each part that happened, in its order, with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        let all = [
            ("resolve", self.resolve),
            ("connect", self.connect),
            ("start_tls", self.start_tls),
            ("tls", self.tls),
            ("bind", self.bind),
            ("search", self.search),
        ];
        all.into_iter().filter_map(|(name, took)| Some((name, took?)))
    }
}

/// TLS as it was agreed on. The name of the certificate has been verified by then.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerTls {
    /// Its version: `TLS 1.3`.
    pub version: String,
    /// The server's own certificate.
    pub leaf: ServerCertificate,
    /// The authority that stands at the end of its chain, from the chain or from among those that are trusted; none where
    /// it cannot be told.
    pub authority: Option<ServerCertificate>,
}

/// What monitoring wants to know of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServerCertificate {
    /// Whom it is for.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The names and addresses that it is for.
    pub names: Vec<String>,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// Whole days until then, rounded towards the past.
    pub days_left: i64,
}

impl ServerCertificate {
    fn new(known: CertificateInfo, now: Timestamp) -> Self {
        let days_left = known.days_left(now);
        let CertificateInfo { subject, issuer, names, not_after, .. } = known;
        Self { subject, issuer, names, not_after, days_left }
    }
}

impl LdapDirectory {
    /// Looks at each server by itself, all at the same time, on connections of their own: connects, speaks TLS, logs in,
    /// and reads the entry that is known (the profile's base unless another is named), the root entry, and the newest
    /// changes. In the order of preference. Each takes 10 s at most, unless the call ends earlier.
    ///
    /// What is wrong with a server is in its report, never an error.
    pub async fn inspect(&self, cx: &Cx, known: Option<&Dn>) -> Vec<ServerReport> {
        let known = known.unwrap_or(&self.profile.base);
        let base = &self.profile.base;
        #[cfg(feature = "srv")]
        let unnamed = self.inner.unnamed(&cx.with_timeout(LIMIT)).await;
        let servers = self.inner.known();
        let looks = servers.iter().map(|server| Box::pin(look(cx, server, known, base)) as Look<'_>);
        let mut reports = together(looks.collect()).await;
        #[cfg(feature = "srv")]
        reports.extend(unnamed);
        compare(&mut reports);
        reports
    }
}

#[cfg(feature = "srv")]
impl super::Inner {
    /// Has the DNS asked for each domain; a report for each that has no servers, with why.
    async fn unnamed(&self, cx: &Cx) -> Vec<ServerReport> {
        let mut reports = Vec::new();
        for found in &self.found {
            let failed = found.servers(cx).await.err();
            if let (Some(error), Some(place)) = (failed, found.domain.place()) {
                reports.push(ServerReport { fault: Some(error), ..ServerReport::empty(place) });
            }
        }
        reports
    }
}

type Look<'l> = Pin<Box<dyn Future<Output = ServerReport> + Send + 'l>>;

async fn together(mut looks: Vec<Look<'_>>) -> Vec<ServerReport> {
    let mut reports: Vec<Option<ServerReport>> = looks.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (look, report) in looks.iter_mut().zip(&mut reports).filter(|(_, report)| report.is_none()) {
            if let Poll::Ready(seen) = look.as_mut().poll(context) {
                *report = Some(seen);
            }
        }
        if reports.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    reports.into_iter().flatten().collect()
}

async fn look(cx: &Cx, server: &Arc<Server>, known: &Dn, base: &Dn) -> ServerReport {
    let cx = cx.with_timeout(LIMIT);
    let mut report = ServerReport::empty(server.url.clone());
    let mut seen = Seen::default();
    let identity = &server.ways.settings.identity;
    let connected = Box::pin(connect::seen_link(&cx, server, identity, &mut seen)).await;
    report.address = seen.address;
    report.phases = seen.phases;
    if let Some((version, chain)) = seen.tls {
        report.tls = certificates(&cx, server, version, &chain).await;
    }
    let asked = match connected {
        Ok(link) => cx.run("ldap.search", read(&cx, &link, known, base, &mut report)).await,
        Err(error) => Err(error),
    };
    report.fault =
        asked.err().map(|error| super::named(error.or_endpoint(&server.url.endpoint), "ldap.search"));
    report
}

async fn read(cx: &Cx, link: &Link, known: &Dn, base: &Dn, report: &mut ServerReport) -> Result<()> {
    let begun = cx.now();
    let wanted = ["objectClass", "vendorName", "supportedCapabilities"];
    let root = entry(cx, link, &Search::entry(Dn::root()).attributes(wanted)?).await?;
    report.vendor = root.as_ref().and_then(|root| crate::Capabilities::of_root(root).ok()?.vendor);
    if entry(cx, link, &Search::entry(known.clone()).wanting([CONTEXT_CSN])).await?.is_none() {
        let error =
            LdapDetail::new(LdapClass::NotFound).into_error(format!("the entry {known} is not there"));
        return Err(error.with_operation("ldap.search"));
    }
    report.phases.search = Some(cx.now().since(begun));
    // Who may not see it, or has none, is no worse for it.
    let newest = entry(cx, link, &Search::entry(base.clone()).wanting([CONTEXT_CSN])).await;
    let newest = newest.ok().flatten();
    let texts = newest.iter().flat_map(|entry| entry.texts(CONTEXT_CSN.as_str()).unwrap_or_default());
    report.newest = texts.filter_map(change).collect();
    Ok(())
}

/// One entry; none where it is not there.
async fn entry(cx: &Cx, link: &Link, search: &Search) -> Result<Option<Entry>> {
    let attributes = search.attributes.iter().map(|name| name.as_str().to_owned()).collect();
    let asked = ask(link, cx, search, Question { attributes, size: 0, page: None }).await?;
    match crate::class_of_code(asked.result.rc) {
        _ if asked.result.rc == 0 => Ok(asked.decoded.into_iter().next().map(|decoded| decoded.entry)),
        LdapClass::NotFound => Ok(None),
        _ => Err(answer::refusal(&asked.result)),
    }
}

/// The number of the server and the time: `20261122214150.123456Z#000000#001#000000`.
fn change(csn: &str) -> Option<(String, Timestamp)> {
    let mut parts = csn.split('#');
    let (time, number) = (parts.next()?, parts.nth(1)?);
    let (year, month, day) = (time.get(..4)?, time.get(4..6)?, time.get(6..8)?);
    let (hour, minute, rest) = (time.get(8..10)?, time.get(10..12)?, time.get(12..)?);
    let moment = format!("{year}-{month}-{day}T{hour}:{minute}:{rest}").parse().ok()?;
    Some((number.to_owned(), moment))
}

/// How far each is behind the others.
fn compare(reports: &mut [ServerReport]) {
    let mut newest: BTreeMap<String, Timestamp> = BTreeMap::new();
    for (number, at) in reports.iter().flat_map(|report| &report.newest) {
        let known = newest.entry(number.clone()).or_insert(*at);
        *known = (*known).max(*at);
    }
    let telling = reports.iter().filter(|report| !report.newest.is_empty()).count();
    if telling < 2 {
        return;
    }
    for report in reports.iter_mut().filter(|report| !report.newest.is_empty()) {
        // Who has nothing from a server has all the more from before it.
        let last = report.newest.values().max().copied();
        let lags = newest
            .iter()
            .filter_map(|(number, at)| Some(at.since(report.newest.get(number).copied().or(last)?)));
        report.behind = lags.max();
    }
}

async fn certificates(cx: &Cx, server: &Server, version: String, chain: &[Vec<u8>]) -> Option<ServerTls> {
    let now = cx.clock().timestamp();
    let mut chain = chain.iter().filter_map(|der| CertificateInfo::from_der(der).ok());
    let leaf = chain.next()?;
    let last = chain.next_back().unwrap_or_else(|| leaf.clone());
    let authority = match last.subject == last.issuer {
        true => Some(last),
        false => trusted(cx, server, &last.issuer).await.ok().flatten(),
    };
    let shown = |known| ServerCertificate::new(known, now);
    Some(ServerTls { version, leaf: shown(leaf), authority: authority.map(shown) })
}

/// The trusted authority of that name that is valid the longest.
async fn trusted(cx: &Cx, server: &Server, issuer: &str) -> Result<Option<CertificateInfo>> {
    let (authorities, _) = purlin_tls::authorities(cx, &server.ways.settings.tls).await?;
    let issuer = issuer.to_owned();
    // A hundred and more are read, which takes some milliseconds.
    let find = move |_: &Cx| {
        let known = authorities.iter().filter_map(|der| CertificateInfo::from_der(der).ok());
        Ok(known.filter(|known| known.subject == issuer).max_by_key(|known| known.not_after))
    };
    cx.run_blocking("tls.settings", find)
        .await
        .map_err(|error| Error::new(ErrorKind::Internal, error.message().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(changes: &[&str]) -> ServerReport {
        let newest = changes.iter().filter_map(|csn| change(csn)).collect();
        ServerReport { newest, ..ServerReport::empty("ldap://localhost".parse().unwrap()) }
    }

    fn behind(reports: &[&[&str]]) -> Vec<Option<u64>> {
        let mut reports: Vec<_> = reports.iter().map(|changes| report(changes)).collect();
        compare(&mut reports);
        reports.iter().map(|report| report.behind.map(|behind| behind.as_secs())).collect()
    }

    #[test]
    fn who_lacks_changes_is_behind() {
        let (old, new) =
            ("20261122214100.000001Z#000000#001#000000", "20261122214130.000001Z#000000#001#000000");
        let other = "20261122214200.000001Z#000000#002#000000";
        assert_eq!(behind(&[&[new], &[old]]), [Some(0), Some(30)]);
        assert_eq!(behind(&[&[new, other], &[new]]), [Some(0), Some(30)]);
        assert_eq!(behind(&[&[new, other], &[old, other]]), [Some(0), Some(30)]);
        // Nobody is behind those who tell nothing, and who is alone is behind nobody.
        assert_eq!(behind(&[&[new], &[]]), [None, None]);
        assert_eq!(behind(&[&[new], &["nonsense"], &[new]]), [Some(0), None, Some(0)]);
    }
}
