//! Which sessions have to prove themselves, and what happens while they do.

use super::{MS, SEC, count, db, one, pool_of, settle, within};
use purlin_core::{ErrorKind, Result};
use purlin_db::PoolSettings;
use purlin_db::fake::{Connecting, Observed, Reply};

#[tokio::test(start_paused = true)]
async fn a_silent_session_does_not_keep_a_caller_from_a_new_one() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new().max(2));
    let cx = within(60 * SEC);
    drop(pool.acquire(&cx).await?);
    tokio::time::advance(SEC).await;
    db.once("PING", Reply::silence());
    let begun = cx.now();
    let mut session = pool.acquire(&cx).await?;
    assert!(cx.now().since(begun) < SEC, "simulated: it did not wait for the silent one");
    assert_eq!(one(&mut session).await?, 1);
    tokio::time::sleep(10 * SEC).await;
    assert_eq!((pool.stats().discarded, pool.stats().busy), (1, 0));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_silent_session_is_given_up_soon_and_told_as_what_it_is() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new().max(1));
    drop(pool.acquire(&within(SEC)).await?);
    tokio::time::advance(SEC).await;
    db.once("PING", Reply::silence());
    let error = pool.acquire(&within(SEC)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("does not answer"), "{error}");
    assert!(!error.to_string().contains("connect"), "{error}");
    let begun = purlin_core::Cx::background().now();
    let cx = within(60 * SEC);
    assert_eq!(one(&mut pool.acquire(&cx).await?).await?, 1);
    assert!(cx.now().since(begun) < 3 * SEC, "simulated: the proof has 2 s");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_lent_session_is_distrusted_too() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new().max(1));
    let cx = within(60 * SEC);
    let held = pool.acquire(&cx).await?;
    pool.distrust();
    drop(held);
    drop(pool.acquire(&cx).await?);
    assert_eq!(count(&db, &Observed::Pinged), 1);
    drop(pool.acquire(&cx).await?);
    assert_eq!(count(&db, &Observed::Pinged), 1, "it has proven itself since");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_lent_session_that_is_distrusted_proves_itself_before_a_waiter_has_it() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new().max(1));
    let cx = within(60 * SEC);
    let held = pool.acquire(&cx).await?;
    let waiting = tokio::spawn({
        let (pool, cx) = (pool.clone(), cx.clone());
        async move { one(&mut pool.acquire(&cx).await?).await }
    });
    settle().await;
    pool.distrust();
    db.kill_sessions();
    drop(held);
    assert_eq!(waiting.await.unwrap()?, 1, "the dead one was not lent");
    assert_eq!(pool.stats().discarded, 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_proof_that_began_before_the_doubt_does_not_count() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new().max(1));
    let cx = within(60 * SEC);
    drop(pool.acquire(&cx).await?);
    tokio::time::advance(SEC).await;
    db.once("PING", Reply::changed(0).after(100 * MS));
    let waiting = tokio::spawn({
        let (pool, cx) = (pool.clone(), cx.clone());
        async move { pool.acquire(&cx).await.map(drop) }
    });
    tokio::time::sleep(50 * MS).await;
    pool.distrust();
    waiting.await.unwrap()?;
    assert_eq!(count(&db, &Observed::Pinged), 2);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_connect_that_began_before_the_doubt_does_not_count() -> Result<()> {
    let db = db();
    db.set_connecting(Connecting::After(100 * MS));
    let pool = pool_of(&db, PoolSettings::new().max(1));
    let cx = within(60 * SEC);
    let waiting = tokio::spawn({
        let (pool, cx) = (pool.clone(), cx.clone());
        async move { pool.acquire(&cx).await.map(drop) }
    });
    tokio::time::sleep(50 * MS).await;
    pool.distrust();
    waiting.await.unwrap()?;
    assert_eq!(count(&db, &Observed::Pinged), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_session_that_fails_its_proof_makes_the_others_prove_themselves() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new().max(3).test_after(10 * SEC));
    let cx = within(600 * SEC);
    pool.warm_up(&cx, 2).await?;
    tokio::time::advance(20 * SEC).await;
    let first = pool.acquire(&cx).await?;
    drop(first);
    // One is fresh now and one is not; both are dead.
    db.kill_sessions();
    tokio::time::advance(11 * SEC).await;
    let mut session = pool.acquire(&cx).await?;
    assert_eq!(one(&mut session).await?, 1);
    assert_eq!(pool.stats().discarded, 2, "the second one was asked, and not lent");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_time_is_over_ends_although_somebody_waits() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new().max(1).max_lifetime(60 * SEC));
    let cx = within(600 * SEC);
    let held = pool.acquire(&cx).await?;
    let id = held.info().session_id;
    let waiting = tokio::spawn({
        let (pool, cx) = (pool.clone(), cx.clone());
        async move { pool.acquire(&cx).await.map(|session| session.info().session_id) }
    });
    tokio::time::sleep(61 * SEC).await;
    drop(held);
    assert_ne!(waiting.await.unwrap()?, id);
    settle().await;
    assert_eq!(db.open_sessions(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_sessions_to_be_kept_are_there_soon_and_replaced_when_they_are_lost() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new().max(4).min_idle(2));
    let cx = within(600 * SEC);
    let mut held = pool.acquire(&cx).await?;
    settle().await;
    assert_eq!((pool.stats().used, pool.stats().idle), (1, 2));
    held.query(&cx, "select 1").value::<i64>().await?;
    held.discard();
    pool.acquire(&cx).await?.discard();
    settle().await;
    assert_eq!((pool.stats().used, pool.stats().idle), (0, 2));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn settings_that_no_pool_can_work_with_are_corrected() -> Result<()> {
    let mut settings = PoolSettings::new().min_idle(9).max_lifetime(std::time::Duration::ZERO);
    settings.max = 0;
    let pool = pool_of(&db(), settings);
    assert_eq!(one(&mut pool.acquire(&within(SEC)).await?).await?, 1);
    assert_eq!(pool.stats().max, 1);
    Ok(())
}
