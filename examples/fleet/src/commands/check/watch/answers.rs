//! What a watch answers to calls.

use super::super::control::Request;
use super::super::downtime::{Announced, DowntimesAnswer};
use super::super::explain::{ExplainAnswer, Parent, Run, Threshold};
use super::super::report::ReportAnswer;
use super::super::row::{Row, state};
use super::super::status::{AlarmView, StatusAnswer, StatusRow, answered, unknown_check};
use super::Running;
use crate::output::now;
use purlin::health::alarm::{Acknowledgement, DowntimeId, Selection};
use purlin::health::{CheckOutcome, CheckSpec, Evidence, Range, Rule, Snapshot, Status};
use purlin::{Cx, Error, ErrorKind, Result};
use serde_json::Value;

impl Running<'_> {
    pub(super) async fn answer(&self, cx: &Cx, request: Request) -> Result<Value> {
        let handle = &self.handle;
        match request {
            Request::Status => {
                let rows = handle.snapshot();
                let row = |snapshot: &Snapshot| StatusRow {
                    row: Row::new(snapshot),
                    alarm: handle.alarm(snapshot.id.as_str()).as_ref().map(AlarmView::new),
                };
                answered(&StatusAnswer::new(true, rows.iter().map(row).collect()))
            }
            Request::Explain { id } => answered(&self.explain(cx, &id).await?),
            Request::Downtimes => answered(&DowntimesAnswer::new(&handle.downtimes(), now())),
            Request::Acknowledge { id, author, comment, until } => {
                self.known(&id)?;
                let mut by = Acknowledgement::new(author, comment, now());
                by.until = until;
                handle.acknowledge(&id, by).map(|()| Value::Null)
            }
            Request::Unacknowledge { id } => {
                self.known(&id)?;
                handle.unacknowledge(&id).map(|()| Value::Null)
            }
            Request::Announce { downtime } => {
                let fits = self.fitting(&downtime.select);
                handle.announce(*downtime)?;
                answered(&Announced { fits: Some(fits) })
            }
            Request::EndDowntime { id } => {
                handle.end_downtime(&DowntimeId::from(id))?;
                answered(&DowntimesAnswer::new(&handle.downtimes(), now()))
            }
            Request::Report { id, status, message } => {
                self.known(&id)?;
                handle.report(&id, CheckOutcome::Answered(Evidence::new(word(&status)?, message)))?;
                answered(&ReportAnswer { check: Row::new(&self.known(&id)?) })
            }
        }
    }

    fn known(&self, id: &str) -> Result<Snapshot> {
        self.handle.get(id).ok_or_else(|| {
            let all = self.handle.snapshot();
            unknown_check(id, all.iter().map(|snapshot| snapshot.id.as_str()))
        })
    }

    fn fitting(&self, select: &Selection) -> u64 {
        let checks = self.loaded.checks.iter();
        checks.filter(|spec| select.selects(spec.id(), &spec.about())).count() as u64
    }

    async fn explain(&self, cx: &Cx, id: &str) -> Result<ExplainAnswer> {
        let snapshot = self.known(id)?;
        let spec = self.loaded.checks.iter().find(|spec| spec.id().as_str() == id);
        let results = self.handle.history(id).unwrap_or_default();
        Ok(ExplainAnswer {
            watching: true,
            check: Row::new(&snapshot),
            rule: spec.and_then(CheckSpec::own_cadence).map(ToString::to_string),
            thresholds: spec.map(CheckSpec::rules).unwrap_or_default().iter().map(threshold).collect(),
            parents: spec.map(|spec| self.parents(spec)).unwrap_or_default(),
            runbook: spec.and_then(CheckSpec::runbook_address).map(str::to_owned),
            alarm: self.handle.alarm(id).as_ref().map(AlarmView::new),
            told: self.store.told(cx, id).await?,
            untold: Some(self.store.waiting(id)),
            results: Run::newest(results.into_iter()),
        })
    }

    fn parents(&self, spec: &CheckSpec) -> Vec<Parent> {
        let parents = spec.hangs_on().map(|needs| needs.checks().cloned().collect::<Vec<_>>());
        let parents = parents.unwrap_or_default().into_iter().map(|id| Parent {
            state: self.handle.get(id.as_str()).map_or("pending", |parent| state(parent.state)).to_owned(),
            id: id.to_string(),
        });
        parents.collect()
    }
}

fn threshold(rule: &Rule) -> Threshold {
    let text = |range: &Option<Range>| range.as_ref().map(ToString::to_string);
    Threshold {
        measurement: rule.measurement.clone(),
        warning: text(&rule.warning),
        critical: text(&rule.critical),
    }
}

fn word(status: &str) -> Result<Status> {
    match status {
        "ok" => Ok(Status::Ok),
        "warning" => Ok(Status::Warning),
        "critical" => Ok(Status::Critical),
        "unknown" => Ok(Status::Unknown),
        other => Err(Error::new(ErrorKind::Invalid, format!("{other:?} is no status"))),
    }
}
