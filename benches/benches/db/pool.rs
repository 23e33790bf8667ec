//! Checkout and return, uncontended and contended, and who is served when.

use purlin_benches::{Measured, nanoseconds_each};
use purlin_core::Cx;
use purlin_db::fake::FakeDatabase;
use purlin_db::{Connector, Pool, PoolSettings};
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

const OPERATIONS: u32 = 100_000;
const TASKS: u32 = 64;
const EACH: u32 = 500;
const SESSIONS: u32 = 8;

/// A pool as the rounds use it.
trait Lender: Clone + Send + 'static {
    fn lend(&self) -> impl Future<Output = impl Send> + Send;
}

impl Lender for (Pool, Cx) {
    async fn lend(&self) -> impl Send {
        self.0.acquire(&self.1).await.expect("a session")
    }
}

/// A trivial connection: what is measured is the pool.
#[derive(Debug)]
struct Trivial;

impl deadpool::managed::Manager for Trivial {
    type Type = u64;
    type Error = std::convert::Infallible;

    async fn create(&self) -> Result<u64, Self::Error> {
        Ok(7)
    }

    async fn recycle(
        &self,
        _: &mut u64,
        _: &deadpool::managed::Metrics,
    ) -> deadpool::managed::RecycleResult<Self::Error> {
        Ok(())
    }
}

impl Lender for deadpool::managed::Pool<Trivial> {
    async fn lend(&self) -> impl Send {
        self.get().await.expect("a connection")
    }
}

impl bb8::ManageConnection for Trivial {
    type Connection = u64;
    type Error = std::convert::Infallible;

    async fn connect(&self) -> Result<u64, Self::Error> {
        Ok(7)
    }

    async fn is_valid(&self, _: &mut u64) -> Result<(), Self::Error> {
        Ok(())
    }

    fn has_broken(&self, _: &mut u64) -> bool {
        false
    }
}

impl Lender for bb8::Pool<Trivial> {
    async fn lend(&self) -> impl Send {
        self.get_owned().await.expect("a connection")
    }
}

pub(crate) fn run() -> std::io::Result<()> {
    let runtime = Builder::new_current_thread().enable_time().build()?;
    let ours = runtime.block_on(ours());
    let deadpool = deadpool::managed::Pool::builder(Trivial).max_size(SESSIONS as usize).build();
    let deadpool = deadpool.map_err(std::io::Error::other)?;
    let bb8 = runtime.block_on(bb8::Pool::builder().max_size(SESSIONS).build(Trivial));
    let bb8 = bb8.map_err(std::io::Error::other)?;

    let checkout = "a session acquired and given back by the only caller";
    let checkout = |id, peer| Measured::new(id, checkout, "ns").goal(200.0).peer(peer);
    checkout("db.pool_checkout", "deadpool")
        .run(|| alone(&runtime, &ours), Some(&mut || alone(&runtime, &deadpool)));
    checkout("db.pool_checkout_bb8", "bb8")
        .run(|| alone(&runtime, &ours), Some(&mut || alone(&runtime, &bb8)));
    let contended = "the same by 64 tasks on 8 sessions, each held for one yield";
    let contended = |id, peer| Measured::new(id, contended, "ns").goal(550.0).peer(peer);
    contended("db.pool_contended", "deadpool")
        .run(|| together(&runtime, &ours).0, Some(&mut || together(&runtime, &deadpool).0));
    contended("db.pool_contended_bb8", "bb8")
        .run(|| together(&runtime, &ours).0, Some(&mut || together(&runtime, &bb8).0));
    let unfair = "what the others of these tasks had still to get when the first one was done, as a share of all loans";
    let unfair = |id, peer| Measured::new(id, unfair, "share").goal(0.1).peer(peer);
    unfair("db.pool_unfairness", "deadpool")
        .run(|| together(&runtime, &ours).1, Some(&mut || together(&runtime, &deadpool).1));
    unfair("db.pool_unfairness_bb8", "bb8")
        .run(|| together(&runtime, &ours).1, Some(&mut || together(&runtime, &bb8).1));
    Ok(())
}

async fn ours() -> (Pool, Cx) {
    let db = FakeDatabase::new();
    let endpoint = db.endpoints()[0].clone();
    let settings = PoolSettings::new().max(SESSIONS).test_after(Duration::from_secs(3600));
    let pool = Pool::new(Arc::new(db), endpoint, settings);
    let cx = Cx::background().with_timeout(Duration::from_secs(3600));
    pool.warm_up(&cx, SESSIONS).await.expect("sessions");
    (pool, cx)
}

fn alone(runtime: &Runtime, lender: &impl Lender) -> f64 {
    nanoseconds_each(OPERATIONS, || {
        runtime.block_on(async {
            for _ in 0..OPERATIONS {
                black_box(lender.lend().await);
            }
        });
    })
}

/// The cost of each loan, and what share of all loans was still to come when the first task had its own.
fn together(runtime: &Runtime, lender: &impl Lender) -> (f64, f64) {
    let lent = Arc::new(AtomicU32::new(0));
    let mut done = Vec::new();
    let cost = nanoseconds_each(TASKS * EACH, || {
        runtime.block_on(async {
            let mut tasks = tokio::task::JoinSet::new();
            for _ in 0..TASKS {
                let (lender, lent) = (lender.clone(), lent.clone());
                tasks.spawn(async move {
                    for _ in 0..EACH {
                        let session = lender.lend().await;
                        // The tasks share one thread, so that two steps do here.
                        lent.store(lent.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                        tokio::task::yield_now().await;
                        drop(black_box(session));
                    }
                    lent.load(Ordering::Relaxed)
                });
            }
            while let Some(end) = tasks.join_next().await {
                done.extend(end);
            }
        });
    });
    let first = done.iter().min().copied().unwrap_or_default();
    (cost, 1.0 - f64::from(first) / f64::from(TASKS * EACH))
}
