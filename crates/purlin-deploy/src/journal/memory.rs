//! A journal that lasts as long as the process.

use super::rules::{answered, begins, may_write, unspent};
use super::{Author, Journal, Lease, LeaseRequest, RunHead};
use crate::{Entry, Record, RunId};
use async_trait::async_trait;
use purlin_core::{Cx, Result};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// A journal that lasts as long as the process, for tests and rehearsals.
#[derive(Debug, Default)]
pub struct MemoryJournal(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    runs: BTreeMap<RunId, Vec<Entry>>,
    heads: Vec<RunHead>,
    leases: BTreeMap<RunId, Lease>,
    fence: u64,
}

impl MemoryJournal {
    /// One without runs.
    pub fn new() -> Self {
        Self::default()
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn append(&self, cx: &Cx, run: &RunId, author: Author, records: Vec<Record>) -> Result<Vec<Entry>> {
        cx.check("journal.append")?;
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fence = may_write(author, kept.leases.get(run), &records)?;
        let at = cx.clock().timestamp();
        let there = kept.runs.get(run).and_then(|entries| entries.last());
        let (mut seq, mut prev) = there.map_or((0, String::new()), |last| (last.seq, last.hash.clone()));
        begins(seq, &records)?;
        let (mut entries, mut head) = (Vec::with_capacity(records.len()), None);
        for record in records {
            if let Record::Opened { plan, .. } = &record {
                unspent(&plan.id, kept.heads.iter())?;
                head = Some(RunHead { run: run.clone(), plan: plan.id.clone(), opened_at: at });
            }
            seq += 1;
            let entry = Entry::chained(run, seq, (at, fence), record, &prev)?;
            prev.clone_from(&entry.hash);
            entries.push(entry);
        }
        kept.heads.extend(head);
        kept.runs.entry(run.clone()).or_default().extend(entries.iter().cloned());
        Ok(entries)
    }

    async fn read(&self, cx: &Cx, run: &RunId, after: u64) -> Result<Vec<Entry>> {
        cx.check("journal.read")?;
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all = kept.runs.get(run).map(Vec::as_slice).unwrap_or_default();
        Ok(all.iter().filter(|entry| entry.seq > after).cloned().collect())
    }

    async fn runs(&self, cx: &Cx) -> Result<Vec<RunHead>> {
        cx.check("journal.runs")?;
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(kept.heads.iter().rev().cloned().collect())
    }

    async fn lease(&self, cx: &Cx, run: &RunId, request: LeaseRequest) -> Result<Option<Lease>> {
        cx.check("journal.lease")?;
        let now = cx.clock().timestamp();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (lease, highest) = answered(run, kept.leases.get(run).cloned(), request, now, kept.fence)?;
        kept.fence = highest;
        if let Some(lease) = &lease {
            kept.leases.insert(run.clone(), lease.clone());
        }
        Ok(lease)
    }
}
