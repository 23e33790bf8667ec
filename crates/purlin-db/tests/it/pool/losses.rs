//! What a pool survives: runtimes that end, drivers that panic, callers who leave, servers without room.

use super::{MS, SEC, count, db, one, pool_of, settle, within};
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, ErrorKind, Result};
use purlin_db::fake::{Connecting, FakeDatabase, Observed, Reply};
use purlin_db::{Connection, Connector, Dialect, ErrorClass, Pool, PoolFault, PoolSettings};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

#[test]
fn it_goes_on_in_another_runtime() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new().max(1).min_idle(1));
    runtime().block_on(async {
        one(&mut pool.acquire(&within(SEC)).await?).await?;
        db.set_connecting(Connecting::Silence);
        db.kill_sessions();
        // Left with a connect under way, and somebody who waits for it.
        assert!(pool.acquire(&within(SEC)).await.is_ok(), "it has hardly rested");
        tokio::time::advance(SEC).await;
        assert!(pool.acquire(&within(SEC)).await.is_err());
        assert_eq!(pool.stats().busy, 1);
        Ok::<_, purlin_core::Error>(())
    })?;
    assert_eq!((pool.stats().busy, pool.stats().used), (0, 0), "given back with the first runtime");
    db.set_connecting(Connecting::Accept);
    runtime().block_on(async {
        one(&mut pool.acquire(&within(SEC)).await?).await?;
        db.kill_sessions();
        tokio::time::sleep(600 * SEC).await;
        assert_eq!(pool.stats().idle, 1, "the keeper is at work here too");
        assert_eq!(db.open_sessions(), 1);
        Ok(())
    })
}

#[test]
fn who_waits_in_one_runtime_does_not_depend_on_another() -> Result<()> {
    let db = db();
    db.set_connecting(Connecting::Silence);
    let pool = pool_of(&db, PoolSettings::new().max(1));
    let (first, second) = (runtime(), runtime());
    first.block_on(async {
        assert!(pool.acquire(&within(SEC)).await.is_err());
    });
    second.block_on(async {
        let waiting = tokio::spawn({
            let pool = pool.clone();
            async move { one(&mut pool.acquire(&within(SEC)).await?).await }
        });
        settle().await;
        db.set_connecting(Connecting::Accept);
        std::thread::spawn(move || drop(first)).join().unwrap();
        assert_eq!(waiting.await.unwrap()?, 1);
        Ok(())
    })
}

#[test]
fn a_session_given_back_outside_a_runtime_is_not_counted_for_good() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new().max(1));
    let first = runtime();
    let mut session = first.block_on(async { pool.acquire(&within(SEC)).await })?;
    let _ = session.native();
    drop(first);
    drop(session);
    assert_eq!((pool.stats().busy, pool.stats().used, pool.stats().idle), (0, 0, 0));
    Ok(())
}

/// A driver that panics so many times.
#[derive(Debug)]
struct Panicking(FakeDatabase, AtomicU32);

#[async_trait]
impl Connector for Panicking {
    fn dialect(&self) -> &'static Dialect {
        self.0.dialect()
    }

    fn endpoints(&self) -> &[Endpoint] {
        self.0.endpoints()
    }

    async fn connect(&self, cx: &Cx, endpoint: &Endpoint) -> Result<Box<dyn Connection>> {
        let left = self.1.load(Ordering::Relaxed);
        assert_eq!(left, 0, "the driver panics {}", self.1.fetch_sub(1, Ordering::Relaxed));
        self.0.connect(cx, endpoint).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_driver_that_panics_fails_one_connect() -> Result<()> {
    let connector = Arc::new(Panicking(db(), AtomicU32::new(1)));
    let endpoint = connector.endpoints()[0].clone();
    let pool = Pool::new(connector, endpoint, PoolSettings::new().max(1));
    let error = pool.acquire(&within(SEC)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal, "{error}");
    let stats = pool.stats();
    assert_eq!((stats.busy, stats.used, stats.connect_failures), (0, 0, 1));
    assert_eq!(one(&mut pool.acquire(&within(SEC)).await?).await?, 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_left_is_not_counted_as_waiting() -> Result<()> {
    let pool = pool_of(&db(), PoolSettings::new().max(1));
    let held = pool.acquire(&within(SEC)).await?;
    for patience in [MS, 2 * MS, 3 * MS] {
        let cx = within(60 * SEC);
        assert!(tokio::time::timeout(patience, pool.acquire(&cx)).await.is_err());
        assert_eq!(pool.stats().pending_requests, 0);
    }
    let cx = within(60 * SEC);
    let mut stays = Box::pin(pool.acquire(&cx));
    assert!(tokio::time::timeout(MS, &mut stays).await.is_err());
    let error = pool.acquire(&within(SEC)).await.unwrap_err();
    assert_eq!(error.detail(), Some(&PoolFault::Saturated { lent: 1, waiting: 2 }));
    drop(held);
    stays.await?;
    assert_eq!(pool.stats().pending_requests, 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_server_without_room_gets_what_comes_back() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new().max(4));
    let held = pool.acquire(&within(SEC)).await?;
    db.set_connecting(Connecting::Deny(ErrorClass::TooManyConnections));
    let waiting = tokio::spawn({
        let pool = pool.clone();
        async move { pool.acquire(&within(60 * SEC)).await.map(drop) }
    });
    tokio::time::sleep(5 * SEC).await;
    assert!(!waiting.is_finished(), "a session is lent and will come back");
    assert!(pool.stats().connect_failures >= 1);
    drop(held);
    waiting.await.unwrap()?;
    db.kill_sessions();
    tokio::time::advance(SEC).await;
    let error = pool.acquire(&within(60 * SEC)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited, "nothing is left that could come back");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_probe_is_not_taken_for_a_borrower() -> Result<()> {
    let pool = pool_of(&db(), PoolSettings::new().max(1));
    let _work = pool.acquire(&within(SEC)).await?;
    let line = line!() + 1;
    let _probe = pool.probe(&within(SEC)).await?;
    let mut beside = pool.probe(&within(SEC)).await?;
    assert_eq!(one(&mut beside).await?, 1, "a probe that hangs is not in the way of the next one");
    let error = pool.probe(&within(SEC)).await.unwrap_err();
    assert_eq!(error.detail(), Some(&PoolFault::Probing));
    assert!(error.to_string().contains(&format!("losses.rs:{line}")), "{error}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_session_is_thrown_away_on_request() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new().max(1));
    let session = pool.acquire(&within(SEC)).await?;
    let id = session.info().session_id;
    session.discard();
    let next = pool.acquire(&within(SEC)).await?;
    assert_ne!(next.info().session_id, id);
    assert_eq!((db.open_sessions(), pool.stats().discarded), (1, 1));
    assert!(pool.borrowers().len() == 1 && count(&db, &Observed::Closed) == 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_transaction_that_a_text_left_behind_began_is_never_lent() -> Result<()> {
    let db = db();
    db.once("BEGIN", Reply::changed(0).after(10 * MS));
    let pool = pool_of(&db, PoolSettings::new().max(1));
    let cx = within(60 * SEC);
    let mut session = pool.acquire(&cx).await?;
    assert!(tokio::time::timeout(MS, session.execute(&cx, "BEGIN")).await.is_err());
    drop(session);
    let next = pool.acquire(&cx).await?;
    assert_eq!((next.state(), db.open_transactions()), (purlin_db::SessionState::Idle, 0));
    assert_eq!((count(&db, &Observed::Began), count(&db, &Observed::RolledBack)), (1, 1));
    Ok(())
}
