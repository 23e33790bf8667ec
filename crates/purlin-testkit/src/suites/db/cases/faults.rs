//! What goes wrong on the way to the server.

use crate::suites::Suite;
use crate::suites::db::stage::{Case, Complaint, LOOK, SHORT, Stage, ensure, equal, failed};
use crate::{Accept, Fault};
use purlin_core::{Cx, ErrorKind, Outcome};
use purlin_db::{Protocol, Session, SessionState};

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases! { suite, stage, "faults";
        a_refused_port ["proxy"];
        a_silent_listener ["proxy"];
        a_login_that_is_cut ["proxy"];
        a_login_that_is_garbled ["proxy"];
        bytes_in_small_pieces ["proxy"];
        an_answer_that_is_lost ["proxy"];
        an_answer_that_does_not_come ["proxy"];
        a_statement_that_does_not_arrive ["proxy"];
        a_connection_that_breaks_within_rows ["proxy"];
        a_connection_that_broke_at_rest ["proxy"];
        a_transaction_that_breaks ["proxy"];
        a_commit_whose_answer_is_lost ["proxy"];
        a_commit_that_does_not_arrive ["proxy"];
        a_rollback_whose_answer_is_lost ["proxy"];
    }
}

async fn a_refused_port(stage: &Stage<'_>) -> Case {
    let (proxy, connector) = stage.proxy()?;
    proxy.accept(Accept::Refuse)?;
    let error = failed("the connect", stage.session_by(&*connector).await)?;
    ensure(error.kind() == ErrorKind::Refused, format!("the kind is not Refused: {error:#}"))?;
    equal("the address", &error.endpoint(), &connector.endpoints().first())?;
    equal("the outcome", &error.outcome(), &Outcome::NotSent)
}

async fn a_silent_listener(stage: &Stage<'_>) -> Case {
    let (proxy, connector) = stage.proxy()?;
    proxy.accept(Accept::Ignore)?;
    let endpoint = connector.endpoints().first().ok_or("no endpoint")?;
    let short = Cx::background().with_timeout(SHORT);
    let error = failed("the connect", Session::connect(&short, &*connector, endpoint).await)?;
    ensure(error.kind() == ErrorKind::Timeout, format!("the kind is not Timeout: {error:#}"))?;
    equal("the address", &error.endpoint(), &Some(endpoint))?;
    equal("the outcome", &error.outcome(), &Outcome::NotSent)
}

async fn a_login_that_is_cut(stage: &Stage<'_>) -> Case {
    let (proxy, connector) = stage.proxy()?;
    for at in [0, 1, 3, 4, 5, 8, 9, 20, 40] {
        for fault in [Fault::cut().at(at), Fault::reset().at(at)] {
            proxy.to_client([fault.clone()]);
            let error = failed("the login", stage.session_by(&*connector).await)
                .map_err(|complaint| Complaint(format!("{fault:?}: {}", complaint.0)))?;
            equal("the outcome", &error.outcome(), &Outcome::NotSent)?;
            ensure(error.kind() != ErrorKind::Timeout, format!("{fault:?}: {error:#}"))?;
        }
    }
    proxy.clear();
    stage.answers(&mut stage.session_by(&*connector).await?).await
}

async fn a_login_that_is_garbled(stage: &Stage<'_>) -> Case {
    let (proxy, connector) = stage.proxy()?;
    for seed in 0..6 {
        proxy.to_client([Fault::garbage().seed(seed)]);
        let error = failed("the login", stage.session_by(&*connector).await)?;
        equal("the outcome", &error.outcome(), &Outcome::NotSent)?;
    }
    proxy.clear();
    stage.answers(&mut stage.session_by(&*connector).await?).await
}

async fn bytes_in_small_pieces(stage: &Stage<'_>) -> Case {
    let (proxy, connector) = stage.proxy()?;
    proxy.to_client([Fault::pieces(1)]);
    proxy.to_server([Fault::pieces(1)]);
    let (mut session, cx) = (stage.session_by(&*connector).await?, Stage::cx());
    stage.answers(&mut session).await?;
    let rows = session.query(&cx, stage.subject.numbers(300)).all().await?;
    equal("the number of rows", &rows.len(), &300)?;
    stage.answers(&mut session).await
}

/// A session through a proxy whose answers are held back from now on, and do not come.
async fn a_write_in_doubt(stage: &Stage<'_>, seen: bool) -> Case {
    let (proxy, connector) = stage.proxy()?;
    let (mut session, tag) = (stage.session_by(&*connector).await?, stage.tag());
    stage.answers(&mut session).await?;
    let kept = seen && !stage.subject.commits_apart();
    if seen {
        proxy.to_client([Fault::stall()])
    } else {
        proxy.to_server([Fault::stall()])
    }
    let cut = async {
        if kept {
            until_kept(stage, &tag).await?;
        } else {
            tokio::time::sleep(LOOK * 5).await;
        }
        proxy.disconnect();
        Case::Ok(())
    };
    // As text, which is a single message: a prepared one would wait for what it is answered first.
    let (cx, sql) = (Stage::cx(), format!("INSERT INTO purlin_ledger (tag) VALUES ('{tag}')"));
    let write = session.execute(&cx, &sql).protocol(Protocol::Text).into_future();
    let (answer, is_cut) = tokio::join!(write, cut);
    is_cut?;
    let error = failed("a write whose answer is lost", answer)?;
    ensure(error.outcome() == Outcome::Maybe, format!("not in doubt: {error:#}"))?;
    equal("the state", &session.state(), &SessionState::Closed)?;
    stage.answers_or_refuses(&mut session).await?;
    stage.is_kept(&tag, u64::from(kept)).await
}

async fn until_kept(stage: &Stage<'_>, tag: &str) -> Case {
    let cx = Stage::cx();
    while stage.kept(tag).await? == 0 {
        cx.sleep(LOOK).await.map_err(|_| "it never arrives")?;
    }
    Ok(())
}

async fn an_answer_that_is_lost(stage: &Stage<'_>) -> Case {
    a_write_in_doubt(stage, true).await
}

async fn a_statement_that_does_not_arrive(stage: &Stage<'_>) -> Case {
    a_write_in_doubt(stage, false).await
}

async fn an_answer_that_does_not_come(stage: &Stage<'_>) -> Case {
    let (proxy, connector) = stage.proxy()?;
    let mut session = stage.session_by(&*connector).await?;
    stage.answers(&mut session).await?;
    proxy.to_client([Fault::stall()]);
    let short = Cx::background().with_timeout(SHORT);
    let error = failed("the query", session.query(&short, stage.subject.number(7777)).all().await)?;
    equal("the kind", &error.kind(), &ErrorKind::Timeout)?;
    equal("the outcome", &error.outcome(), &Outcome::Maybe)?;
    proxy.clear();
    stage.answers_or_refuses(&mut session).await
}

async fn a_connection_that_breaks_within_rows(stage: &Stage<'_>) -> Case {
    let (proxy, connector) = stage.proxy()?;
    let (mut session, cx) = (stage.session_by(&*connector).await?, Stage::cx());
    let mut rows = session.query(&cx, stage.subject.numbers(5_000_000)).await?;
    for _ in 0..10 {
        ensure(rows.next().await?.is_some(), "too few rows")?;
    }
    proxy.disconnect();
    let mut count: u64 = 10;
    let error = loop {
        match rows.next().await {
            Ok(Some(row)) => {
                count += 1;
                equal("the row", &row.get::<u64>(0)?, &count)?;
            }
            Ok(None) => return Err(format!("it ended as if it were whole, after {count} rows").into()),
            Err(error) => break error,
        }
    };
    equal("the outcome", &error.outcome(), &Outcome::Maybe)?;
    let again = failed("the next row", rows.next().await.map(|row| row.is_some()))?;
    equal("the kind, told again", &again.kind(), &error.kind())?;
    drop(rows);
    equal("the state", &session.state(), &SessionState::Closed)?;
    stage.answers_or_refuses(&mut session).await
}

async fn a_connection_that_broke_at_rest(stage: &Stage<'_>) -> Case {
    let (proxy, connector) = stage.proxy()?;
    let (mut session, tag) = (stage.session_by(&*connector).await?, stage.tag());
    stage.answers(&mut session).await?;
    proxy.disconnect();
    failed("a write", stage.keep(&mut session, &tag).await)?;
    equal("the state", &session.state(), &SessionState::Closed)?;
    stage.answers_or_refuses(&mut session).await?;
    stage.is_kept(&tag, 0).await
}

async fn a_transaction_that_breaks(stage: &Stage<'_>) -> Case {
    let (proxy, connector) = stage.proxy()?;
    let (mut session, cx, tag) = (stage.session_by(&*connector).await?, Stage::cx(), stage.tag());
    let mut transaction = session.begin(&cx).await?;
    stage.keep(&mut transaction, &tag).await?;
    proxy.disconnect();
    failed("a write", stage.keep(&mut transaction, &tag).await)?;
    let error = failed("the commit", transaction.commit(&cx).await)?;
    equal("the outcome", &error.outcome(), &Outcome::NotSent)?;
    stage.is_kept(&tag, 0).await
}

async fn a_commit_whose_answer_is_lost(stage: &Stage<'_>) -> Case {
    a_commit_in_doubt(stage, true).await
}

async fn a_commit_that_does_not_arrive(stage: &Stage<'_>) -> Case {
    a_commit_in_doubt(stage, false).await
}

async fn a_commit_in_doubt(stage: &Stage<'_>, seen: bool) -> Case {
    let (proxy, connector) = stage.proxy()?;
    let (mut session, cx, tag) = (stage.session_by(&*connector).await?, Stage::cx(), stage.tag());
    let mut transaction = session.begin(&cx).await?;
    stage.keep(&mut transaction, &tag).await?;
    if seen {
        proxy.to_client([Fault::stall()])
    } else {
        proxy.to_server([Fault::stall()])
    }
    let cut = async {
        if seen {
            until_kept(stage, &tag).await?;
        } else {
            tokio::time::sleep(LOOK * 5).await;
        }
        proxy.disconnect();
        Case::Ok(())
    };
    let (answer, is_cut) = tokio::join!(transaction.commit(&cx), cut);
    is_cut?;
    let error = failed("a commit whose answer is lost", answer)?;
    ensure(error.outcome() == Outcome::Maybe, format!("not in doubt: {error:#}"))?;
    equal("the state", &session.state(), &SessionState::Closed)?;
    stage.is_kept(&tag, u64::from(seen)).await
}

async fn a_rollback_whose_answer_is_lost(stage: &Stage<'_>) -> Case {
    let (proxy, connector) = stage.proxy()?;
    let (mut session, cx, tag) = (stage.session_by(&*connector).await?, Stage::cx(), stage.tag());
    let mut transaction = session.begin(&cx).await?;
    stage.keep(&mut transaction, &tag).await?;
    proxy.to_client([Fault::stall()]);
    let cut = async {
        tokio::time::sleep(LOOK * 5).await;
        proxy.disconnect();
    };
    let (answer, ()) = tokio::join!(transaction.rollback(&cx), cut);
    failed("a rollback whose answer is lost", answer)?;
    stage.is_kept(&tag, 0).await?;
    stage.answers_or_refuses(&mut session).await
}
