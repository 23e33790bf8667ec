//! The side of the fake that a server would be.

use super::reply::{Ending, Part, Reply, refused};
use super::{Connecting, Entry, FakeRole, Observed};
use crate::{Access, Capabilities, ErrorClass, Statement, TxOptions, Value};
use std::collections::{BTreeMap, VecDeque};
use std::task::Waker;
use std::time::Duration;

type Answering = Box<dyn Fn(&Statement<'_>) -> Option<Reply> + Send + Sync>;

pub(super) enum Script {
    Always(String, Reply),
    Once(String, Option<Reply>),
    Answering(Answering),
}

/// What becomes of a request to cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cancelling {
    Heard,
    Ignored,
    Refused,
}

/// What a client asks for.
#[derive(Debug, Clone)]
pub(super) enum Request {
    Statement(String),
    Begin(TxOptions),
    Commit,
    RollBack,
    Ping,
    Savepoint(String),
    RollBackTo(String),
    Release(String),
}

#[derive(Debug, Default)]
pub(super) struct Transaction {
    writes: Vec<String>,
    savepoints: Vec<(String, usize)>,
    read_only: bool,
}

#[derive(Debug, Default)]
pub(super) struct ServerSession {
    pub(super) transaction: Option<Transaction>,
    pub(super) cancelled: bool,
    pub(super) waiting: Option<Waker>,
}

pub(super) struct State {
    pub(super) scripts: Vec<Script>,
    pub(super) capabilities: Capabilities,
    pub(super) connecting: Connecting,
    pub(super) role: FakeRole,
    pub(super) lag: Option<Duration>,
    pub(super) cancel_takes: Duration,
    pub(super) cancelling: Cancelling,
    pub(super) sessions: BTreeMap<u64, ServerSession>,
    pub(super) last_session: u64,
    pub(super) committed: Vec<String>,
    pub(super) log: Vec<Entry>,
}

impl State {
    pub(super) fn note(&mut self, session: u64, what: Observed) {
        self.log.push(Entry { session, what });
    }

    /// The scripted answer, else the server's own.
    pub(super) fn reply(&mut self, request: &Request, parameters: &[Value]) -> Reply {
        let (sql, own) = self.known(request);
        let statement = Statement::new(&sql).parameters(parameters);
        for script in self.scripts.iter_mut().rev() {
            let found = match script {
                Script::Always(text, reply) if *text == sql => Some(reply.clone()),
                Script::Once(text, reply) if *text == sql => reply.take(),
                Script::Answering(answer) => answer(&statement),
                _ => None,
            };
            if let Some(reply) = found {
                return reply;
            }
        }
        own.unwrap_or_else(|| Reply::refused(ErrorClass::Syntax, format!("nothing is scripted for {sql:?}")))
    }

    fn known(&self, request: &Request) -> (String, Option<Reply>) {
        let done = Some(Reply::no_rows::<String>([]));
        match request {
            Request::Begin(_) => ("BEGIN".to_owned(), done),
            Request::Commit => ("COMMIT".to_owned(), done),
            Request::RollBack => ("ROLLBACK".to_owned(), done),
            Request::Ping => ("PING".to_owned(), done),
            Request::Savepoint(name) => (format!("SAVEPOINT {name}"), done),
            Request::RollBackTo(name) => (format!("ROLLBACK TO SAVEPOINT {name}"), done),
            Request::Release(name) => (format!("RELEASE SAVEPOINT {name}"), done),
            Request::Statement(sql) => (sql.clone(), self.built_in(sql)),
        }
    }

    fn built_in(&self, sql: &str) -> Option<Reply> {
        match sql {
            "SHOW ROLE" => Some(Reply::rows(["role"], [[self.role.as_str()]])),
            "SHOW LAG" => {
                let seconds = self.lag.map_or(Value::Null, |lag| Value::F64(lag.as_secs_f64()));
                Some(Reply::rows(["seconds"], [[seconds]]))
            }
            _ => None,
        }
    }

    /// Does what was asked for, and says why not, if not.
    pub(super) fn execute(&mut self, id: u64, request: &Request, reply: &mut Reply) {
        self.note(id, Observed::of(request));
        if reply.is_refused() {
            self.end(id, reply.ending);
            return;
        }
        if let Err(error) = self.take_effect(id, request, reply.is_write()) {
            reply.parts = vec![Part::Refused(error)];
            return;
        }
        self.end(id, reply.ending);
    }

    fn end(&mut self, id: u64, ending: Option<Ending>) {
        let Some(ending) = ending else { return };
        let open = self.sessions.get_mut(&id).and_then(|session| session.transaction.take());
        if let (Ending::Commit, Some(transaction)) = (ending, open) {
            self.committed.extend(transaction.writes);
        }
    }

    fn take_effect(&mut self, id: u64, request: &Request, write: bool) -> Result<(), purlin_core::Error> {
        let Some(session) = self.sessions.get_mut(&id) else { return Ok(()) };
        let transaction = &mut session.transaction;
        match (request, transaction.as_mut()) {
            (Request::Begin(options), _) => {
                let read_only = options.access == Some(Access::ReadOnly);
                *transaction = Some(Transaction { read_only, ..Transaction::default() });
            }
            (Request::Commit | Request::RollBack, _) => {
                let ended = transaction.take();
                if let (Request::Commit, Some(ended)) = (request, ended) {
                    self.committed.extend(ended.writes);
                }
            }
            (Request::Savepoint(name), Some(open)) => open.savepoints.push((name.clone(), open.writes.len())),
            (Request::RollBackTo(name) | Request::Release(name), Some(open)) => {
                let place = open.savepoints.iter().rposition(|(known, _)| known == name);
                let place = place.ok_or_else(|| no_savepoint(name))?;
                if matches!(request, Request::Release(_)) {
                    open.savepoints.truncate(place);
                } else {
                    open.writes.truncate(open.savepoints[place].1);
                    open.savepoints.truncate(place + 1);
                }
            }
            (Request::Savepoint(name) | Request::RollBackTo(name) | Request::Release(name), None) => {
                return Err(no_savepoint(name));
            }
            (Request::Statement(_), open) if write && self.role == FakeRole::Replica => {
                let _ = open;
                return Err(refused(ErrorClass::NotWritable, "this is a replica"));
            }
            (Request::Statement(_), Some(open)) if write && open.read_only => {
                return Err(refused(ErrorClass::NotWritable, "the transaction is read-only"));
            }
            (Request::Statement(sql), Some(open)) if write => open.writes.push(sql.clone()),
            (Request::Statement(sql), None) if write => self.committed.push(sql.clone()),
            (Request::Statement(_) | Request::Ping, _) => {}
        }
        Ok(())
    }

    pub(super) fn is_in_transaction(&self, id: u64) -> bool {
        self.sessions.get(&id).is_some_and(|session| session.transaction.is_some())
    }

    /// The session is gone; what it had not committed is undone.
    pub(super) fn end_session(&mut self, id: u64) {
        if let Some(waker) = self.sessions.remove(&id).and_then(|session| session.waiting) {
            waker.wake();
        }
    }
}

impl Request {
    /// Statements about transactions are understood in text too.
    pub(super) fn of(sql: &str) -> Self {
        let words: Vec<_> = sql.split_whitespace().map(str::to_uppercase).collect();
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        let name = || sql.split_whitespace().last().unwrap_or_default().to_owned();
        match words[..] {
            ["BEGIN"] | ["BEGIN" | "START", "TRANSACTION"] => Self::Begin(TxOptions::new()),
            ["COMMIT"] => Self::Commit,
            ["ROLLBACK"] => Self::RollBack,
            ["SAVEPOINT", _] | ["SAVE", "TRANSACTION", _] => Self::Savepoint(name()),
            ["ROLLBACK", "TO", "SAVEPOINT", _] | ["ROLLBACK", "TRANSACTION", _] => Self::RollBackTo(name()),
            ["RELEASE", "SAVEPOINT", _] => Self::Release(name()),
            _ => Self::Statement(sql.to_owned()),
        }
    }
}

/// An answer that is on its way to the client, in the order of the requests: who reads without having read what was
/// before gets what was before, as on a real connection.
pub(super) struct Underway {
    pub(super) request: Request,
    pub(super) reply: Reply,
    pub(super) due: purlin_core::Instant,
    pub(super) executed: bool,
    pub(super) arrived: bool,
    /// What the answer says of the session.
    pub(super) in_transaction: bool,
    pub(super) part: usize,
    pub(super) row: usize,
}

pub(super) type Wire = VecDeque<Underway>;

fn no_savepoint(name: &str) -> purlin_core::Error {
    refused(ErrorClass::Syntax, format!("there is no savepoint {name}"))
}
