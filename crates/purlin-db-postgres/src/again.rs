//! A prepared statement that is run once more where its plan has outlived its tables.
//!
//! The server refuses such a plan before it does anything ("cached plan must not change result type"), and it is no
//! fault of the caller's: outside of a transaction the statement is prepared anew and run again, once.

use crate::cursor::{Item, Plan};
use crate::decode::Format;
use crate::fault::is_refused_plan;
use crate::prepared::Prepared;
use crate::types::Shape;
use futures_core::Stream;
use sqlx::postgres::{PgArguments, PgConnection, PgStatement, PgTypeInfo};
use sqlx::{Connection as _, Either, Executor as _, Statement as _};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

/// How many items are taken over at once, of those that have come: rows can be large.
const AT_ONCE: usize = 8;

type Answer<'r> = Pin<Box<dyn Stream<Item = Item> + Send + 'r>>;

/// A statement as it was prepared, with what is bound.
pub(crate) struct Bound {
    pub(crate) prepared: Arc<Prepared>,
    pub(crate) arguments: PgArguments,
}

impl Bound {
    fn types(&self) -> &[PgTypeInfo] {
        self.prepared.types()
    }
}

/// The answer of the first run, or of the second. Its work is a future that owns the way to the connection, since the
/// first answer has to be given up before there can be a second one.
pub(crate) struct Again<'c> {
    work: Pin<Box<dyn Future<Output = ()> + Send + 'c>>,
    desk: Arc<Desk>,
    ended: bool,
}

/// Where the work leaves what it brings; a connection has one, which keeps its room.
#[derive(Default)]
pub(crate) struct Desk {
    items: Mutex<VecDeque<Item>>,
    renewed: Mutex<Option<Plan>>,
    /// The statements that were prepared are no more.
    cleared: AtomicBool,
}

impl Desk {
    /// Whether the statements that were prepared were closed since this was last asked.
    pub(crate) fn was_cleared(&self) -> bool {
        self.cleared.load(Ordering::Relaxed) && self.cleared.swap(false, Ordering::Relaxed)
    }
}

impl<'c> Again<'c> {
    pub(crate) fn new(raw: &'c mut PgConnection, bound: Bound, desk: Arc<Desk>) -> Self {
        lock(&desk.items).clear();
        *lock(&desk.renewed) = None;
        let work = Box::pin(work(raw, bound, desk.clone()));
        Self { work, desk, ended: false }
    }

    /// The plan of the second run, where there was one; said once.
    pub(crate) fn renewed(&self) -> Option<Plan> {
        lock(&self.desk.renewed).take()
    }

    pub(crate) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Item>> {
        loop {
            let item = lock(&self.desk.items).pop_front();
            if item.is_some() || self.ended {
                return Poll::Ready(item);
            }
            self.ended = self.work.as_mut().poll(context).is_ready();
            if !self.ended && lock(&self.desk.items).is_empty() {
                return Poll::Pending;
            }
        }
    }
}

async fn work(raw: &mut PgConnection, bound: Bound, desk: Arc<Desk>) {
    let query = sqlx::query_with(bound.prepared.sql(), bound.arguments.clone());
    let mut answer = raw.fetch_many(query);
    let mut first = next(&mut answer).await;
    if matches!(&first, Some(Err(error)) if is_refused_plan(error)) {
        drop(answer);
        desk.cleared.store(true, Ordering::Relaxed);
        // What hinders it is told by the refusal well enough.
        let renewed = Box::pin(renew(raw, &bound)).await.ok().flatten();
        let Some((plan, prepared)) = renewed else {
            lock(&desk.items).extend(first);
            return;
        };
        answer = match plan.format {
            Format::Text => raw.fetch_many(sqlx::raw_sql(prepared.into_sql())),
            Format::Binary => raw.fetch_many(sqlx::query_with(prepared.into_sql(), bound.arguments)),
        };
        *lock(&desk.renewed) = Some(plan);
        first = next(&mut answer).await;
    }
    let goes_on = matches!(&first, Some(Ok(_)));
    lock(&desk.items).extend(first);
    if goes_on {
        poll_fn(|context| forward(&mut answer, &mut lock(&desk.items), context)).await;
    }
}

/// The statement prepared anew; none where it wants other parameters now.
async fn renew(raw: &mut PgConnection, bound: &Bound) -> sqlx::Result<Option<(Plan, PgStatement)>> {
    raw.clear_cached_statements().await?;
    let prepared = raw.prepare(bound.prepared.sql()).await?;
    let is_same = match prepared.parameters() {
        Some(Either::Left(types)) => types == bound.types(),
        _ => bound.types().is_empty(),
    };
    let shape = Shape::of(prepared.columns());
    let format = Plan::format(&shape, bound.types().is_empty());
    Ok(is_same.then_some((Plan { shape, format }, prepared)))
}

async fn next(answer: &mut Answer<'_>) -> Option<Item> {
    poll_fn(|context| answer.as_mut().poll_next(context)).await
}

/// Takes over what has come, up to a few items: who waits for them polls again when they are gone.
fn forward(answer: &mut Answer<'_>, items: &mut VecDeque<Item>, context: &mut Context<'_>) -> Poll<()> {
    while items.len() < AT_ONCE {
        let Some(item) = ready!(answer.as_mut().poll_next(context)) else { return Poll::Ready(()) };
        let is_last = item.is_err();
        items.push_back(item);
        if is_last {
            return Poll::Ready(());
        }
    }
    Poll::Pending
}

fn lock<T>(place: &Mutex<T>) -> MutexGuard<'_, T> {
    // Only one of the two ends is polled at a time, and whatever panicked has left whole items.
    place.lock().unwrap_or_else(PoisonError::into_inner)
}
