//! Refusals that several drivers have, in the same words: for whoever writes a driver. Nothing was sent in any of them.

use crate::{Dialect, Isolation};
use purlin_core::{Error, ErrorKind, Outcome};
use std::borrow::Cow;

/// The operation of an error on the way to a session, once the server is reached.
pub const LOGIN: &str = "db.login";

/// Other values were bound than the statement wants.
///
/// ```
/// let error = purlin_db::refusal::parameter_count(2, 1);
/// assert_eq!(error.message(), "the statement has 2 parameters, and 1 values were given");
/// assert_eq!(error.outcome(), purlin_core::Outcome::NotSent);
/// ```
pub fn parameter_count(wanted: usize, given: usize) -> Error {
    invalid(format!("the statement has {wanted} parameters, and {given} values were given"))
}

/// More values were bound than any statement of that engine can have.
pub fn too_many_parameters(dialect: &Dialect, given: usize) -> Error {
    let (name, most) = (dialect.name, dialect.max_parameters);
    invalid(format!("{given} values were given, and a statement of {name} can have {most}"))
}

/// Values were bound, and [`Protocol::Text`](crate::Protocol::Text) was asked for.
pub fn text_parameters() -> Error {
    invalid("parameters with Protocol::Text: only prepared statements take them")
}

/// What is wrong with one value; its place counts from 0. The message begins with `parameter 1`.
pub fn parameter(place: usize, why: &str) -> Error {
    invalid(format!("parameter {} {why}", place.saturating_add(1)))
}

/// The engine has no such level; a [session](crate::Session) refuses those that the dialect does not name.
pub fn isolation(dialect: &Dialect, level: Isolation) -> Error {
    let known: Vec<_> = dialect.isolation.iter().map(|level| level.as_sql()).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let message = format!("{} has no isolation level {}; it has: {known}", dialect.name, level.as_sql());
    unsent(ErrorKind::Unsupported, message).with_operation("db.begin")
}

/// A target without a user, of an engine that wants one.
pub fn missing_user(scheme: &str) -> Error {
    invalid(format!("a user is missing: {scheme}://USER@HOST/DATABASE")).with_operation("db.target")
}

fn invalid(message: impl Into<Cow<'static, str>>) -> Error {
    unsent(ErrorKind::Invalid, message)
}

fn unsent(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Error {
    Error::new(kind, message).with_outcome(Outcome::NotSent)
}
