//! What an error says about the session and about the statement's effect.

use super::state::End;
use crate::{DbDetail, ErrorClass};
use purlin_core::{Endpoint, Error, ErrorKind, Outcome};

/// How far the call had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The statement may not have left yet.
    Asking,
    /// It has; its answer is being read.
    Reading,
}

/// What an error leaves of the session, and the outcome that it stands for.
pub(crate) fn judge(error: &Error, stage: Stage) -> (End, Outcome) {
    let unsent = stage == Stage::Asking && error.outcome() == Outcome::NotSent;
    let in_doubt = if unsent { Outcome::NotSent } else { Outcome::Maybe };
    match DbDetail::class_of(error) {
        Some(class) if class.ends_session() => (End::Broken, in_doubt),
        // The winner of the two goes on; some servers have undone all of the loser's work by now, and would take its
        // next statement as one outside a transaction.
        Some(ErrorClass::Serialization) => (End::Aborted, Outcome::Sent),
        Some(_) => (End::Clean, Outcome::Sent),
        None if unsent && matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Unsupported) => {
            (End::Clean, Outcome::NotSent)
        }
        None => (End::Broken, in_doubt),
    }
}

/// Whether a statement that was being cancelled ended with an answer of its own.
pub(crate) fn is_own_answer(error: &Error) -> bool {
    let class = DbDetail::class_of(error);
    class.is_some_and(|class| {
        !class.ends_session() && !matches!(class, ErrorClass::Cancelled | ErrorClass::Other)
    })
}

/// The refusal of a session that is of no more use.
pub(crate) fn spent(endpoint: &Endpoint, operation: &'static str) -> Error {
    let message = "the session is spent: a call on it was cut off or its connection broke";
    refusal(ErrorKind::Unavailable, message, endpoint, operation)
}

/// The refusal of a transaction that can only be rolled back.
pub(crate) fn aborted(endpoint: &Endpoint, operation: &'static str) -> Error {
    let message =
        "the transaction can only be rolled back: it lost against another one, or a savepoint of it is gone";
    refusal(ErrorKind::Conflict, message, endpoint, operation)
}

/// The refusal of a transaction that the server has ended. Whether its work is there is in doubt.
pub(crate) fn ended(endpoint: &Endpoint, operation: &'static str) -> Error {
    let message =
        "the server has ended the transaction: a statement in it committed implicitly, or it was rolled back";
    let error = refusal(ErrorKind::Conflict, message, endpoint, operation);
    if operation == "db.commit" { error.with_outcome(Outcome::Maybe) } else { error }
}

fn refusal(kind: ErrorKind, message: &'static str, endpoint: &Endpoint, operation: &'static str) -> Error {
    Error::new(kind, message)
        .with_operation(operation)
        .with_endpoint(endpoint.clone())
        .with_outcome(Outcome::NotSent)
}
