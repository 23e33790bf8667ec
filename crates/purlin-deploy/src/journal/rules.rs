//! What every journal refuses, whatever it is kept in.

use super::{Author, Force, Lease, LeaseRequest, RunHead};
use crate::{PlanId, Record, RunId, Spent};
use purlin_core::{Error, ErrorKind, Fence, Outcome, Result, Timestamp};

/// Whether that author may write these, and with which fencing number.
pub(super) fn may_write(author: Author, lease: Option<&Lease>, records: &[Record]) -> Result<Option<Fence>> {
    match author {
        Author::Person if records.iter().all(|record| matches!(record, Record::Told { .. })) => Ok(None),
        Author::Person => Err(refused(ErrorKind::Denied, "a person only tells a run what to do".to_owned())),
        Author::Controller(fence) => latest(lease, fence).map(|_| Some(fence)),
    }
}

/// A run begins with the record that says so, and only there.
pub(super) fn begins(seq: u64, records: &[Record]) -> Result<()> {
    let at = records.iter().position(|record| matches!(record, Record::Opened { .. }));
    match (seq, at) {
        (0, Some(0)) | (1.., None) => Ok(()),
        (0, _) => Err(refused(ErrorKind::NotFound, "there is no such run".to_owned())),
        (_, Some(_)) => Err(refused(ErrorKind::Conflict, "the run has begun already".to_owned())),
    }
}

/// Whether no run has used the plan.
pub(super) fn unspent<'h>(plan: &PlanId, mut runs: impl Iterator<Item = &'h RunHead>) -> Result<()> {
    match runs.find(|head| head.plan == *plan) {
        None => Ok(()),
        Some(head) => {
            let message = format!("the plan {plan} is spent: run {} of {}", head.run, head.opened_at);
            Err(refused(ErrorKind::Conflict, message).with_detail(Spent::by(plan, head.run.clone())))
        }
    }
}

/// What becomes of a lease, and the highest number then.
pub(super) fn answered(
    run: &RunId,
    lease: Option<Lease>,
    request: LeaseRequest,
    now: Timestamp,
    highest: u64,
) -> Result<(Option<Lease>, u64)> {
    match request {
        LeaseRequest::Show => Ok((lease, highest)),
        LeaseRequest::Take { holder, time, above } => {
            if let Some(lease) = lease.filter(|lease| lease.is_live(now)) {
                return Err(held(&lease));
            }
            let fence = highest.max(above.get()).saturating_add(1);
            let until = now.saturating_add(time);
            let (run, parked) = (run.clone(), false);
            let lease = Lease { run, holder, fence: Fence::new(fence), since: now, until, parked };
            Ok((Some(lease), fence))
        }
        LeaseRequest::Renew { fence, time } => {
            let lease = latest(lease.as_ref(), fence)?;
            Ok((Some(Lease { until: now.saturating_add(time), ..lease }), highest))
        }
        LeaseRequest::Park { fence } => {
            let lease = latest(lease.as_ref(), fence)?;
            Ok((Some(Lease { parked: true, ..lease }), highest))
        }
        LeaseRequest::Break { force } => match lease {
            Some(lease) if lease.is_live(now) && force == Force::No => Err(held(&lease)),
            Some(lease) => Ok((Some(Lease { parked: true, ..lease }), highest)),
            None => Ok((None, highest)),
        },
    }
}

fn latest(lease: Option<&Lease>, fence: Fence) -> Result<Lease> {
    match lease {
        Some(lease) if lease.fence == fence && !lease.parked => Ok(lease.clone()),
        Some(lease) if lease.fence == fence => {
            Err(refused(ErrorKind::Fenced, "the lease of the run was given up or broken".to_owned()))
        }
        Some(Lease { fence, holder, .. }) => {
            let (operator, controller) = (&holder.operator, &holder.controller);
            let message = format!("the run was taken over with number {fence} by {operator} on {controller}");
            Err(refused(ErrorKind::Fenced, message))
        }
        None => Err(refused(ErrorKind::Fenced, "nobody has the lease of the run".to_owned())),
    }
}

fn held(lease: &Lease) -> Error {
    let Lease { run, holder, since, until, .. } = lease;
    let message = format!(
        "run {run} is driven by {} on {} (process {}), since {since}, until {until} unless it is renewed",
        holder.operator, holder.controller, holder.process
    );
    refused(ErrorKind::Conflict, message)
}

fn refused(kind: ErrorKind, message: String) -> Error {
    Error::new(kind, message).with_operation("deploy.journal").with_outcome(Outcome::NotSent)
}
