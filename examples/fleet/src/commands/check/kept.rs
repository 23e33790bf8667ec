//! What a watch has kept, while none runs.

use super::control::Request;
use super::downtime::{Announced, DowntimesAnswer};
use super::explain::{ExplainAnswer, Run};
use super::row::{Row, state, status};
use super::status::{AlarmView, StatusAnswer, StatusRow, answered, unknown_check};
use super::told::ToldStore;
use crate::output::now;
use crate::state::{Lock, StateFolder};
use purlin::core::{Clock, Timestamp};
use purlin::health::CheckId;
use purlin::health::alarm::{Acknowledgement, AlarmBook, AlarmStore, CheckRecord, DowntimeId, StateDocument};
use purlin::{Cx, Error, ErrorKind, Result};
use serde_json::Value;

/// The database of state.
pub(super) const DATABASE: &str = "check.db";

/// What was kept, and the right to change it.
#[derive(Debug)]
pub(super) struct Kept {
    store: ToldStore,
    document: StateDocument,
    _lock: Lock,
}

impl Kept {
    pub(super) async fn open(cx: &Cx, folder: &StateFolder, lock: Lock) -> Result<Self> {
        let store = ToldStore::open(cx, folder.database(DATABASE)?).await?;
        let document = store.load(cx).await?;
        Ok(Self { store, document, _lock: lock })
    }

    /// Answers, and leaves the database in good order: the next call may follow at once.
    pub(super) async fn answer(self, cx: &Cx, request: &Request) -> Result<Value> {
        let answer = self.find(cx, request).await;
        self.store.close(cx).await;
        answer
    }

    async fn find(&self, cx: &Cx, request: &Request) -> Result<Value> {
        match request {
            Request::Status => answered(&self.status()),
            Request::Explain { id } => answered(&self.explain(cx, id).await?),
            Request::Downtimes => answered(&DowntimesAnswer::new(self.document.downtimes.values(), now())),
            Request::Acknowledge { id, author, comment, until } => {
                let mut by = Acknowledgement::new(author, comment, now());
                by.until = *until;
                self.change(cx, |book| book.acknowledge(&CheckId::from(id.as_str()), by)).await?;
                Ok(Value::Null)
            }
            Request::Unacknowledge { id } => {
                self.change(cx, |book| book.unacknowledge(&CheckId::from(id.as_str()))).await?;
                Ok(Value::Null)
            }
            Request::Announce { downtime } => {
                let downtime = (**downtime).clone();
                self.change(cx, |book| {
                    book.announce(downtime);
                    Ok(())
                })
                .await?;
                answered(&Announced { fits: None })
            }
            Request::EndDowntime { id } => {
                let book = self.change(cx, |book| book.end_downtime(&DowntimeId::from(id.as_str()))).await?;
                answered(&DowntimesAnswer::new(book.downtimes(), now()))
            }
            Request::Report { .. } => Err(Error::new(
                ErrorKind::Unsupported,
                "no watch runs that could take the report: start one with --watch",
            )),
        }
    }

    /// Changes what was kept; the next watch goes on with it.
    async fn change(&self, cx: &Cx, change: impl FnOnce(&mut AlarmBook) -> Result<()>) -> Result<AlarmBook> {
        // Nothing is told here, so nobody need be there who tells; what waits for somebody is left alone.
        let mut document = self.document.clone();
        document.outbox.clear();
        let mut book = AlarmBook::load(document, Vec::<String>::new());
        change(&mut book)?;
        self.store.commit(cx, book.unsaved()).await?;
        Ok(book)
    }

    fn status(&self) -> StatusAnswer {
        let rows = self.document.checks.iter().map(|(id, record)| StatusRow {
            row: row(id, record),
            alarm: self.document.alarms.get(id).map(AlarmView::new),
        });
        StatusAnswer::new(false, rows.collect())
    }

    async fn explain(&self, cx: &Cx, id: &str) -> Result<ExplainAnswer> {
        let Some((id, record)) = self.document.checks.get_key_value(id) else {
            return Err(unknown_check(id, self.document.checks.keys().map(CheckId::as_str)));
        };
        let waiting = self.document.outbox.values().filter(|notice| notice.transition.check == *id);
        Ok(ExplainAnswer {
            watching: false,
            check: row(id, record),
            rule: None,
            thresholds: Vec::new(),
            parents: Vec::new(),
            runbook: None,
            alarm: self.document.alarms.get(id).map(AlarmView::new),
            told: self.store.told(cx, id.as_str()).await?,
            untold: Some(waiting.count() as u64),
            results: Run::newest(record.history.iter()),
        })
    }
}

/// As it was left. Nobody looks any more, so it is stale however young it is.
fn row(id: &CheckId, record: &CheckRecord) -> Row {
    let clock = Clock::system();
    let (now, wall): (_, Timestamp) = (clock.now(), clock.timestamp());
    let known = record.state.restored(now, wall);
    let host = id.as_str().rsplit_once('/').map(|(host, _)| host).filter(|host| *host != "monitor");
    Row {
        id: id.to_string(),
        host: host.map(str::to_owned),
        status: status(known.status()).to_owned(),
        state: state(known.state()).to_owned(),
        since: wall.saturating_sub(now.since(known.since())),
        age_s: known.last_result().map(|last| now.since(last).as_secs_f64()),
        stale: true,
        flapping: known.is_flapping(),
        message: String::new(),
    }
}
