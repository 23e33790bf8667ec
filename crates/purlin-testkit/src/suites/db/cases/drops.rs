//! Futures dropped at each of their await points: never another statement's answer, never an open transaction.

use crate::suites::Suite;
use crate::suites::db::stage::{Case, Complaint, Stage, ensure, equal, poll_times};
use purlin_core::{Cx, Result};
use purlin_db::{Capability, Protocol, Session, SessionState, Sql};

/// No call is woken more often than that.
const MOST: usize = 2000;

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases! { suite, stage, "drops";
        a_connect [];
        a_query [];
        a_prepared_query ["prepared"];
        a_query_with_parameters [];
        a_stream [];
        an_execute [];
        a_ping [];
        a_begin [];
        a_begin_of_another_kind [];
        a_commit [];
        a_rollback [];
        a_savepoint ["savepoints"];
        a_transaction [];
        a_reset [];
        an_acquire [];
        a_borrowed_transaction [];
        a_next_that_is_called_again [];
        a_close [];
    }
}

/// Drops the work after each number of polls that it has; the check sees what it left behind.
async fn at_each_point(
    stage: &Stage<'_>,
    work: impl AsyncFn(&mut Session, &Cx, &str) -> Result<()>,
    check: impl Fn(u64, bool) -> bool,
) -> Case {
    let mut session = stage.session().await?;
    for polls in 0..MOST {
        let (cx, tag) = (Stage::cx(), stage.tag());
        let ended = poll_times(work(&mut session, &cx, &tag), polls).await;
        let done = ended.is_some();
        ended.transpose()?;
        session = after(stage, session, polls, left_behind(&tag, &check, done)).await?;
        if done {
            return Ok(());
        }
    }
    Err("it never ends".into())
}

/// What there must be of a tag's rows.
struct Left<'c> {
    tag: &'c str,
    check: &'c dyn Fn(u64, bool) -> bool,
    done: bool,
}

fn left_behind<'c>(tag: &'c str, check: &'c dyn Fn(u64, bool) -> bool, done: bool) -> Left<'c> {
    Left { tag, check, done }
}

async fn after(
    stage: &Stage<'_>,
    session: Session,
    polls: usize,
    left: Left<'_>,
) -> std::result::Result<Session, Complaint> {
    let in_order = brought_into_order(stage, session, left).await;
    in_order.map_err(|complaint| Complaint(format!("after {polls} polls: {}", complaint.0)))
}

/// The session, or another one where it is of no more use.
async fn brought_into_order(
    stage: &Stage<'_>,
    mut session: Session,
    left: Left<'_>,
) -> std::result::Result<Session, Complaint> {
    stage.answers_or_refuses(&mut session).await?;
    match session.reset(&Stage::cx()).await {
        Ok(()) => {
            equal("the state", &session.state(), &SessionState::Idle)?;
            stage.commits_at_once(&mut session).await?;
        }
        Err(error) => {
            let may = !stage.can(Capability::RecoversAfterDrop);
            ensure(may, format!("it is not brought into order: {error:#}"))?;
            session = stage.session().await?;
        }
    }
    let (kept, done) = (stage.kept(left.tag).await?, left.done);
    ensure((left.check)(kept, done), format!("{kept} rows are there (done: {done})"))?;
    Ok(session)
}

fn once_or_not(kept: u64, done: bool) -> bool {
    kept == 1 || kept == 0 && !done
}

fn never(kept: u64, _done: bool) -> bool {
    kept == 0
}

async fn a_connect(stage: &Stage<'_>) -> Case {
    for polls in 0..MOST {
        let cx = Stage::cx();
        let connecting = Session::connect(&cx, &*stage.connector, &stage.endpoint);
        if let Some(session) = poll_times(connecting, polls).await {
            stage.answers(&mut session?).await?;
            return stage.until_sessions(0).await;
        }
    }
    Err("it never ends".into())
}

async fn a_query(stage: &Stage<'_>) -> Case {
    let work = async |session: &mut Session, cx: &Cx, _: &str| {
        session.query(cx, stage.subject.number(7777)).protocol(Protocol::Text).all().await.map(drop)
    };
    at_each_point(stage, work, never).await
}

async fn a_prepared_query(stage: &Stage<'_>) -> Case {
    let work = async |session: &mut Session, cx: &Cx, _: &str| {
        session.query(cx, stage.subject.number(7777)).protocol(Protocol::Prepared).all().await.map(drop)
    };
    at_each_point(stage, work, never).await
}

async fn a_query_with_parameters(stage: &Stage<'_>) -> Case {
    let text = stage.subject.echo(&["?", "?"]);
    let sql = Sql::portable(&text);
    let work = async |session: &mut Session, cx: &Cx, _: &str| {
        session.query(cx, &sql).bind(7777_i64).bind(7778_i64).all().await.map(drop)
    };
    at_each_point(stage, work, never).await
}

async fn a_stream(stage: &Stage<'_>) -> Case {
    let work = async |session: &mut Session, cx: &Cx, _: &str| {
        let mut rows = session.query(cx, stage.subject.numbers(3000)).await?;
        while rows.next().await?.is_some() {}
        Ok(())
    };
    at_each_point(stage, work, never).await
}

async fn an_execute(stage: &Stage<'_>) -> Case {
    let work = async |session: &mut Session, _: &Cx, tag: &str| stage.keep(session, tag).await.map(drop);
    at_each_point(stage, work, once_or_not).await
}

async fn a_ping(stage: &Stage<'_>) -> Case {
    let work = async |session: &mut Session, cx: &Cx, _: &str| session.ping(cx).await;
    at_each_point(stage, work, never).await
}

async fn a_begin(stage: &Stage<'_>) -> Case {
    let work = async |session: &mut Session, cx: &Cx, _: &str| session.begin(cx).await.map(drop);
    at_each_point(stage, work, never).await
}

async fn a_begin_of_another_kind(stage: &Stage<'_>) -> Case {
    let level = stage.connector.dialect().isolation.last().copied();
    let takes_both = level.is_none() || stage.connector.dialect().transactions.read_only_takes_level;
    let read_only = takes_both && stage.can(Capability::ReadOnlyTransactions);
    let work = async |session: &mut Session, cx: &Cx, _: &str| {
        let mut begin = session.begin(cx);
        if let Some(level) = level {
            begin = begin.isolation(level);
        }
        if read_only {
            begin = begin.read_only();
        }
        begin.await.map(drop)
    };
    at_each_point(stage, work, never).await
}

async fn a_commit(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    for polls in 0..MOST {
        let (cx, tag) = (Stage::cx(), stage.tag());
        let mut transaction = session.begin(&cx).await?;
        stage.keep(&mut transaction, &tag).await?;
        let ended = poll_times(transaction.commit(&cx), polls).await;
        let done = ended.is_some();
        ended.transpose()?;
        session = after(stage, session, polls, left_behind(&tag, &once_or_not, done)).await?;
        if done {
            return Ok(());
        }
    }
    Err("it never ends".into())
}

async fn a_rollback(stage: &Stage<'_>) -> Case {
    let work = async |session: &mut Session, cx: &Cx, tag: &str| {
        let mut transaction = session.begin(cx).await?;
        stage.keep(&mut transaction, tag).await?;
        transaction.rollback(cx).await
    };
    at_each_point(stage, work, never).await
}

async fn a_savepoint(stage: &Stage<'_>) -> Case {
    let work = async |session: &mut Session, cx: &Cx, tag: &str| {
        let mut transaction = session.begin(cx).await?;
        let mut undone = transaction.savepoint(cx).await?;
        stage.keep(&mut undone, "undone").await?;
        undone.rollback(cx).await?;
        let mut part = transaction.savepoint(cx).await?;
        stage.keep(&mut part, tag).await?;
        part.commit(cx).await?;
        transaction.commit(cx).await
    };
    at_each_point(stage, work, once_or_not).await
}

async fn a_transaction(stage: &Stage<'_>) -> Case {
    let work = async |session: &mut Session, cx: &Cx, tag: &str| {
        let mut transaction = session.begin(cx).await?;
        stage.keep(&mut transaction, tag).await?;
        stage.keep(&mut transaction, tag).await?;
        transaction.commit(cx).await
    };
    at_each_point(stage, work, |kept, done| kept == 2 || kept == 0 && !done).await
}

/// The way back into order is itself left half-way, and done again.
async fn a_reset(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    for polls in 0..MOST {
        let (cx, tag) = (Stage::cx(), stage.tag());
        let mut transaction = session.begin(&cx).await?;
        stage.keep(&mut transaction, &tag).await?;
        drop(transaction.query(&cx, stage.subject.numbers(5000)).await?);
        drop(transaction);
        let ended = poll_times(session.reset(&cx), polls).await;
        let done = ended.is_some();
        ended.transpose()?;
        session = after(stage, session, polls, left_behind(&tag, &never, done)).await?;
        if done {
            return Ok(());
        }
    }
    Err("it never ends".into())
}

async fn an_acquire(stage: &Stage<'_>) -> Case {
    for polls in 0..MOST {
        let (pool, cx) = (stage.pool(1), Stage::cx());
        let ended = poll_times(pool.acquire(&cx), polls).await;
        let done = ended.is_some();
        drop(ended.transpose()?);
        let mut session = pool.acquire(&cx).await?;
        stage.answers(&mut session).await?;
        drop(session);
        pool.close(&cx).await?;
        if done {
            return Ok(());
        }
    }
    Err("it never ends".into())
}

/// From the acquire to the commit, by borrowers of one session who all leave: the next one finds it in order.
async fn a_borrowed_transaction(stage: &Stage<'_>) -> Case {
    let pool = stage.pool(1);
    for polls in 0..MOST {
        let (cx, tag) = (Stage::cx(), stage.tag());
        let work = async {
            let mut session = pool.acquire(&cx).await?;
            let mut transaction = session.begin(&cx).await?;
            stage.keep(&mut transaction, &tag).await?;
            transaction.query(&cx, stage.subject.number(7777)).all().await?;
            transaction.commit(&cx).await
        };
        let ended = poll_times(work, polls).await;
        let done = ended.is_some();
        ended.transpose()?;
        let mut session = pool.acquire(&cx).await?;
        equal("the state", &session.state(), &SessionState::Idle)?;
        stage.answers(&mut session).await?;
        stage.commits_at_once(&mut session).await?;
        drop(session);
        let kept = stage.kept(&tag).await?;
        ensure(once_or_not(kept, done), format!("after {polls} polls {kept} rows are there (done: {done})"))?;
        if done {
            return Ok(pool.close(&cx).await?);
        }
    }
    Err("it never ends".into())
}

async fn a_next_that_is_called_again(stage: &Stage<'_>) -> Case {
    let (mut session, cx) = (stage.session().await?, Stage::cx());
    let mut rows = session.query(&cx, stage.subject.numbers(20_000)).await?;
    let (mut count, mut dropped) = (0_u64, 0_u64);
    loop {
        match poll_times(rows.next(), 1).await.transpose()? {
            None => {
                dropped += 1;
                tokio::task::yield_now().await;
            }
            Some(None) => break,
            Some(Some(row)) => {
                count += 1;
                equal("the row", &row.get::<u64>(0)?, &count)?;
            }
        }
    }
    drop(rows);
    equal(&format!("the number of rows ({dropped} calls were dropped)"), &count, &20_000)?;
    stage.answers(&mut session).await
}

async fn a_close(stage: &Stage<'_>) -> Case {
    for polls in 0..MOST {
        let (session, cx) = (stage.session().await?, Stage::cx());
        let ended = poll_times(session.close(&cx), polls).await;
        let done = ended.is_some();
        ended.transpose()?;
        stage.until_sessions(0).await?;
        if done {
            return Ok(());
        }
    }
    Err("it never ends".into())
}
