//! A primary that dies while it is written to.

use super::stage::{Case, LOOK, Stage, ensure, equal};
use crate::suites::{Report, Suite};
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use purlin_db::{AddressCauses, Connector, Database, DatabaseSettings, DbDetail, ErrorClass, WantedRole};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use tokio::task::JoinSet;

/// Who writes at the same time, each its own numbers one after the other.
const WRITERS: u64 = 4;
/// How many writes of each are acknowledged before the end of the primary, and after it.
const ACKNOWLEDGED: u64 = 25;
/// After a write that failed.
const PAUSE: Duration = Duration::from_millis(20);

/// A primary and a replica without which the primary acknowledges nothing: synchronous replication.
pub trait DbPair: Send + Sync {
    /// The way to both, the primary first, as somebody who may make tables and is refused by a replica.
    fn connector(&self) -> Arc<dyn Connector>;

    /// How many INSERTs the primary runs at the moment.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    fn inserts(&self) -> Result<u64>;

    /// Stops the replica (SIGSTOP), so that the primary waits for it.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    fn pause_replica(&self) -> Result<()>;

    /// Lets it go on.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    fn resume_replica(&self) -> Result<()>;

    /// Kills the primary (SIGKILL).
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    fn kill_primary(&mut self) -> Result<()>;

    /// Makes the replica a primary, with all that it has received.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    fn promote_replica(&mut self) -> Result<()>;
}

/// When the primary is killed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// While writes come and go.
    InFullFlight,
    /// While each writer waits for an acknowledgement that cannot come.
    WhileCommitsWait,
}

/// Runs the failover cases over pairs of servers, a new one for each: writers go through a [`Database`] that wants the
/// primary, the primary is killed, the replica promoted. Every acknowledged write is there then, each once; of the
/// others each error says truly whether its write may be there, and none is left without a class.
///
/// What a pair does blocks its thread: run it on a runtime with several.
pub async fn failover(implementation: &str, mut pair: impl FnMut() -> Result<Box<dyn DbPair>>) -> Report {
    let mut suite = Suite::new("failover", implementation, [""; 0]);
    for (name, moment) in [
        ("killed_in_full_flight", Moment::InFullFlight),
        ("killed_while_commits_wait", Moment::WhileCommitsWait),
    ] {
        let pair = pair();
        let body = async { killed(pair?, moment).await };
        suite.case(name, async { body.await.map_err(|complaint| complaint.0) }).await;
    }
    suite.finish()
}

async fn killed(mut pair: Box<dyn DbPair>, moment: Moment) -> Case {
    let (cx, connector) = (Stage::cx(), pair.connector());
    let endpoints = connector.endpoints().to_vec();
    let settings = DatabaseSettings::new().role(WantedRole::Primary);
    let database = Database::from_connectors([connector], settings)?;
    let mut session = database.acquire(&cx).await?;
    session.execute(&cx, "CREATE TABLE purlin_load (writer BIGINT NOT NULL, n BIGINT NOT NULL)").await?;
    drop(session);

    let load = Load::start(&cx, &database);
    load.until_acknowledged(ACKNOWLEDGED).await?;
    if moment == Moment::WhileCommitsWait {
        pair.pause_replica()?;
        while pair.inserts()? < WRITERS {
            cx.sleep(LOOK).await?;
        }
    }
    pair.kill_primary()?;
    if moment == Moment::WhileCommitsWait {
        pair.resume_replica()?;
    }
    pair.promote_replica()?;
    load.until_acknowledged(ACKNOWLEDGED).await?;
    let attempts = load.end().await?;

    let mut session = database.acquire(&cx).await?;
    equal("the address that is written to", &Some(&session.info().endpoint), &endpoints.get(1))?;
    let mut rows: HashMap<(u64, u64), u64> = HashMap::new();
    for row in session.query(&cx, "SELECT writer, n FROM purlin_load").all().await? {
        *rows.entry((row.get(0)?, row.get(1)?)).or_default() += 1;
    }
    let mut in_doubt = 0;
    for attempt in &attempts {
        attempt.is_as_told(rows.remove(&(attempt.writer, attempt.n)).unwrap_or_default())?;
        in_doubt += u64::from(attempt.is_in_doubt());
    }
    ensure(rows.is_empty(), "there are rows that nobody wrote")?;
    let doubtless = moment == Moment::WhileCommitsWait && in_doubt == 0;
    ensure(!doubtless, "no write is in doubt, though each writer waited for one")
}

/// A write, and what its writer was told.
struct Attempt {
    writer: u64,
    n: u64,
    error: Option<Error>,
}

impl Attempt {
    fn is_in_doubt(&self) -> bool {
        self.error.as_ref().is_some_and(|error| error.outcome() == Outcome::Maybe)
    }

    fn is_as_told(&self, rows: u64) -> Case {
        let Self { writer, n, error } = self;
        let what = format!("how often number {n} of writer {writer} is there");
        let Some(error) = error else {
            return equal(&format!("{what}, which was acknowledged,"), &rows, &1);
        };
        is_told(error)?;
        match error.outcome() {
            Outcome::Maybe => ensure(rows <= 1, format!("{what} is {rows}")),
            outcome => equal(&format!("{what}, whose outcome is {outcome:?},"), &rows, &0),
        }
    }
}

/// The error has a class or a kind that says what happened, and an address.
fn is_told(error: &Error) -> Case {
    let causes = error.detail::<AddressCauses>();
    let known = match DbDetail::class_of(error) {
        Some(class) => class != ErrorClass::Other,
        // On the way to a server: what was asked of one has a class.
        None => {
            error.outcome() == Outcome::NotSent
                && matches!(error.kind(), ErrorKind::Refused | ErrorKind::Unavailable | ErrorKind::Timeout)
        }
    };
    ensure(known, format!("neither class nor kind tell what happened: {error:#}"))?;
    ensure(error.endpoint().is_some() || causes.is_some(), format!("no address in {error:#}"))?;
    for (_, cause) in causes.iter().flat_map(|causes| causes.iter()) {
        is_told(cause)?;
    }
    Ok(())
}

struct Load {
    cx: Cx,
    progress: Arc<Progress>,
    writers: JoinSet<Vec<Attempt>>,
}

#[derive(Default)]
struct Progress {
    acknowledged: [AtomicU64; WRITERS as usize],
    over: AtomicBool,
}

impl Load {
    fn start(cx: &Cx, database: &Database) -> Self {
        let (progress, mut writers) = (Arc::new(Progress::default()), JoinSet::new());
        for writer in 0..WRITERS {
            writers.spawn(write(cx.clone(), database.clone(), progress.clone(), writer));
        }
        Self { cx: cx.clone(), progress, writers }
    }

    fn acknowledged(&self) -> Vec<u64> {
        self.progress.acknowledged.iter().map(|count| count.load(Relaxed)).collect()
    }

    /// Waits until each writer was told so many more times that its write is there.
    async fn until_acknowledged(&self, more: u64) -> Case {
        let before = self.acknowledged();
        while self.acknowledged().iter().zip(&before).any(|(now, before)| now - before < more) {
            let acknowledged = self.acknowledged();
            let late = |_| format!("of each writer {acknowledged:?} were acknowledged, after {before:?}");
            self.cx.sleep(LOOK).await.map_err(late)?;
        }
        Ok(())
    }

    async fn end(mut self) -> std::result::Result<Vec<Attempt>, String> {
        self.progress.over.store(true, Relaxed);
        let mut attempts = Vec::new();
        while let Some(joined) = self.writers.join_next().await {
            attempts.extend(joined.map_err(|error| error.to_string())?);
        }
        Ok(attempts)
    }
}

async fn write(cx: Cx, database: Database, progress: Arc<Progress>, writer: u64) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for n in 0.. {
        let ended = progress.over.load(Relaxed) || cx.check("db.execute").is_err();
        if ended {
            break;
        }
        let error = insert(&cx, &database, writer, n).await.err();
        match (&error, progress.acknowledged.get(writer as usize)) {
            (None, Some(count)) => _ = count.fetch_add(1, Relaxed),
            _ => _ = cx.sleep(PAUSE).await,
        }
        attempts.push(Attempt { writer, n, error });
    }
    attempts
}

async fn insert(cx: &Cx, database: &Database, writer: u64, n: u64) -> Result<()> {
    let mut session = database.acquire(cx).await?;
    let sql = format!("INSERT INTO purlin_load (writer, n) VALUES ({writer}, {n})");
    session.execute(cx, sql).await.map(drop)
}
