//! Referrals that are followed: to servers that are named, and nowhere else.

use super::paging::{self, Pages};
use super::server::{Security, Server, ServerUrl, percent_decoded};
use super::settings::{Identity, LdapSettings};
use crate::{Batch, Batches, Dn, Filter, LdapClass, LdapDetail, Scope, Search};
use async_trait::async_trait;
use purlin_core::{Cx, Error, Result};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Referrals in a row.
const HOPS: u32 = 5;

/// A server to which referrals are followed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Followed {
    /// Where it is, and how it is spoken to, whatever the referral says of that.
    pub server: ServerUrl,
    /// Who asks there.
    pub identity: Identity,
}

impl Followed {
    /// Asked by nobody.
    pub(super) fn new(server: ServerUrl, identity: Identity) -> Self {
        Self { server, identity }
    }

    /// The settings to reach it with.
    pub(super) fn settings(&self, of: &LdapSettings) -> LdapSettings {
        LdapSettings { identity: self.identity.clone(), ..of.clone() }
    }
}

/// One of several places that have the same, as URLs, and after how many referrals in a row.
struct Place {
    urls: Vec<String>,
    hops: u32,
}

/// An answer of several servers, one after the other.
pub(super) struct Following {
    search: Search,
    allowed: Arc<[Arc<Server>]>,
    current: Option<Pages>,
    /// After how many referrals the current one is.
    hops: u32,
    queue: VecDeque<Place>,
    /// What was asked, so that nobody goes in circles.
    seen: BTreeSet<String>,
    cx: Cx,
    limit: Duration,
}

impl Following {
    pub(super) fn new(search: &Search, allowed: Arc<[Arc<Server>]>, cx: Cx, limit: Duration) -> Self {
        Self {
            search: search.clone(),
            allowed,
            current: None,
            hops: 0,
            queue: VecDeque::new(),
            seen: BTreeSet::new(),
            cx,
            limit,
        }
    }

    /// Begins with this answer.
    pub(super) fn at(self, pages: Pages) -> Self {
        Self { current: Some(pages), ..self }
    }

    /// Begins where a server says that all is elsewhere; the error as it is where that is not followed.
    pub(super) async fn away(mut self, cx: &Cx, error: Error) -> Result<Self> {
        let place = Place { urls: referrals(&error), hops: 1 };
        if self.pick(&place.urls).is_none() {
            return Err(error);
        }
        self.go(cx, place).await?;
        Ok(self)
    }

    /// The first of these that is allowed, and what to ask there.
    fn pick(&self, urls: &[String]) -> Option<(Arc<Server>, Search)> {
        urls.iter().find_map(|url| {
            let url = Url::read(url)?;
            let server = self.allowed.iter().find(|server| url.means(&server.url))?;
            Some((server.clone(), url.search(&self.search)))
        })
    }

    /// Asks there, and where that one says, until somebody answers. What was asked before is not asked again.
    async fn go(&mut self, cx: &Cx, mut place: Place) -> Result<()> {
        let mut from: Option<Error> = None;
        loop {
            let Some((server, search)) = self.pick(&place.urls) else {
                return Err(from.unwrap_or_else(|| lost("a referral to nowhere")));
            };
            if place.hops > HOPS {
                return Err(lost("more than 5 referrals in a row").with_endpoint(server.url.endpoint.clone()));
            }
            let asked = format!("{} {} {} {}", server.url, search.base.normal(), search.scope, search.filter);
            if !self.seen.insert(asked) {
                return match from {
                    Some(_) => {
                        Err(lost("referrals that go in a circle").with_endpoint(server.url.endpoint.clone()))
                    }
                    None => Ok(()),
                };
            }
            match paging::begin(server, cx.clone(), search).await {
                Ok(begun) => {
                    self.current = Some(begun.go_on(self.cx.clone(), self.limit));
                    self.hops = place.hops;
                    return Ok(());
                }
                Err(error) if is_referral(&error) => {
                    place = Place { urls: referrals(&error), hops: place.hops + 1 };
                    from = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Keeps what is followed for later, and leaves what is not in the batch.
    fn sort(&mut self, batch: &mut Batch) {
        batch.referrals.clear();
        for urls in std::mem::take(&mut batch.places) {
            match self.pick(&urls) {
                Some(_) => self.queue.push_back(Place { urls, hops: self.hops + 1 }),
                None => batch.referrals.extend(urls),
            }
        }
    }
}

#[async_trait]
impl Batches for Following {
    async fn next(&mut self) -> Result<Option<Batch>> {
        loop {
            if let Some(current) = &mut self.current {
                if let Some(mut batch) = current.next().await? {
                    self.sort(&mut batch);
                    return Ok(Some(batch));
                }
                self.current = None;
            }
            let Some(place) = self.queue.pop_front() else { return Ok(None) };
            let cx = self.cx.with_timeout(self.limit);
            let going = cx.run("ldap.search", Box::pin(self.go(&cx, place))).await;
            going.map_err(|error| super::named(error, "ldap.search"))?;
        }
    }
}

/// Whether a server says that all is elsewhere.
pub(super) fn is_referral(error: &Error) -> bool {
    LdapDetail::class_of(error) == Some(LdapClass::Referral)
}

fn referrals(error: &Error) -> Vec<String> {
    error.detail::<LdapDetail>().map(|detail| detail.referrals.clone()).unwrap_or_default()
}

fn lost(what: &str) -> Error {
    LdapDetail::new(LdapClass::Referral).into_error(what.to_owned()).with_operation("ldap.search")
}

/// An LDAP URL (RFC 4516) in a referral.
struct Url {
    server: ServerUrl,
    base: Option<Dn>,
    scope: Option<Scope>,
    filter: Option<Filter>,
}

impl Url {
    /// None for what is none, or wants what is not known here.
    fn read(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let (host, rest) = rest.split_once('/').unwrap_or((rest, ""));
        let server: ServerUrl = format!("{}://{host}", scheme.to_ascii_lowercase()).parse().ok()?;
        let mut parts = rest.split('?').map(percent_decoded);
        let mut part = || parts.next().unwrap_or_else(|| Some(String::new()));
        let base = part()?;
        part()?;
        let (scope, filter, extensions) = (part()?, part()?, part()?);
        let scope = match scope.as_str() {
            "" => None,
            "base" => Some(Scope::Base),
            "one" => Some(Scope::One),
            "sub" => Some(Scope::Subtree),
            _ => return None,
        };
        if extensions.split(',').any(|extension| extension.starts_with('!')) {
            return None;
        }
        let base = if base.is_empty() { None } else { Some(base.parse().ok()?) };
        let filter = if filter.is_empty() { None } else { Some(filter.parse().ok()?) };
        Some(Self { server, base, scope, filter })
    }

    /// Whether it means this server: the same host, and the same port or the usual one on both sides.
    fn means(&self, server: &ServerUrl) -> bool {
        let usual = |url: &ServerUrl| match url.security {
            Security::Tls => url.endpoint.port() == Some(636),
            _ => url.endpoint.port() == Some(389),
        };
        let (one, other) = (&self.server.endpoint, &server.endpoint);
        let same_port = one.port() == other.port() || usual(&self.server) && usual(server);
        one.host().is_some() && one.host() == other.host() && same_port
    }

    fn search(self, of: &Search) -> Search {
        let mut search = of.clone();
        search.base = self.base.unwrap_or(search.base);
        search.scope = self.scope.unwrap_or(search.scope);
        search.filter = self.filter.unwrap_or(search.filter);
        search
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_of_referrals_are_read_and_mean_servers_by_name() {
        let url = Url::read("LDAP://b.lon/ou=a%20b,dc=x??one?(uid=a)").unwrap();
        let search = url.search(&Search::new("dc=y".parse().unwrap(), Filter::any()));
        assert_eq!((search.base.as_str(), search.scope), ("ou=a b,dc=x", Scope::One));
        assert_eq!(search.filter.to_string(), "(uid=a)");
        for (referral, server, is_meant) in [
            ("ldap://b.lon/dc=x", "ldaps://B.lon", true),
            ("ldap://b.lon:389", "ldap+starttls://b.lon", true),
            ("ldap://b.lon:1389/dc=x??sub", "ldap://b.lon:1389", true),
            ("ldap://b.lon:1389/dc=x", "ldaps://b.lon", false),
            ("ldap://b.lon.evil.net/dc=x", "ldaps://b.lon", false),
            ("ldap://evil.net/o=b.lon", "ldaps://b.lon", false),
        ] {
            let url = Url::read(referral).unwrap();
            assert_eq!(url.means(&server.parse().unwrap()), is_meant, "{referral} {server}");
        }
        for text in [
            "b.lon",
            "http://b.lon/",
            "ldap://b/dc=x??all",
            "ldap://b/dc=x????!bindname=cn=x",
            "ldap:///dc=x",
        ] {
            assert!(Url::read(text).is_none(), "{text}");
        }
    }
}
