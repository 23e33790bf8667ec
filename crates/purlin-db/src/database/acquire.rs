//! The race for a node of the wanted role: the I/O around [`Search`].

use super::{Database, Shared};
use crate::failover::{Effect, Event, Search};
use crate::{NodeView, Pooled, Role, WantedRole};
use purlin_core::{Cx, Result};
use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};
use tracing::Instrument;

type Answer<'d> = Pin<Box<dyn Future<Output = Result<Pooled>> + Send + 'd>>;
type Attempt<'d> = Pin<Box<dyn Future<Output = Result<(Pooled, Option<Role>)>> + Send + 'd>>;
type Timer<'d> = Pin<Box<dyn Future<Output = ()> + Send + 'd>>;

/// A call of [`Database::acquire`]; await it.
#[must_use = "it asks when it is awaited"]
pub struct AcquireRole<'d> {
    database: &'d Database,
    cx: Cx,
    role: WantedRole,
    location: &'static Location<'static>,
}

impl fmt::Debug for AcquireRole<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcquireRole").field("role", &self.role).finish_non_exhaustive()
    }
}

impl<'d> AcquireRole<'d> {
    pub(super) fn new(
        database: &'d Database,
        cx: Cx,
        role: WantedRole,
        location: &'static Location<'static>,
    ) -> Self {
        Self { database, cx, role, location }
    }

    /// With a node of that role.
    pub fn role(mut self, role: WantedRole) -> Self {
        self.role = role;
        self
    }

    async fn run(self) -> Result<Pooled> {
        let Self { database, cx, role, location } = self;
        let shared = &*database.shared;
        if let (WantedRole::Any, [pool]) = (role, shared.pools.as_slice()) {
            return pool.acquire_for(&cx, location).await;
        }
        cx.check("db.acquire")?;
        let cx = match cx.deadline() {
            Some(_) => cx,
            None => cx.with_timeout(shared.settings.pool.acquire),
        };
        let span = tracing::debug_span!("purlin.db.acquire", role = role.as_str());
        let mut race = Race::new(shared, &cx, role, location);
        let ran = cx.run("db.acquire", race.run()).instrument(span).await;
        race.blame_silent();
        match ran {
            Ok(Some(session)) => Ok(session),
            Ok(None) => Err(race.search.in_vain(&shared.endpoints, None)),
            Err(cut) => Err(race.search.in_vain(&shared.endpoints, Some(cut))),
        }
    }
}

impl<'d> IntoFuture for AcquireRole<'d> {
    type Output = Result<Pooled>;
    type IntoFuture = Answer<'d>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

struct Race<'d> {
    shared: &'d Shared,
    cx: &'d Cx,
    role: WantedRole,
    location: &'static Location<'static>,
    search: Search,
    running: Vec<(usize, Attempt<'d>)>,
    timer: Option<Timer<'d>>,
    /// The session of the attempt that ended last.
    held: Option<Pooled>,
}

impl<'d> Race<'d> {
    fn new(shared: &'d Shared, cx: &'d Cx, role: WantedRole, location: &'static Location<'static>) -> Self {
        let search = Search::new(role);
        Self { shared, cx, role, location, search, running: Vec::new(), timer: None, held: None }
    }

    /// The session that won; none where all were in vain.
    async fn run(&mut self) -> Result<Option<Pooled>> {
        let mut event = Event::Begin;
        loop {
            let effects = self.search.step(&mut self.shared.book(), event, self.cx.now());
            for effect in effects {
                match effect {
                    Effect::Start(index) => {
                        let attempt = attempt(self.shared, self.cx, index, self.role, self.location);
                        self.running.push((index, Box::pin(attempt)));
                    }
                    Effect::Wake(at) => self.timer = Some(Box::pin(self.cx.clock().sleep_until(at))),
                    Effect::Use(_) => return Ok(self.held.take()),
                    Effect::GiveUp => return Ok(None),
                }
            }
            // One of another role goes back.
            self.held = None;
            event = poll_fn(|context| self.poll_event(context)).await;
        }
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Event> {
        for at in 0..self.running.len() {
            let (index, attempt) = &mut self.running[at];
            let index = *index;
            if let Poll::Ready(result) = attempt.as_mut().poll(context) {
                // In order: of two that are ready, the one started first wins.
                drop(self.running.remove(at));
                return Poll::Ready(match result {
                    Ok((session, role)) => {
                        self.held = Some(session);
                        Event::Answered(index, role)
                    }
                    Err(error) => Event::Failed(index, error),
                });
            }
        }
        match self.timer.as_mut().map(|timer| timer.as_mut().poll(context)) {
            Some(Poll::Ready(())) => {
                self.timer = None;
                Poll::Ready(Event::Tick)
            }
            _ => Poll::Pending,
        }
    }

    /// Puts the addresses back that kept silent, unless it was our own pool that was full.
    fn blame_silent(&self) {
        let now = self.cx.now();
        let silent = self.search.silent(&self.shared.book(), now);
        for index in silent {
            if self.shared.pools.get(index).is_some_and(|pool| pool.stats().used == 0) {
                self.shared.book().failed(index, now);
            }
        }
    }
}

/// A session with that address, and its role where it matters.
async fn attempt(
    shared: &Shared,
    cx: &Cx,
    index: usize,
    wanted: WantedRole,
    location: &'static Location<'static>,
) -> Result<(Pooled, Option<Role>)> {
    let pool = &shared.pools[index];
    if shared.book().take_distrust(index) {
        pool.distrust();
    }
    let mut session = pool.acquire_for(cx, location).await?;
    let believed = shared.book().role(index, cx.now());
    if let Some(role) = believed.filter(|role| wanted.accepts(*role)) {
        return Ok((session, Some(role)));
    }
    let role = NodeView::ask(cx, &mut session).await?.role;
    shared.book().said(index, role, cx.now());
    Ok((session, Some(role)))
}
