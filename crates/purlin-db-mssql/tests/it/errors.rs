use crate::server::{connect, cx, number, session, target};
use crate::tds::tokens::{self, COUNT, INSERT, INT, MORE, columns, done, error, info, int, ints, row};
use crate::tds::{Fake, Step};
use purlin_core::{ErrorKind, Outcome};
use purlin_db::{DbDetail, ErrorClass, SessionState, Vendor};
use purlin_db_mssql::ServerMessage;

const ERROR: u16 = 2;

fn refusal(number: i32, class: u8, text: &str) -> Vec<u8> {
    [error(number, 1, class, text), done(ERROR, 0, 0)].concat()
}

#[tokio::test]
async fn numbers_become_classes_and_the_session_goes_on() {
    let fake = Fake::start().unwrap();
    let mut session = session(&fake).await;
    for (code, class) in [
        (2627, ErrorClass::Unique),
        (547, ErrorClass::ForeignKey),
        (515, ErrorClass::NotNull),
        (1222, ErrorClass::LockTimeout),
        (8134, ErrorClass::Data),
        (208, ErrorClass::Syntax),
        (229, ErrorClass::PermissionDenied),
        (3906, ErrorClass::NotWritable),
        (50_001, ErrorClass::Other),
    ] {
        fake.answer(&format!("ERR {code}"), refusal(code, 16, "no"));
        let told = session.execute(&cx(), format!("ERR {code}")).await.unwrap_err();
        assert_eq!(DbDetail::class_of(&told), Some(class), "{told}");
        assert_eq!((told.outcome(), told.message()), (Outcome::Sent, "no"));
        let detail = told.detail::<DbDetail>().unwrap();
        assert_eq!((detail.code, detail.vendor), (Some(code.into()), Vendor::SqlServer));
        assert_eq!(told.detail::<ServerMessage>().unwrap().class, 16);
        assert_eq!(session.state(), SessionState::Idle);
        assert_eq!(number(&mut session, 7).await, 7);
    }
}

#[tokio::test]
async fn a_class_of_ones_own_counts_first() {
    let fake = Fake::start().unwrap();
    fake.answer("CALL", refusal(50_123, 16, "taken"));
    let wanted = target(fake.address()).error_class(Vendor::SqlServer, 50_123, ErrorClass::Unique);
    let mut session = connect(&wanted).await.unwrap();
    let told = session.execute(&cx(), "CALL").await.unwrap_err();
    assert_eq!((DbDetail::class_of(&told), told.kind()), (Some(ErrorClass::Unique), ErrorKind::Conflict));
}

#[tokio::test]
async fn an_error_after_rows_and_before_others_is_told_once_and_nothing_follows() {
    let fake = Fake::start().unwrap();
    let mut answer = [columns(&[("n", INT)]), row(&[&int(1)]), row(&[&int(2)])].concat();
    answer.extend_from_slice(&info("by the way"));
    answer.extend_from_slice(&error(8134, 1, 16, "Divide by zero error encountered."));
    answer.extend_from_slice(&error(3621, 1, 16, "The statement has been terminated."));
    answer.extend_from_slice(&done(ERROR | MORE, 0, 0));
    answer.extend_from_slice(&ints([7]));
    fake.answer("ROWS", answer);
    let mut session = session(&fake).await;
    let cx = cx();
    let mut rows = session.query(&cx, "ROWS").await.unwrap();
    assert!(rows.next().await.unwrap().is_some());
    assert!(rows.next().await.unwrap().is_some());
    let told = rows.next().await.map(drop).unwrap_err();
    assert_eq!(told.detail::<DbDetail>().unwrap().code, Some(8134), "{told}");
    assert_eq!(rows.next().await.map(drop).unwrap_err().message(), told.message());
    drop(rows);
    assert_eq!(session.state(), SessionState::Idle);
    assert_eq!(number(&mut session, 7).await, 7);
}

/// The first of several statements fails, and the batch goes on: no success of a later one hides it.
#[tokio::test]
async fn a_failure_among_successes_is_a_failure() {
    let fake = Fake::start().unwrap();
    let answer = [
        done(COUNT | MORE, INSERT, 1),
        error(2627, 1, 14, "Violation of PRIMARY KEY constraint 'pk'."),
        done(ERROR | MORE, INSERT, 0),
        done(COUNT, INSERT, 1),
    ];
    fake.answer("INSERTS", answer.concat());
    let mut session = session(&fake).await;
    let told = session.execute(&cx(), "INSERTS").await.unwrap_err();
    assert_eq!(DbDetail::class_of(&told), Some(ErrorClass::Unique), "{told}");
    assert_eq!(number(&mut session, 7).await, 7);
}

#[tokio::test]
async fn a_deadlock_undoes_the_transaction_and_only_a_rollback_follows() {
    let fake = Fake::start().unwrap();
    let text = "Transaction (Process ID 51) was deadlocked";
    let answer = [tokens::rolled_back(), error(1205, 51, 13, text), done(ERROR, 0, 0)];
    fake.answer("LOSER", answer.concat());
    let mut session = session(&fake).await;
    let cx = cx();
    let mut transaction = session.begin(&cx).await.unwrap();
    let told = transaction.execute(&cx, "LOSER").await.unwrap_err();
    assert_eq!(DbDetail::class_of(&told), Some(ErrorClass::Serialization), "{told}");
    assert!(told.detail::<DbDetail>().unwrap().undid_transaction);
    let refused = transaction.execute(&cx, "INSERT INTO hosts VALUES (1)").await.unwrap_err();
    assert_eq!(refused.outcome(), Outcome::NotSent, "{refused}");
    transaction.rollback(&cx).await.unwrap();
    assert_eq!(session.state(), SessionState::Idle);
    assert!(!fake.texts().iter().any(|text| text.contains("INSERT INTO hosts")));
}

#[tokio::test]
async fn a_fatal_error_is_told_with_its_number_and_ends_the_session() {
    let fake = Fake::start().unwrap();
    let last = error(824, 2, 24, "SQL Server detected a logical consistency-based I/O error");
    fake.on("WHOLE", [Step::Send([last.clone(), done(ERROR, 0, 0)].concat()), Step::Close]);
    // The server hangs up in the midst of the answer: the driver reports the end of the stream.
    fake.on("SHORT", [Step::Begin([last, done(ERROR, 0, 0)[..12].to_vec()].concat()), Step::Close]);
    for text in ["WHOLE", "SHORT"] {
        let mut session = session(&fake).await;
        let told = session.execute(&cx(), text).await.unwrap_err();
        assert_eq!(DbDetail::class_of(&told), Some(ErrorClass::ConnectionLost), "{told}");
        assert_eq!(told.detail::<DbDetail>().unwrap().code, Some(824));
        assert_eq!(told.outcome(), Outcome::Maybe);
        assert_eq!(session.state(), SessionState::Closed);
    }
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_the_outcome_in_doubt() {
    let fake = Fake::start().unwrap();
    fake.on("BREAK", [Step::Close]);
    fake.on("HALF", [Step::Begin(columns(&[("n", INT)])), Step::Close]);
    for text in ["BREAK", "HALF"] {
        let mut session = session(&fake).await;
        let told = session.query(&cx(), text).all().await.unwrap_err();
        assert_eq!((told.kind(), told.outcome()), (ErrorKind::Unavailable, Outcome::Maybe), "{told}");
        assert_eq!(DbDetail::class_of(&told), Some(ErrorClass::ConnectionLost));
        assert_eq!(session.state(), SessionState::Closed);
    }
}
