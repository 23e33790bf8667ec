//! How pools end.

use super::{MS, SEC, count, db, pool_of, settle, within};
use purlin_core::{ErrorKind, Result};
use purlin_db::PoolSettings;
use purlin_db::fake::{Connecting, Observed, Reply};

#[tokio::test(start_paused = true)]
async fn closing_ends_what_rests_before_it_returns() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new());
    pool.warm_up(&within(SEC), 4).await?;
    pool.close(&within(SEC)).await?;
    assert_eq!((count(&db, &Observed::Closed), db.open_sessions()), (4, 0));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn closing_waits_for_the_end_of_what_comes_back() -> Result<()> {
    let db = db();
    db.on("select sleep(60)", Reply::silence());
    let pool = pool_of(&db, PoolSettings::new());
    let cx = within(60 * SEC);
    let (idle, mut left) = (pool.acquire(&cx).await?, pool.acquire(&cx).await?);
    assert!(tokio::time::timeout(MS, left.query(&cx, "select sleep(60)").all()).await.is_err());
    let closing = tokio::spawn({
        let (pool, cx) = (pool.clone(), cx.clone());
        async move { pool.close(&cx).await }
    });
    settle().await;
    drop((idle, left));
    closing.await.unwrap()?;
    assert_eq!((count(&db, &Observed::Closed), db.open_sessions()), (2, 0));
    assert_eq!(count(&db, &Observed::CancelRequested), 1, "what was left behind is stopped on the server");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn closing_does_not_wait_for_a_server_that_keeps_silent() -> Result<()> {
    let db = db();
    db.set_connecting(Connecting::Silence);
    let pool = pool_of(&db, PoolSettings::new());
    let cx = within(60 * SEC);
    let begun = cx.now();
    let warming = tokio::spawn({
        let (pool, cx) = (pool.clone(), cx.clone());
        async move { pool.warm_up(&cx, 2).await }
    });
    let waiting = tokio::spawn({
        let (pool, cx) = (pool.clone(), cx.clone());
        async move { pool.acquire(&cx).await.map(drop) }
    });
    settle().await;
    pool.close(&cx).await?;
    assert!(cx.now().since(begun) < SEC, "simulated: nothing was waited for");
    for ended in [warming.await.unwrap(), waiting.await.unwrap()] {
        assert_eq!(ended.unwrap_err().kind(), ErrorKind::Unavailable);
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn closing_says_what_is_under_way_where_nothing_is_lent() -> Result<()> {
    let db = db();
    let pool = pool_of(&db, PoolSettings::new());
    drop(pool.acquire(&within(SEC)).await?);
    tokio::time::advance(SEC).await;
    db.on("PING", Reply::silence());
    let asked = pool.acquire(&within(MS)).await;
    assert!(asked.is_err());
    let error = pool.close(&within(MS)).await.unwrap_err();
    assert!(error.to_string().contains("1 being brought into order"), "{error}");
    pool.close(&within(60 * SEC)).await?;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_warm_up_that_fails_is_counted_and_told() -> Result<()> {
    let db = db();
    db.set_connecting(Connecting::Refuse);
    let pool = pool_of(&db, PoolSettings::new());
    let error = pool.warm_up(&within(SEC), 2).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert_eq!((pool.stats().connect_failures, pool.stats().busy), (1, 0));
    db.set_connecting(Connecting::Silence);
    let error = pool.acquire(&within(SEC)).await.unwrap_err();
    assert!(error.to_string().contains("the last connect failed"), "{error}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_warm_up_that_is_left_serves_who_waited_for_it() -> Result<()> {
    let db = db();
    db.set_connecting(Connecting::Silence);
    let pool = pool_of(&db, PoolSettings::new().max(1));
    let cx = within(60 * SEC);
    let mut warming = Box::pin(pool.warm_up(&cx, 1));
    assert!(tokio::time::timeout(MS, &mut warming).await.is_err());
    let waiting = tokio::spawn({
        let (pool, cx) = (pool.clone(), cx.clone());
        async move { pool.acquire(&cx).await.map(drop) }
    });
    settle().await;
    db.set_connecting(Connecting::Accept);
    drop(warming);
    waiting.await.unwrap()
}
