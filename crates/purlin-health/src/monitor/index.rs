//! Where each check is, by its name.

use super::plan::Seat;
use super::shard::Shard;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Where each check is: eight bytes for each, since the names themselves are with the checks.
#[derive(Debug)]
pub(super) struct Index {
    /// Half a hash of the name, and the number of the check over all shards; sorted.
    entries: Box<[(u32, u32)]>,
    /// The number of each shard's first check.
    starts: Vec<u32>,
}

impl Index {
    pub(super) fn new(shards: &[Shard]) -> Self {
        let mut entries = Vec::with_capacity(shards.iter().map(|shard| shard.records.len()).sum());
        let mut starts = Vec::with_capacity(shards.len());
        for shard in shards {
            starts.push(number(entries.len()));
            for record in &shard.records {
                entries.push((hash(record.id.as_str()), number(entries.len())));
            }
        }
        entries.sort_unstable();
        Self { entries: entries.into_boxed_slice(), starts }
    }

    /// How many checks there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The first place that may be that of this name and is it.
    pub(super) fn find(&self, id: &str, is_it: impl Fn(Seat) -> bool) -> Option<Seat> {
        let wanted = hash(id);
        let from = self.entries.partition_point(|(hash, _)| *hash < wanted);
        let candidates = self.entries[from..].iter().take_while(|(hash, _)| *hash == wanted);
        candidates.map(|(_, number)| self.seat(*number)).find(|seat| is_it(*seat))
    }

    fn seat(&self, number: u32) -> Seat {
        let shard = self.starts.partition_point(|start| *start <= number).saturating_sub(1);
        Seat { shard, job: number - self.starts[shard] }
    }
}

fn hash(id: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    // One half is as good as the other.
    number((hasher.finish() >> 32) as usize)
}

/// A monitor holds fewer checks than that.
fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
