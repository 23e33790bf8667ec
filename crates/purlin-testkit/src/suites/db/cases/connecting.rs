//! Who answers, and how a session ends.

use crate::suites::Suite;
use crate::suites::db::stage::{Case, Stage, ensure, equal, failed, refused};
use purlin_core::{Cx, ErrorKind, Outcome};
use purlin_db::{Capability, Connector, ErrorClass, Session, SessionState};

pub(super) async fn run(suite: &mut Suite, stage: &Stage<'_>) {
    cases! { suite, stage, "connecting";
        says_who_answers [];
        says_the_same_each_time [];
        has_a_cancel_handle_where_it_says_so [];
        begins_in_order [];
        pings [];
        pings_in_a_transaction [];
        gives_the_native_connection_and_doubts_it [];
        ends_politely [];
        leaves_no_session_after_close ["sessions"];
        leaves_no_session_after_drop ["sessions"];
        does_not_begin_after_the_end_of_the_call [];
        tells_a_denied_login ["denied"];
        tells_a_missing_database ["nowhere"];
    }
}

async fn says_who_answers(stage: &Stage<'_>) -> Case {
    let session = stage.session().await?;
    let info = session.info();
    equal("the address", &info.endpoint, &stage.endpoint)?;
    let version = &info.version;
    ensure(version.text().chars().any(|c| c.is_ascii_digit()), format!("the version is {version:?}"))?;
    ensure(version.text().contains(&version.major().to_string()), format!("the version is {version:?}"))?;
    ensure(!session.dialect().name.is_empty(), "the dialect has no name")?;
    ensure(std::ptr::eq(session.dialect(), stage.connector.dialect()), "the session has another dialect")
}

async fn says_the_same_each_time(stage: &Stage<'_>) -> Case {
    let (first, second) = (stage.session().await?, stage.session().await?);
    let (one, other) = (first.info(), second.info());
    equal("the vendor", &one.vendor, &other.vendor)?;
    equal("the version", &one.version, &other.version)?;
    equal("the capabilities", &one.capabilities, &other.capabilities)?;
    ensure(one.session_id.is_none() || one.session_id != other.session_id, "two sessions with one number")
}

async fn has_a_cancel_handle_where_it_says_so(stage: &Stage<'_>) -> Case {
    let connection = stage.connector.connect(&Stage::cx(), &stage.endpoint).await?;
    let says = connection.info().capabilities.has(Capability::Cancel);
    equal("the presence of a cancel handle", &connection.cancel_handle().is_some(), &says)?;
    Ok(connection.close(&Stage::cx()).await?)
}

async fn begins_in_order(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    equal("the state", &session.state(), &SessionState::Idle)?;
    stage.answers(&mut session).await
}

async fn pings(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    for _ in 0..3 {
        session.ping(&Stage::cx()).await?;
    }
    stage.answers(&mut session).await
}

async fn pings_in_a_transaction(stage: &Stage<'_>) -> Case {
    let (mut session, tag) = (stage.session().await?, stage.tag());
    let mut transaction = session.begin(&Stage::cx()).await?;
    stage.keep(&mut transaction, &tag).await?;
    transaction.ping(&Stage::cx()).await?;
    equal("the state", &transaction.state(), &SessionState::InTransaction)?;
    transaction.rollback(&Stage::cx()).await?;
    stage.is_kept(&tag, 0).await
}

async fn gives_the_native_connection_and_doubts_it(stage: &Stage<'_>) -> Case {
    let mut session = stage.session().await?;
    let _ = session.native();
    equal("the state", &session.state(), &SessionState::Unsettled)?;
    stage.answers(&mut session).await
}

async fn ends_politely(stage: &Stage<'_>) -> Case {
    Ok(stage.session().await?.close(&Stage::cx()).await?)
}

async fn leaves_no_session_after_close(stage: &Stage<'_>) -> Case {
    stage.until_sessions(0).await?;
    let sessions = [stage.session().await?, stage.session().await?, stage.session().await?];
    stage.until_sessions(3).await?;
    for session in sessions {
        session.close(&Stage::cx()).await?;
    }
    stage.until_sessions(0).await
}

async fn leaves_no_session_after_drop(stage: &Stage<'_>) -> Case {
    stage.until_sessions(0).await?;
    let mut session = stage.session().await?;
    let mut transaction = session.begin(&Stage::cx()).await?;
    let tag = stage.tag();
    stage.keep(&mut transaction, &tag).await?;
    stage.until_sessions(1).await?;
    drop(transaction);
    drop(session);
    stage.until_sessions(0).await?;
    stage.is_kept(&tag, 0).await
}

async fn does_not_begin_after_the_end_of_the_call(stage: &Stage<'_>) -> Case {
    let (cx, canceller) = Cx::background().cancellable();
    canceller.cancel();
    let connecting = Session::connect(&cx, &*stage.connector, &stage.endpoint).await;
    let error = failed("a connect that was cancelled before", connecting)?;
    equal("the kind", &error.kind(), &ErrorKind::Cancelled)?;
    equal("the outcome", &error.outcome(), &Outcome::NotSent)
}

async fn tells_a_denied_login(stage: &Stage<'_>) -> Case {
    tells(stage.subject.denied().ok_or("no such way")?.as_ref(), ErrorClass::LoginDenied).await
}

async fn tells_a_missing_database(stage: &Stage<'_>) -> Case {
    tells(stage.subject.nowhere().ok_or("no such way")?.as_ref(), ErrorClass::NoSuchDatabase).await
}

async fn tells(connector: &dyn Connector, class: ErrorClass) -> Case {
    let endpoint = connector.endpoints().first().ok_or("no endpoint")?;
    let error = failed("the login", Session::connect(&Stage::cx(), connector, endpoint).await)?;
    refused(&error, class)?;
    equal("the address", &error.endpoint(), &Some(endpoint))?;
    equal("the outcome", &error.outcome(), &Outcome::NotSent)
}
