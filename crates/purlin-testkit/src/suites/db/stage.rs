//! What the cases share.

use super::{DbKind, DbSubject};
use crate::FaultProxy;
use purlin_core::{Cx, Endpoint, Error, Outcome, Result};
use purlin_db::dialect::Placeholder;
use purlin_db::{
    Capabilities, Capability, Connector, DbDetail, ErrorClass, Isolation, Limits, OwnedRow, Pool,
    PoolSettings, Session, SessionState, Value,
};
use std::fmt::Debug;
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::Mutex;

/// Less than the watchdog's time, so that a call's own deadline names what hung.
const LIMIT: Duration = Duration::from_secs(45);

/// To cancel a statement, and as long again to prove its session clean: together less than [`LIMIT`].
const PATIENCE: Duration = Duration::from_secs(20);

/// Between two looks at what is not told by itself.
pub(super) const LOOK: Duration = Duration::from_millis(10);

/// For calls that are to run into their deadline.
pub(super) const SHORT: Duration = Duration::from_millis(200);

/// What is wrong.
#[derive(Debug)]
pub(super) struct Complaint(pub(super) String);

pub(super) type Case = std::result::Result<(), Complaint>;

impl From<Error> for Complaint {
    fn from(error: Error) -> Self {
        Self(format!("{error:#}"))
    }
}

impl From<String> for Complaint {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Complaint {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A complaint unless it is so.
pub(super) fn ensure(is_so: bool, complaint: impl Into<Complaint>) -> Case {
    if is_so { Ok(()) } else { Err(complaint.into()) }
}

/// A complaint unless the two are the same.
pub(super) fn equal<T: PartialEq + Debug>(what: &str, got: &T, wanted: &T) -> Case {
    let shown = |value: &T| format!("{value:?}").chars().take(300).collect::<String>();
    ensure(got == wanted, format!("{what} is {} instead of {}", shown(got), shown(wanted)))
}

/// The error, where there must be one.
pub(super) fn failed<T>(what: &str, result: Result<T>) -> std::result::Result<Error, Complaint> {
    match result {
        Err(error) => Ok(error),
        Ok(_) => Err(format!("{what} went well").into()),
    }
}

/// A refusal of the server with that class; operation, address and vendor stand in it.
pub(super) fn refused(error: &Error, class: ErrorClass) -> Case {
    let Some(detail) = error.detail::<DbDetail>() else {
        return Err(format!("no refusal of the server: {error:#}").into());
    };
    equal("the class", &detail.class, &class)
        .map_err(|complaint| Complaint(format!("{}: {error:#}", complaint.0)))?;
    equal("the kind", &error.kind(), &class.kind())?;
    ensure(error.operation().is_some(), format!("no operation in {error:#}"))?;
    ensure(error.endpoint().is_some(), format!("no address in {error:#}"))
}

/// Polls so many times, each after it was woken, and drops; the output where it ended by then.
pub(super) async fn poll_times<F: IntoFuture>(future: F, times: usize) -> Option<F::Output> {
    if times == 0 {
        drop(future.into_future());
        return None;
    }
    let mut future = pin!(future.into_future());
    let mut polls = 0;
    poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        polls += 1;
        if polls == times { Poll::Ready(None) } else { Poll::Pending }
    })
    .await
}

pub(super) struct Stage<'s> {
    pub(super) subject: &'s dyn DbSubject,
    pub(super) connector: Arc<dyn Connector>,
    pub(super) endpoint: Endpoint,
    pub(super) capabilities: Capabilities,
    /// Sees what is there for everybody.
    witness: Mutex<Session>,
    counted: (bool, bool),
    last: AtomicI64,
}

impl<'s> Stage<'s> {
    pub(super) async fn new(subject: &'s dyn DbSubject) -> std::result::Result<Self, Complaint> {
        let connector = subject.connector();
        let endpoint = connector.endpoints().first().cloned().ok_or("the connector has no endpoint")?;
        let cx = Self::cx();
        let mut session = Session::connect(&cx, &*connector, &endpoint).await?;
        for sql in subject.tables() {
            session.execute(&cx, &sql).await.map_err(|error| format!("{sql}: {error:#}"))?;
        }
        let capabilities = session.info().capabilities;
        let running = subject.running(&cx, "no such mark").await?.is_some();
        let sessions = subject.sessions(&cx).await?.is_some();
        let last = AtomicI64::new(1000);
        let (witness, counted) = (Mutex::new(session), (running, sessions));
        Ok(Self { subject, connector, endpoint, capabilities, witness, counted, last })
    }

    /// What is there, by the names that cases need it by.
    pub(super) fn abilities(&self) -> Vec<String> {
        let subject = self.subject;
        let mut names: Vec<String> = CAPABILITIES
            .iter()
            .filter(|(capability, _)| self.capabilities.has(*capability))
            .map(|(_, name)| (*name).to_owned())
            .collect();
        let subjects = [
            ("evaluates", !subject.is_scripted()),
            ("endless", subject.endless("").is_some()),
            ("endless_rows", subject.endless_rows().is_some()),
            ("impatient", subject.impatient().is_some()),
            ("finds_deadlocks", subject.finds_deadlocks()),
            ("refuses_overtaken_writes", subject.refuses_overtaken_writes()),
            ("denied", subject.denied().is_some()),
            ("nowhere", subject.nowhere().is_some()),
            ("proxy", subject.address().is_some_and(|address| subject.through(address).is_some())),
            ("running", self.counted.0),
            ("sessions", self.counted.1),
        ];
        names.extend(subjects.iter().filter(|(_, has)| *has).map(|(name, _)| (*name).to_owned()));
        let kinds = DbKind::ALL.into_iter().filter(|kind| subject.column(*kind).is_some());
        names.extend(kinds.map(|kind| format!("column_{}", kind.name())));
        let levels = self.connector.dialect().isolation.iter();
        names.extend(levels.map(|level| {
            let locks = *level == Isolation::RepeatableRead && subject.repeats_reads_by_locks();
            let name = level.as_sql().to_lowercase().replace(' ', "_");
            format!("isolation_{name}{}", if locks { "_by_locks" } else { "" })
        }));
        let classes = CLASSES.iter().filter(|class| subject.refused(**class).is_some());
        names.extend(classes.map(|class| format!("refuses_{class}")));
        names
    }

    /// A call with more time than it needs.
    pub(super) fn cx() -> Cx {
        Cx::background().with_timeout(LIMIT)
    }

    /// A number that nobody has asked for yet.
    pub(super) fn fresh(&self) -> i64 {
        self.last.fetch_add(1, Ordering::Relaxed)
    }

    /// A tag that no row has yet.
    pub(super) fn tag(&self) -> String {
        format!("tag{}x", self.fresh())
    }

    pub(super) fn can(&self, capability: Capability) -> bool {
        self.capabilities.has(capability)
    }

    pub(super) async fn session(&self) -> Result<Session> {
        Session::connect_within(&Self::cx(), &*self.connector, &self.endpoint, Self::limits()).await
    }

    /// On a busy machine it takes time to pass over what has come already, and that is no fault of a driver's.
    fn limits() -> Limits {
        Limits::new().cancel(PATIENCE)
    }

    /// A session that gives up soon where a statement cannot be cancelled.
    pub(super) async fn session_by(&self, connector: &dyn Connector) -> Result<Session> {
        let endpoint = connector.endpoints().first().unwrap_or(&self.endpoint);
        let limits = Limits::new().connect(Duration::from_secs(2)).cancel(Duration::from_millis(500));
        Session::connect_within(&Self::cx(), connector, endpoint, limits).await
    }

    pub(super) fn pool(&self, max: u32) -> Pool {
        let settings = PoolSettings::new().max(max).limits(Self::limits());
        Pool::new(self.connector.clone(), self.endpoint.clone(), settings)
    }

    /// A proxy before the server, and the way through it.
    pub(super) fn proxy(&self) -> std::result::Result<(FaultProxy, Arc<dyn Connector>), Complaint> {
        let address = self.subject.address().ok_or("no address")?;
        let proxy = FaultProxy::start(address)?;
        let connector = self.subject.through(proxy.address()).ok_or("no way through a proxy")?;
        Ok((proxy, connector))
    }

    /// A transaction, as whoever writes it into a text begins one.
    pub(super) fn begin_in_a_text(&self) -> &'static str {
        match self.connector.dialect().transactions.begin {
            // It begins with the first statement.
            "" => "SET TRANSACTION READ WRITE",
            begin => begin,
        }
    }

    /// The server's own placeholders, from 1.
    pub(super) fn native_place(&self, number: usize) -> String {
        match self.connector.dialect().placeholder {
            Placeholder::Dollar => format!("${number}"),
            Placeholder::AtP => format!("@P{number}"),
            Placeholder::Colon => format!(":{number}"),
            _ => "?".to_owned(),
        }
    }

    /// The session is in order, and its answers are its own.
    pub(super) async fn answers(&self, session: &mut Session) -> Case {
        for _ in 0..2 {
            let wanted = self.fresh();
            let sql = self.subject.number(wanted);
            let got: i64 = session.query(&Self::cx(), sql).value().await?;
            equal("the answer", &got, &wanted)?;
        }
        equal("the state", &session.state(), &SessionState::Idle)
    }

    /// The session gives its own answers, or none because a call on it was left.
    pub(super) async fn answers_or_refuses(&self, session: &mut Session) -> Case {
        let before = session.state();
        let wanted = self.fresh();
        let sql = self.subject.number(wanted);
        match session.query(&Self::cx(), sql).value::<i64>().await {
            Ok(got) => equal(&format!("the answer in state {before:?}"), &got, &wanted),
            Err(error) => {
                let may = !self.can(Capability::RecoversAfterDrop) && before == SessionState::Interrupted
                    || before == SessionState::Closed;
                ensure(may, format!("no answer in state {before:?}: {error:#}"))?;
                equal("the outcome", &error.outcome(), &Outcome::NotSent)
            }
        }
    }

    pub(super) async fn keep(&self, session: &mut Session, tag: &str) -> Result<u64> {
        let sql = format!("INSERT INTO purlin_ledger (tag) VALUES ('{tag}')");
        Ok(session.execute(&Self::cx(), sql).await?.affected)
    }

    pub(super) async fn kept(&self, tag: &str) -> Result<u64> {
        self.subject.kept(&Self::cx(), &mut *self.witness.lock().await, tag).await
    }

    pub(super) async fn is_kept(&self, tag: &str, rows: u64) -> Case {
        equal("the number of rows that are there", &self.kept(tag).await?, &rows)
    }

    /// What the session runs stands for everybody at once: it is in no transaction on the server.
    pub(super) async fn commits_at_once(&self, session: &mut Session) -> Case {
        let tag = self.tag();
        self.keep(session, &tag).await?;
        self.is_kept(&tag, 1).await
    }

    pub(super) async fn all(&self, session: &mut Session, sql: &str) -> Result<Vec<OwnedRow>> {
        session.query(&Self::cx(), sql).all().await
    }

    pub(super) async fn values(&self, session: &mut Session, sql: &str) -> Result<Vec<Value>> {
        Ok(session.query(&Self::cx(), sql).one().await?.into_values())
    }

    /// Waits until so many statements with that mark run there; at once where nobody can tell.
    pub(super) async fn until_running(&self, mark: &str, wanted: u64) -> Case {
        let cx = Self::cx();
        while let Some(count) = self.subject.running(&cx, mark).await? {
            if count == wanted {
                return Ok(());
            }
            cx.sleep(LOOK).await.map_err(|_| format!("{count} of them run instead of {wanted}"))?;
        }
        Ok(())
    }

    /// Waits until the suite has so many sessions there beside the witness's; at once where nobody can tell.
    pub(super) async fn until_sessions(&self, wanted: u64) -> Case {
        let cx = Self::cx();
        while let Some(count) = self.subject.sessions(&cx).await? {
            if count == wanted + 1 {
                return Ok(());
            }
            cx.sleep(LOOK).await.map_err(|_| {
                format!("there are {count} sessions with the witness's, instead of {wanted} without")
            })?;
        }
        Ok(())
    }
}

/// The classes that a statement can provoke.
pub(super) const CLASSES: [ErrorClass; 9] = [
    ErrorClass::Unique,
    ErrorClass::ForeignKey,
    ErrorClass::NotNull,
    ErrorClass::Check,
    ErrorClass::Syntax,
    ErrorClass::Data,
    ErrorClass::PermissionDenied,
    ErrorClass::NotWritable,
    ErrorClass::Cancelled,
];

const CAPABILITIES: [(Capability, &str); 12] = [
    (Capability::Savepoints, "savepoints"),
    (Capability::ReadOnlyTransactions, "read_only_transactions"),
    (Capability::TransactionalDdl, "transactional_ddl"),
    (Capability::Cancel, "cancel"),
    (Capability::MultipleResults, "multiple_results"),
    (Capability::Prepared, "prepared"),
    (Capability::RecoversAfterDrop, "recovers_after_drop"),
    (Capability::NamedLocks, "named_locks"),
    (Capability::Roles, "roles"),
    (Capability::Lag, "lag"),
    (Capability::Unsigned, "unsigned"),
    (Capability::ConstraintNames, "constraint_names"),
];
