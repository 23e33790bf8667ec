//! The handle that stops a statement from another task, as the driver gives it to the session.

use crate::suites::Suite;
use crate::suites::db::stage::{Case, LOOK, Stage, ensure, equal, failed, refused};
use purlin_core::{Cx, Error, Result};
use purlin_db::{Connection, ErrorClass, Statement};
use std::future::poll_fn;

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases! { suite, stage, "cancelling";
        from_another_task ["endless", "cancel"];
        twice ["endless", "cancel"];
        what_is_over_hits_nothing_else ["cancel"];
        a_connection_that_is_gone ["cancel"];
    }
}

async fn drained(connection: &mut dyn Connection, cx: &Cx, sql: &str) -> Result<()> {
    let mut cursor = connection.query(cx, &Statement::new(sql)).await?;
    while poll_fn(|context| cursor.poll_advance(context)).await? {}
    Ok(())
}

async fn asked(stage: &Stage<'_>, connection: &mut dyn Connection) -> Case {
    let (cx, wanted) = (Stage::cx(), stage.fresh());
    let sql = stage.subject.number(wanted);
    let mut cursor = connection.query(&cx, &Statement::new(&sql)).await?;
    ensure(poll_fn(|context| cursor.poll_advance(context)).await?, "there is no row")?;
    let row = cursor.row();
    equal("the answer", &row.get::<i64>(0)?, &wanted)?;
    ensure(!poll_fn(|context| cursor.poll_advance(context)).await?, "there is another row")
}

/// Runs what has no end, and has another task stop it: again and again, since the first request may come before it.
async fn stopped(stage: &Stage<'_>, connection: &mut dyn Connection) -> std::result::Result<Error, String> {
    let cx = Stage::cx();
    let sql = stage.subject.endless(&stage.tag()).ok_or("no such statement")?;
    let handle = connection.cancel_handle().ok_or("there is no cancel handle")?;
    let stopping = tokio::spawn({
        let cx = cx.clone();
        async move {
            loop {
                cx.sleep(LOOK * 5).await?;
                handle.cancel(&cx).await?;
            }
            #[expect(unreachable_code, reason = "names the type of the loop's errors")]
            Ok::<(), Error>(())
        }
    });
    let answer = drained(connection, &cx, &sql).await;
    stopping.abort();
    // Its request may be under way; the connection is brought into order before it is asked again.
    let _ = stopping.await;
    failed("what has no end", answer).map_err(|complaint| complaint.0)
}

async fn from_another_task(stage: &Stage<'_>) -> Case {
    let cx = Stage::cx();
    let mut connection = stage.connector.connect(&cx, &stage.endpoint).await?;
    let error = stopped(stage, &mut *connection).await?;
    let error = error.with_operation("db.query").with_endpoint(stage.endpoint.clone());
    refused(&error, ErrorClass::Cancelled)?;
    connection.recover(&cx).await?;
    asked(stage, &mut *connection).await?;
    Ok(connection.close(&cx).await?)
}

async fn twice(stage: &Stage<'_>) -> Case {
    let cx = Stage::cx();
    let mut connection = stage.connector.connect(&cx, &stage.endpoint).await?;
    for _ in 0..2 {
        stopped(stage, &mut *connection).await?;
        connection.recover(&cx).await?;
        asked(stage, &mut *connection).await?;
    }
    Ok(connection.close(&cx).await?)
}

async fn what_is_over_hits_nothing_else(stage: &Stage<'_>) -> Case {
    let cx = Stage::cx();
    let mut connection = stage.connector.connect(&cx, &stage.endpoint).await?;
    asked(stage, &mut *connection).await?;
    let handle = connection.cancel_handle().ok_or("there is no cancel handle")?;
    handle.cancel(&cx).await?;
    connection.recover(&cx).await?;
    for _ in 0..3 {
        asked(stage, &mut *connection).await?;
    }
    Ok(connection.close(&cx).await?)
}

async fn a_connection_that_is_gone(stage: &Stage<'_>) -> Case {
    let cx = Stage::cx();
    let connection = stage.connector.connect(&cx, &stage.endpoint).await?;
    let handle = connection.cancel_handle().ok_or("there is no cancel handle")?;
    connection.close(&cx).await?;
    // Well or not: it must end, and do no harm.
    let _ = handle.cancel(&cx).await;
    let mut session = stage.session().await?;
    stage.answers(&mut session).await
}
