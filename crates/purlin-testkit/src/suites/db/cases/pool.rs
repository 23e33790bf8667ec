//! In which state sessions are lent.

use crate::suites::Suite;
use crate::suites::db::stage::{Case, SHORT, Stage, ensure, equal, failed};
use purlin_core::{Cx, ErrorKind, Outcome};
use purlin_db::{Capability, ErrorClass, Pool, PoolFault, PoolSettings, SessionState};
use std::time::Duration;

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases! { suite, stage, "pool";
        lends_a_session_again [];
        lends_in_order_after_an_error ["refuses_syntax"];
        lends_in_order_after_rows_left [];
        lends_in_order_after_a_transaction [];
        lends_in_order_after_begin_in_a_text [];
        lends_in_order_after_native [];
        replaces_a_session_that_broke ["proxy"];
        proves_what_has_rested [];
        serves_many_at_once [];
        says_when_it_is_full [];
        keeps_a_slot_for_probes [];
        tells_a_denied_login ["denied"];
        closes_its_sessions [];
        serves_the_next_after_a_deadline ["endless", "cancel"];
        serves_the_next_after_a_drop ["endless", "cancel"];
    }
}

/// The next borrower of the only session finds it in order.
async fn next_finds_it_in_order(stage: &Stage<'_>, pool: &Pool) -> Case {
    let cx = Stage::cx();
    let mut session = pool.acquire(&cx).await?;
    equal("the state", &session.state(), &SessionState::Idle)?;
    stage.answers(&mut session).await?;
    stage.commits_at_once(&mut session).await
}

async fn lends_a_session_again(stage: &Stage<'_>) -> Case {
    let (pool, cx) = (stage.pool(1), Stage::cx());
    for _ in 0..5 {
        stage.answers(&mut *pool.acquire(&cx).await?).await?;
    }
    equal("the sessions that were opened", &pool.stats().created, &1)?;
    Ok(pool.close(&cx).await?)
}

async fn lends_in_order_after_an_error(stage: &Stage<'_>) -> Case {
    let (pool, cx) = (stage.pool(1), Stage::cx());
    let sql = stage.subject.refused(ErrorClass::Syntax).ok_or("no such statement")?;
    failed(&sql, pool.acquire(&cx).await?.execute(&cx, &sql).await)?;
    next_finds_it_in_order(stage, &pool).await?;
    equal("the sessions that were opened", &pool.stats().created, &1)
}

async fn lends_in_order_after_rows_left(stage: &Stage<'_>) -> Case {
    let (pool, cx) = (stage.pool(1), Stage::cx());
    let mut session = pool.acquire(&cx).await?;
    let mut rows = session.query(&cx, stage.subject.numbers(100_000)).await?;
    ensure(rows.next().await?.is_some(), "there is no row")?;
    drop(rows);
    drop(session);
    next_finds_it_in_order(stage, &pool).await
}

async fn lends_in_order_after_a_transaction(stage: &Stage<'_>) -> Case {
    let (pool, cx, tag) = (stage.pool(1), Stage::cx(), stage.tag());
    let mut session = pool.acquire(&cx).await?;
    let mut transaction = session.begin(&cx).await?;
    stage.keep(&mut transaction, &tag).await?;
    drop(transaction);
    drop(session);
    next_finds_it_in_order(stage, &pool).await?;
    stage.is_kept(&tag, 0).await
}

async fn lends_in_order_after_begin_in_a_text(stage: &Stage<'_>) -> Case {
    let (pool, cx, tag) = (stage.pool(1), Stage::cx(), stage.tag());
    let mut session = pool.acquire(&cx).await?;
    let begin = session.dialect().transactions.begin;
    if !begin.is_empty() {
        session.execute(&cx, stage.begin_in_a_text()).await?;
    }
    stage.keep(&mut session, &tag).await?;
    drop(session);
    next_finds_it_in_order(stage, &pool).await?;
    // Where nothing but the statement itself begins a transaction, it was committed at once.
    stage.is_kept(&tag, u64::from(begin.is_empty())).await
}

async fn lends_in_order_after_native(stage: &Stage<'_>) -> Case {
    let (pool, cx) = (stage.pool(1), Stage::cx());
    let mut session = pool.acquire(&cx).await?;
    let _ = session.native();
    drop(session);
    next_finds_it_in_order(stage, &pool).await
}

async fn replaces_a_session_that_broke(stage: &Stage<'_>) -> Case {
    let (proxy, connector) = stage.proxy()?;
    let cx = Stage::cx();
    let endpoint = connector.endpoints().first().ok_or("no endpoint")?.clone();
    let pool = Pool::new(connector, endpoint, PoolSettings::new().max(1).test_after(Duration::ZERO));
    stage.answers(&mut *pool.acquire(&cx).await?).await?;
    proxy.disconnect();
    stage.answers(&mut *pool.acquire(&cx).await?).await?;
    equal("the sessions that were opened", &pool.stats().created, &2)
}

async fn proves_what_has_rested(stage: &Stage<'_>) -> Case {
    let (pool, cx) = (stage.pool(1), Stage::cx());
    stage.answers(&mut *pool.acquire(&cx).await?).await?;
    pool.distrust();
    stage.answers(&mut *pool.acquire(&cx).await?).await?;
    equal("the sessions that were opened", &pool.stats().created, &1)
}

async fn serves_many_at_once(stage: &Stage<'_>) -> Case {
    let (pool, cx) = (stage.pool(4), Stage::cx());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let (pool, cx, wanted) = (pool.clone(), cx.clone(), stage.fresh());
        let sql = stage.subject.number(wanted);
        tasks.spawn(async move {
            let mut session = pool.acquire(&cx).await?;
            let got: i64 = session.query(&cx, &sql).value().await?;
            Ok::<_, purlin_core::Error>((got, wanted))
        });
    }
    while let Some(joined) = tasks.join_next().await {
        let (got, wanted) = joined.map_err(|error| error.to_string())??;
        equal("the answer", &got, &wanted)?;
    }
    ensure(pool.stats().created <= 4, "it opened more sessions than it may")?;
    pool.close(&cx).await?;
    stage.until_sessions(0).await
}

async fn says_when_it_is_full(stage: &Stage<'_>) -> Case {
    let (pool, cx) = (stage.pool(1), Stage::cx());
    let held = pool.acquire(&cx).await?;
    let short = Cx::background().with_timeout(SHORT);
    let error = failed("a second session", pool.acquire(&short).await.map(drop))?;
    let fault = error.detail::<PoolFault>().copied();
    equal("the fault", &fault, &Some(PoolFault::Saturated { lent: 1, waiting: 1 }))?;
    equal("the outcome", &error.outcome(), &Outcome::NotSent)?;
    drop(held);
    next_finds_it_in_order(stage, &pool).await
}

async fn keeps_a_slot_for_probes(stage: &Stage<'_>) -> Case {
    let (pool, cx) = (stage.pool(1), Stage::cx());
    let held = pool.acquire(&cx).await?;
    stage.answers(&mut *pool.probe(&cx).await?).await?;
    drop(held);
    Ok(pool.close(&cx).await?)
}

async fn tells_a_denied_login(stage: &Stage<'_>) -> Case {
    let connector = stage.subject.denied().ok_or("no such way")?;
    let endpoint = connector.endpoints().first().ok_or("no endpoint")?.clone();
    let (pool, cx) = (Pool::new(connector, endpoint, PoolSettings::new()), Stage::cx());
    let error = failed("the login", pool.acquire(&cx).await.map(drop))?;
    crate::suites::db::stage::refused(&error, ErrorClass::LoginDenied)
}

async fn closes_its_sessions(stage: &Stage<'_>) -> Case {
    stage.until_sessions(0).await?;
    let (pool, cx) = (stage.pool(3), Stage::cx());
    pool.warm_up(&cx, 3).await?;
    stage.until_sessions(3).await?;
    pool.close(&cx).await?;
    stage.until_sessions(0).await?;
    let error = failed("a session of a closed pool", pool.acquire(&cx).await.map(drop))?;
    equal("the kind", &error.kind(), &ErrorKind::Unavailable)
}

async fn serves_the_next_after_a_deadline(stage: &Stage<'_>) -> Case {
    let (pool, cx, mark) = (stage.pool(1), Stage::cx(), stage.tag());
    let sql = stage.subject.endless(&mark).ok_or("no such statement")?;
    let short = Cx::background().with_timeout(SHORT);
    let mut session = pool.acquire(&cx).await?;
    let error = failed("what has no end", session.query(&short, &sql).all().await)?;
    equal("the kind", &error.kind(), &ErrorKind::Timeout)?;
    drop(session);
    next_finds_it_in_order(stage, &pool).await?;
    stage.until_running(&mark, 0).await
}

async fn serves_the_next_after_a_drop(stage: &Stage<'_>) -> Case {
    let (pool, cx, mark) = (stage.pool(1), Stage::cx(), stage.tag());
    let sql = stage.subject.endless(&mark).ok_or("no such statement")?;
    let mut session = pool.acquire(&cx).await?;
    let answer = tokio::time::timeout(SHORT, session.query(&cx, &sql).all()).await;
    ensure(answer.is_err(), "what has no end ended")?;
    drop(session);
    next_finds_it_in_order(stage, &pool).await?;
    ensure(stage.can(Capability::Cancel), "no cancellation")?;
    stage.until_running(&mark, 0).await
}
