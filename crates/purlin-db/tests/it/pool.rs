//! Sessions that are lent: who gets which, in which state, and what is told where there is none.

mod ends;
mod losses;
mod proofs;

use purlin_core::{Cx, Error, ErrorKind, Result};
use purlin_db::fake::{Connecting, FakeDatabase, Observed, Reply};
use purlin_db::{Capabilities, Capability, ErrorClass, Pool, PoolFault, PoolSettings, Pooled, SessionState};
use std::sync::Arc;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);
const SEC: Duration = Duration::from_secs(1);

fn pool_of(db: &FakeDatabase, settings: PoolSettings) -> Pool {
    let connector: Arc<dyn purlin_db::Connector> = Arc::new(db.clone());
    let endpoint = connector.endpoints()[0].clone();
    Pool::new(connector, endpoint, settings)
}

fn single(number: i64) -> Reply {
    Reply::rows(["value"], [[number]])
}

fn db() -> FakeDatabase {
    let db = FakeDatabase::new();
    db.on("select 1", single(1));
    db.on("select 42", single(42));
    db
}

fn within(time: Duration) -> Cx {
    Cx::background().with_timeout(time)
}

fn count(db: &FakeDatabase, what: &Observed) -> usize {
    db.log().iter().filter(|entry| entry.what == *what).count()
}

async fn one(session: &mut Pooled) -> Result<i64> {
    session.query(&within(SEC), "select 1").value().await
}

/// Lets the pool's own tasks run, as far as they need no time.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_is_lent_again() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new());
    for _ in 0..3 {
        let cx = within(SEC);
        let mut session = pool.acquire(&cx).await?;
        assert_eq!(one(&mut session).await?, 1);
    }
    assert_eq!(count(&db, &Observed::Connected), 1);
    let stats = pool.stats();
    assert_eq!((stats.created, stats.acquired, stats.used, stats.idle), (1, 3, 0, 1));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn who_waits_longest_is_served_first() -> Result<()> {
    let pool = pool_of(&db(), PoolSettings::new().max(1));
    let cx = within(60 * SEC);
    let first = pool.acquire(&cx).await?;
    let served = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..5 {
        let (pool, served, cx) = (pool.clone(), served.clone(), cx.clone());
        tasks.spawn(async move {
            let session = pool.acquire(&cx).await.unwrap();
            served.lock().unwrap().push(number);
            tokio::time::sleep(MS).await;
            drop(session);
        });
        settle().await;
    }
    assert_eq!(pool.stats().pending_requests, 5);
    drop(first);
    while tasks.join_next().await.is_some() {}
    assert_eq!(*served.lock().unwrap(), [0, 1, 2, 3, 4]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_waiter_takes_what_comes_first() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new().max(2));
    let cx = within(60 * SEC);
    let held = pool.acquire(&cx).await?;
    db.set_connecting(Connecting::After(10 * SEC));
    let waiting = tokio::spawn({
        let (pool, cx) = (pool.clone(), cx.clone());
        async move { pool.acquire(&cx).await.map(|session| session.info().session_id) }
    });
    settle().await;
    let id = held.info().session_id;
    drop(held);
    assert_eq!(waiting.await.unwrap()?, id, "the one given back came before the new one");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_connect_survives_its_caller() -> Result<()> {
    let db = db();
    db.set_connecting(Connecting::After(SEC));
    let pool = pool_of(&db, PoolSettings::new());
    let error = pool.acquire(&within(500 * MS)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("has not answered the connect yet"), "{error}");
    let session = pool.acquire(&within(10 * SEC)).await?;
    assert_eq!(count(&db, &Observed::Connected), 1, "the second caller got what the first had asked for");
    drop(session);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_dead_server_is_told_to_everybody_with_its_cause() {
    let db = db();
    db.set_connecting(Connecting::Refuse);
    let pool = pool_of(&db, PoolSettings::new().max(2));
    let cx = within(60 * SEC);
    let asking = (0..6).map(|_| {
        let (pool, cx) = (pool.clone(), cx.clone());
        tokio::spawn(async move { pool.acquire(&cx).await.map(drop) })
    });
    for asked in asking.collect::<Vec<_>>() {
        let error = asked.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused, "{error}");
        assert_eq!(error.endpoint(), Some(pool.endpoint()));
    }
    let stats = pool.stats();
    assert_eq!((stats.pending_requests, stats.used, stats.busy, stats.timeouts), (0, 0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_denied_login_is_told_as_one() {
    let db = db();
    db.set_connecting(Connecting::Deny(ErrorClass::LoginDenied));
    let error = pool_of(&db, PoolSettings::new()).acquire(&within(SEC)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test(start_paused = true)]
async fn a_full_pool_says_so_and_who_holds_it() -> Result<()> {
    let pool = pool_of(&db(), PoolSettings::new().max(1));
    let cx = within(60 * SEC);
    let held = pool.acquire(&cx).await?;
    let line = line!() - 1;
    let error = pool.acquire(&within(SEC)).await.unwrap_err();
    assert_eq!(error.detail(), Some(&PoolFault::Saturated { lent: 1, waiting: 1 }));
    assert!(error.to_string().contains(&format!("pool.rs:{line}")), "{error}");
    assert_eq!(pool.borrowers()[0].location.line(), line);
    let mut probe = pool.probe(&cx).await?;
    assert_eq!(one(&mut probe).await?, 1, "the server is well, and the probe can see it");
    drop(held);
    assert_eq!(pool.stats().timeouts, 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_open_transaction_is_rolled_back_before_the_session_is_lent_again() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new().max(1));
    let cx = within(60 * SEC);
    let mut session = pool.acquire(&cx).await?;
    let mut transaction = session.begin(&cx).await?;
    transaction.execute(&cx, "select 42").await?;
    drop(transaction);
    drop(session);
    let mut next = pool.acquire(&cx).await?;
    assert_eq!(db.open_transactions(), 0);
    assert_eq!(one(&mut next).await?, 1);
    let log: Vec<_> = db.log().into_iter().map(|entry| entry.what).collect();
    let place = |what: &Observed| log.iter().position(|seen| seen == what);
    assert!(place(&Observed::RolledBack) < place(&Observed::Ran("select 1".into())), "{log:?}");
    assert_eq!(count(&db, &Observed::Connected), 1);
    Ok(())
}

/// A caller leaves in the middle of a statement; whoever is next must not wait for it, nor get its answer.
async fn left_behind(db: &FakeDatabase) -> Result<Pool> {
    db.on("select sleep(60)", single(0).after(60 * SEC));
    let pool = pool_of(db, PoolSettings::new().max(1));
    let cx = within(600 * SEC);
    let mut session = pool.acquire(&cx).await?;
    let asked = tokio::time::timeout(SEC, session.query(&cx, "select sleep(60)").all()).await;
    assert!(asked.is_err(), "it was dropped while it waited");
    assert_eq!(session.state(), SessionState::Interrupted);
    drop(session);
    let begun = cx.now();
    let mut next = pool.acquire(&cx).await?;
    assert_eq!(next.query(&cx, "select 42").value::<i64>().await?, 42);
    assert!(cx.now().since(begun) < 30 * SEC, "simulated: the sleep was stopped, not waited for");
    drop(next);
    Ok(pool)
}

#[tokio::test(start_paused = true)]
async fn a_statement_left_behind_is_stopped_and_the_session_recovered() -> Result<()> {
    let db = db();
    left_behind(&db).await?;
    assert_eq!((count(&db, &Observed::Recovered), count(&db, &Observed::Connected)), (1, 1));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_statement_left_behind_is_stopped_and_the_session_replaced() -> Result<()> {
    let db = db();
    db.set_capabilities(Capabilities::new().with(Capability::Cancel));
    let pool = left_behind(&db).await?;
    assert_eq!((count(&db, &Observed::CancelRequested), count(&db, &Observed::Connected)), (1, 2));
    assert_eq!(pool.stats().discarded, 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_rested_gives_a_sign_of_life_first() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new());
    let cx = within(600 * SEC);
    drop(pool.acquire(&cx).await?);
    drop(pool.acquire(&cx).await?);
    assert_eq!(count(&db, &Observed::Pinged), 0, "it has hardly rested");
    tokio::time::advance(600 * MS).await;
    drop(pool.acquire(&cx).await?);
    assert_eq!(count(&db, &Observed::Pinged), 1);
    pool.distrust();
    drop(pool.acquire(&cx).await?);
    assert_eq!(count(&db, &Observed::Pinged), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn sessions_that_died_while_they_rested_are_replaced_unseen() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new());
    let cx = within(600 * SEC);
    pool.warm_up(&cx, 3).await?;
    db.kill_sessions();
    tokio::time::advance(SEC).await;
    let mut session = pool.acquire(&cx).await?;
    assert_eq!(one(&mut session).await?, 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn one_broken_session_makes_the_others_prove_themselves() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new());
    let cx = within(600 * SEC);
    pool.warm_up(&cx, 2).await?;
    let mut session = pool.acquire(&cx).await?;
    db.kill_sessions();
    assert!(one(&mut session).await.is_err());
    drop(session);
    let mut next = pool.acquire(&cx).await?;
    assert_eq!(one(&mut next).await?, 1, "the other dead one was not lent");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn sessions_end_when_they_rest_too_long_and_some_are_kept() -> Result<()> {
    let db = db();
    let settings = PoolSettings::new().idle_timeout(60 * SEC).min_idle(1).keepalive(3600 * SEC);
    let pool = pool_of(&db, settings);
    pool.warm_up(&within(SEC), 4).await?;
    assert_eq!(db.open_sessions(), 4);
    tokio::time::sleep(120 * SEC).await;
    assert_eq!((db.open_sessions(), pool.stats().idle), (1, 1));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn no_session_outlives_its_time() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new().max_lifetime(60 * SEC).min_idle(2));
    pool.warm_up(&within(SEC), 2).await?;
    tokio::time::sleep(100 * SEC).await;
    assert_eq!(db.open_sessions(), 2, "replaced");
    assert!(count(&db, &Observed::Connected) >= 4 && count(&db, &Observed::Closed) >= 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_resting_session_is_kept_alive() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new().keepalive(10 * SEC));
    pool.warm_up(&within(SEC), 1).await?;
    tokio::time::sleep(35 * SEC).await;
    assert!(count(&db, &Observed::Pinged) >= 2);
    assert_eq!(count(&db, &Observed::Connected), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn closing_waits_for_what_is_lent_and_says_who_holds_it() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new());
    let cx = within(600 * SEC);
    let held = pool.acquire(&cx).await?;
    drop(pool.acquire(&cx).await?);
    let error = pool.close(&within(SEC)).await.unwrap_err();
    assert!(error.kind() == ErrorKind::Timeout && error.to_string().contains("pool.rs:"), "{error}");
    let refused: Error = pool.acquire(&cx).await.unwrap_err();
    assert_eq!(refused.detail(), Some(&PoolFault::Closed));
    let closing = tokio::spawn({
        let (pool, cx) = (pool.clone(), cx.clone());
        async move { pool.close(&cx).await }
    });
    settle().await;
    assert!(!closing.is_finished());
    drop(held);
    closing.await.unwrap()?;
    settle().await;
    assert_eq!(db.open_sessions(), 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_of_a_pool_that_was_dropped() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new().min_idle(2));
    let cx = within(600 * SEC);
    pool.warm_up(&cx, 3).await?;
    let mut lent = pool.acquire(&cx).await?;
    drop(pool);
    settle().await;
    assert_eq!(db.open_sessions(), 1, "the lent one lives on");
    assert_eq!(one(&mut lent).await?, 1);
    drop(lent);
    settle().await;
    assert_eq!(db.open_sessions(), 0);
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_storm_of_callers_who_leave_costs_no_session() -> Result<()> {
    let db = db();
    db.set_connecting(Connecting::After(MS));
    let pool = pool_of(&db, PoolSettings::new().max(8));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let pool = pool.clone();
        tasks.spawn(async move {
            for _ in 0..100 {
                let patience = Duration::from_micros(fastrand::u64(0..3000));
                let cx = within(60 * SEC);
                let asked = async {
                    let mut session = pool.acquire(&cx).await?;
                    one(&mut session).await
                };
                if let Ok(answered) = tokio::time::timeout(patience, asked).await {
                    assert_eq!(answered.unwrap(), 1);
                }
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    tokio::time::sleep(SEC).await;
    let cx = within(SEC);
    let mut all = Vec::new();
    for _ in 0..8 {
        all.push(pool.acquire(&cx).await?);
    }
    assert!(pool.acquire(&cx).await.is_err(), "eight, and no ninth");
    assert!(db.open_sessions() <= 8, "{}", db.open_sessions());
    let stats = pool.stats();
    assert_eq!((stats.used, stats.idle, stats.busy), (8, 0, 0));
    Ok(())
}
