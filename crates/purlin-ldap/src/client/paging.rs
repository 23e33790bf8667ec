//! Searches on connections. One that fits into a page travels among others on a shared connection, without the control
//! for pages: slapd keeps the place of one paged search for each connection, and a second one there would end the
//! first. What turns out larger is asked again in pages, on a connection of its own.

use super::decode::{self, Decoded, Names};
use super::link::Link;
use super::server::Server;
use super::{answer, ranges};
use crate::{Batch, Batches, Entry, LdapClass, LdapDetail, Scope, Search};
use async_trait::async_trait;
use ldap3::controls::{PagedResults, RawControl};
use ldap3::{LdapResult, SearchOptions, SearchStream};
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Result};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// The control for pages (RFC 2696).
const PAGES: &str = "1.2.840.113556.1.4.319";

type Stream = SearchStream<'static, String, Vec<String>>;

/// What one question gave.
pub(super) struct Answer {
    pub(super) decoded: Vec<Decoded>,
    /// Each time several places that have the same.
    pub(super) referrals: Vec<Vec<String>>,
    pub(super) result: LdapResult,
}

/// How one question is put.
pub(super) struct Question {
    pub(super) attributes: Vec<String>,
    /// The most entries, for the server to know; 0 for all.
    pub(super) size: u32,
    /// The size of a page and where it begins.
    pub(super) page: Option<(u32, Vec<u8>)>,
}

impl Question {
    fn of(search: &Search) -> Self {
        let attributes = search.attributes.iter().map(|name| name.as_str().to_owned()).collect();
        Self { attributes, size: 0, page: None }
    }
}

/// A search that is handed to ldap3. Its number is known when ldap3 has taken it.
pub(super) type Start = Pin<Box<dyn Future<Output = ldap3::result::Result<Stream>> + Send>>;

/// The same, awaited. Dropped half-way, it is left to the connection's task, which waits for the number and then tells
/// the server to abandon it.
struct Starting<'l> {
    link: &'l Link,
    start: Option<Start>,
}

impl Future for Starting<'_> {
    type Output = ldap3::result::Result<Stream>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(start) = &mut self.start else { return Poll::Pending };
        let polled = start.as_mut().poll(context);
        if polled.is_ready() {
            self.start = None;
        }
        polled
    }
}

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        if let Some(start) = self.start.take() {
            self.link.leave(start);
        }
    }
}

/// Waits for the number of a search that nobody wants any more, and has it abandoned.
pub(super) async fn abandon(start: Start) {
    if let Ok(stream) = start.await {
        drop(Running { stream, over: false });
    }
}

/// A search under way at ldap3. Dropped before its end, the server is told to abandon it.
struct Running {
    stream: Stream,
    over: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let id = self.stream.ldap_handle().last_id();
        let mut ldap = self.stream.ldap_handle().clone();
        // Both are handed over at the first poll; nobody waits for what comes of it.
        once(ldap.abandon(id));
        once(self.stream.finish());
    }
}

fn once<F: Future>(future: F) {
    let _ = pin!(future).poll(&mut Context::from_waker(Waker::noop()));
}

/// Asks and reads the whole answer.
pub(super) async fn ask(link: &Link, cx: &Cx, search: &Search, question: Question) -> Result<Answer> {
    let mut ldap = link.wire(cx.now());
    let mut options = SearchOptions::new().sizelimit(i32::try_from(question.size).unwrap_or(i32::MAX));
    if let Some(left) = cx.remaining() {
        options = options.timelimit(i32::try_from(left.as_secs() + 1).unwrap_or(i32::MAX));
    }
    ldap.with_search_options(options);
    // A server that heeds no limit is stopped at it.
    let most = if question.size > 0 && question.page.is_none() { question.size as usize } else { usize::MAX };
    if let Some((size, cookie)) = question.page {
        let size = i32::try_from(size).unwrap_or(i32::MAX);
        ldap.with_controls(RawControl::from(PagedResults { size, cookie }));
    }
    let scope = match search.scope {
        Scope::Base => ldap3::Scope::Base,
        Scope::One => ldap3::Scope::OneLevel,
        Scope::Subtree => ldap3::Scope::Subtree,
    };
    let (base, filter) = (search.base.as_str().to_owned(), search.filter.to_string());
    let start = async move { ldap.streaming_search(&base, scope, &filter, question.attributes).await };
    let started = Starting { link, start: Some(Box::pin(start)) }.await;
    let stream = match started {
        Ok(stream) => stream,
        Err(error) => return Err(link.fault(error).await),
    };
    let mut running = Running { stream, over: false };
    let (mut decoded, mut referrals) = (Vec::new(), Vec::new());
    let mut names = Names::new(&search.attributes);
    loop {
        match running.stream.next().await {
            Ok(Some(item)) if item.is_ref() => referrals.push(decode::urls(item.0)?),
            Ok(Some(_)) if decoded.len() >= most => return Ok(Answer { decoded, referrals, result: cut() }),
            Ok(Some(item)) => decoded.push(decode::entry(item.0, &mut names)?),
            Ok(None) => break,
            Err(error) => return Err(link.fault(error).await),
        }
    }
    running.over = true;
    let result = running.stream.finish().await;
    Ok(Answer { decoded, referrals, result })
}

/// What a server says that heeds the limit.
fn cut() -> LdapResult {
    LdapResult { rc: 4, matched: String::new(), text: String::new(), refs: Vec::new(), ctrls: Vec::new() }
}

/// A search whose first answer has come.
pub(super) struct Begun {
    search: Search,
    endpoint: Endpoint,
    first: Batch,
    rest: Option<Rest>,
}

/// Where it goes on.
struct Rest {
    link: Arc<Link>,
    cookie: Vec<u8>,
}

/// Begins a search at a server; once more, on another connection, where the first was found dead.
pub(super) async fn begin(server: Arc<Server>, cx: Cx, search: Search) -> Result<Begun> {
    let endpoint = server.url.endpoint.clone();
    let begun = match first(&server, &cx, &search).await {
        Err((error, Some(link)))
            if error.detail::<LdapDetail>().is_none() && error.kind() == ErrorKind::Unavailable =>
        {
            link.retire();
            first(&server, &cx, &search).await
        }
        other => other,
    };
    begun.map_err(|(error, _)| error.or_endpoint(&endpoint))
}

type Failed = (Error, Option<Arc<Link>>);

async fn first(server: &Arc<Server>, cx: &Cx, search: &Search) -> std::result::Result<Begun, Failed> {
    if search.in_pages && search.scope != Scope::Base {
        return pages(server, cx, search).await.map_err(|error| (error, None));
    }
    let slot = server.slot(cx).await.map_err(|error| (error, None))?;
    let link = slot.link.clone();
    let failed = |error| (error, Some(link.clone()));
    let mut question = Question::of(search);
    question.size = match search.scope {
        Scope::Base => 0,
        _ => search.limit.map_or(search.page, |limit| limit.saturating_add(1).min(search.page.max(2))),
    };
    let asked = ask(&link, cx, search, question).await.map_err(failed)?;
    let got = asked.decoded.len();
    let enough = search.limit.is_some_and(|limit| got > limit as usize);
    let is_cut = class(&asked.result) == Some(LdapClass::Truncated);
    if is_cut && !enough && search.scope != Scope::Base {
        drop(slot);
        return pages(server, cx, search).await.map_err(|error| (error, None));
    }
    let batch = referring(asked.referrals);
    let entries = ranges::complete(&link, cx, asked.decoded).await.map_err(failed)?;
    let fault = if enough { None } else { fault(&asked.result, got as u64) };
    let endpoint = server.url.endpoint.clone();
    let batch = filled(batch, entries, fault.map(|error| error.or_endpoint(&endpoint)))
        .map_err(|error| (error, None))?;
    Ok(Begun { search: search.clone(), endpoint, first: batch, rest: None })
}

/// The same in pages, from the beginning, on a connection of its own.
async fn pages(server: &Arc<Server>, cx: &Cx, search: &Search) -> Result<Begun> {
    let link = server.own_link(cx, &server.ways.settings.identity).await?;
    let endpoint = server.url.endpoint.clone();
    let (first, rest) = page(&link, cx, search, Vec::new(), 0).await?;
    let rest = rest.map(|cookie| Rest { link, cookie });
    Ok(Begun { search: search.clone(), endpoint, first, rest })
}

/// One page, and where the next begins.
async fn page(
    link: &Arc<Link>,
    cx: &Cx,
    search: &Search,
    cookie: Vec<u8>,
    before: u64,
) -> Result<(Batch, Option<Vec<u8>>)> {
    let mut question = Question::of(search);
    question.page = Some((search.page, cookie));
    let asked = ask(link, cx, search, question).await?;
    let got = before + asked.decoded.len() as u64;
    let fault = fault(&asked.result, got);
    let cookie = answer::control(&asked.result, PAGES).map(answer::cookie).transpose()?;
    let next = cookie.filter(|cookie| !cookie.is_empty() && fault.is_none());
    let batch = referring(asked.referrals);
    let entries = ranges::complete(link, cx, asked.decoded).await?;
    Ok((filled(batch, entries, fault)?, next))
}

fn referring(places: Vec<Vec<String>>) -> Batch {
    Batch { places: places.clone(), ..Batch::default() }.referrals(places.into_iter().flatten().collect())
}

/// Entries first, then what ended the answer; an error alone where there are none.
fn filled(mut batch: Batch, entries: Vec<Entry>, fault: Option<Error>) -> Result<Batch> {
    match fault {
        Some(error) if entries.is_empty() => return Err(error),
        fault => batch.fault = fault,
    }
    batch.entries = entries;
    Ok(batch)
}

fn class(result: &LdapResult) -> Option<LdapClass> {
    (result.rc != 0).then(|| crate::class_of_code(result.rc))
}

fn fault(result: &LdapResult, got: u64) -> Option<Error> {
    class(result).map(|_| {
        let detail = LdapDetail { got: Some(got), ..answer::detail(result) };
        detail.into_refusal().with_operation("ldap.search")
    })
}

impl Begun {
    /// The rest is asked for as it is wanted, each page within the call's time and this limit.
    pub(super) fn go_on(self, cx: Cx, limit: Duration) -> Pages {
        let got = self.first.entries.len() as u64;
        Pages {
            search: self.search,
            endpoint: self.endpoint,
            first: Some(self.first),
            rest: self.rest,
            got,
            cx,
            limit,
        }
    }
}

/// The pages of a search.
pub(super) struct Pages {
    search: Search,
    endpoint: Endpoint,
    first: Option<Batch>,
    rest: Option<Rest>,
    got: u64,
    cx: Cx,
    limit: Duration,
}

#[async_trait]
impl Batches for Pages {
    async fn next(&mut self) -> Result<Option<Batch>> {
        if let Some(first) = self.first.take() {
            return Ok(Some(first));
        }
        let Some(Rest { link, cookie }) = self.rest.take() else { return Ok(None) };
        let cx = self.cx.with_timeout(self.limit);
        let asked = cx.run("ldap.search", page(&link, &cx, &self.search, cookie, self.got)).await;
        let (batch, next) =
            asked.map_err(|error| super::named(error.or_endpoint(&self.endpoint), "ldap.search"))?;
        self.got += batch.entries.len() as u64;
        self.rest = next.map(|cookie| Rest { link, cookie });
        Ok(Some(batch))
    }
}
