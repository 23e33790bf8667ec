use crate::server::{cx, number, session};
use crate::tds::tokens::{MORE, begun, done, error, rolled_back};
use crate::tds::{ATTENTION, Fake, Step, TRANSACTION};
use purlin_core::{ErrorKind, Outcome};
use purlin_db::{DbDetail, Isolation, SessionState};

#[tokio::test]
async fn a_transaction_is_t_sql_and_the_server_tells_of_it() {
    let fake = Fake::start().unwrap();
    let mut session = session(&fake).await;
    let cx = cx();
    let transaction = session.begin(&cx).isolation(Isolation::Serializable).await.unwrap();
    assert_eq!(transaction.state(), SessionState::InTransaction);
    transaction.commit(&cx).await.unwrap();
    assert_eq!(session.state(), SessionState::Idle);
    let texts = fake.texts();
    let begin = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; BEGIN TRANSACTION; SELECT @@TRANCOUNT";
    assert!(texts.contains(&begin.to_owned()), "{texts:?}");
    // The level would stay with the session.
    let commit = "COMMIT TRANSACTION; SET TRANSACTION ISOLATION LEVEL READ COMMITTED";
    assert!(texts.contains(&commit.to_owned()), "{texts:?}");
    // A plain one leaves nothing behind.
    session.begin(&cx).await.unwrap().commit(&cx).await.unwrap();
    assert_eq!(fake.texts().last().unwrap(), "COMMIT TRANSACTION");
}

/// The driver's own request tells this as a success; what followed would commit by itself.
#[tokio::test]
async fn a_begin_that_the_server_refuses_has_not_begun() {
    let fake = Fake::start().unwrap();
    let text = "Snapshot isolation transaction failed";
    let refused = [done(MORE, 0, 0), error(3952, 1, 16, text), done(2, 0, 0)];
    fake.answer("ISOLATION LEVEL SNAPSHOT", refused.concat());
    let mut session = session(&fake).await;
    let told = session.begin(&cx()).isolation(Isolation::Snapshot).await.unwrap_err();
    assert_eq!(told.detail::<DbDetail>().unwrap().code, Some(3952), "{told}");
    assert_eq!(number(&mut session, 7).await, 7);
    assert_eq!(session.state(), SessionState::Idle);
}

/// The first statement of the batch fails, and the batch goes on.
#[tokio::test]
async fn a_begin_of_which_half_went_well_is_undone() {
    let fake = Fake::start().unwrap();
    let half = [error(102, 1, 15, "Incorrect syntax"), done(2 | MORE, 0, 0), begun(), done(0, 0, 0)];
    fake.answer("ISOLATION LEVEL SNAPSHOT; BEGIN", half.concat());
    fake.answer("IF @@TRANCOUNT > 0 ROLLBACK", [rolled_back(), done(0, 0, 0)].concat());
    let mut session = session(&fake).await;
    session.begin(&cx()).isolation(Isolation::Snapshot).await.unwrap_err();
    assert_eq!(number(&mut session, 7).await, 7);
    assert_eq!(session.state(), SessionState::Idle);
    assert!(fake.texts().iter().any(|text| text.starts_with("IF @@TRANCOUNT > 0 ROLLBACK")));
}

#[tokio::test]
async fn a_begin_without_a_transaction_is_none() {
    let fake = Fake::start().unwrap();
    fake.answer("BEGIN TRANSACTION", crate::tds::tokens::ints([0]));
    let mut session = session(&fake).await;
    let told = session.begin(&cx()).await.unwrap_err();
    assert!(told.message().contains("has not begun a transaction"), "{told}");
}

/// The driver's own request for a savepoint cuts its name in half.
#[tokio::test]
async fn savepoints_are_t_sql() {
    let fake = Fake::start().unwrap();
    let mut session = session(&fake).await;
    let cx = cx();
    let mut transaction = session.begin(&cx).await.unwrap();
    let savepoint = transaction.savepoint(&cx).await.unwrap();
    savepoint.rollback(&cx).await.unwrap();
    let savepoint = transaction.savepoint(&cx).await.unwrap();
    savepoint.commit(&cx).await.unwrap();
    transaction.commit(&cx).await.unwrap();
    let texts = fake.texts();
    for wanted in ["SAVE TRANSACTION purlin_1", "ROLLBACK TRANSACTION purlin_1", "SAVE TRANSACTION purlin_2"]
    {
        assert!(texts.iter().any(|text| text == wanted), "{wanted}: {texts:?}");
    }
    // The driver's requests of that kind (0x0E) are never used.
    assert_eq!(fake.count(TRANSACTION), 0);
}

#[tokio::test]
async fn a_dropped_transaction_is_rolled_back_before_anything_else() {
    let fake = Fake::start().unwrap();
    let mut session = session(&fake).await;
    let cx = cx();
    drop(session.begin(&cx).await.unwrap());
    assert_eq!(number(&mut session, 7).await, 7);
    let texts = fake.texts();
    let at = |wanted: &str| texts.iter().position(|text| text.starts_with(wanted)).unwrap();
    assert!(at("IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION") < at("SELECT 7"));
    assert_eq!(fake.count(ATTENTION), 0);
}

#[tokio::test]
async fn a_transaction_that_the_server_ended_takes_no_more_statements() {
    let fake = Fake::start().unwrap();
    // XACT_ABORT: an error of any kind ends the transaction.
    let ended = [rolled_back(), error(8134, 1, 16, "Divide by zero"), done(2, 0, 0)];
    fake.answer("DIVIDE", ended.concat());
    let mut session = session(&fake).await;
    let cx = cx();
    let mut transaction = session.begin(&cx).await.unwrap();
    transaction.execute(&cx, "DIVIDE").await.unwrap_err();
    let told = transaction.execute(&cx, "INSERT INTO hosts VALUES (1)").await.unwrap_err();
    assert_eq!((told.kind(), told.outcome()), (ErrorKind::Conflict, Outcome::NotSent), "{told}");
    transaction.commit(&cx).await.unwrap_err();
    assert_eq!(number(&mut session, 7).await, 7);
    assert!(!fake.texts().iter().any(|text| text.starts_with("INSERT")));
}

#[tokio::test]
async fn a_begin_in_somebodys_text_is_noticed() {
    let fake = Fake::start().unwrap();
    let mut session = session(&fake).await;
    session.execute(&cx(), "BEGIN TRANSACTION").await.unwrap();
    assert_eq!(session.state(), SessionState::InTransaction);
    session.reset(&cx()).await.unwrap();
    assert_eq!(session.state(), SessionState::Idle);
    // One that is nested keeps the outer COMMIT from doing anything.
    let cx = cx();
    let mut transaction = session.begin(&cx).await.unwrap();
    transaction.execute(&cx, "BEGIN TRANSACTION").await.unwrap();
    let told = transaction.commit(&cx).await.unwrap_err();
    assert!(told.message().contains("still open"), "{told}");
    assert_eq!(number(&mut session, 7).await, 7);
    assert_eq!(session.state(), SessionState::Idle);
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_says_so() {
    let fake = Fake::start().unwrap();
    fake.on("COMMIT", [Step::Close]);
    let mut session = session(&fake).await;
    let cx = cx();
    let told = session.begin(&cx).await.unwrap().commit(&cx).await.unwrap_err();
    assert_eq!((told.kind(), told.outcome()), (ErrorKind::Unavailable, Outcome::Maybe), "{told}");
}
