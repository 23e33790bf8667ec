//! Many sets become one.

use super::budget::{Budget, TooLarge, measured};
use super::{NodeSet, Operation, Parts, combine, parsed, too_large};
use purlin_core::Result;

/// Sets that come one after the other, as arguments or lines, and are put together by one operation. All of them share
/// one limit, that of a single [text](NodeSet::parse), so that not even many of them ask for too much.
///
/// ```
/// use purlin_inventory::{NodeSets, SetOperation};
///
/// let mut sets = NodeSets::new(SetOperation::Difference);
/// for line in "web[01-20]\nweb[05-07]\nweb20".lines() {
///     sets.parse(line)?;
/// }
/// assert_eq!(sets.finish()?.to_string(), "web[01-04,08-19]");
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Debug)]
pub struct NodeSets {
    operation: Operation,
    budget: Budget,
    /// The set that others are taken from.
    first: Option<Parts>,
    /// What became of so many sets, each twice as many as the next: the work grows little faster than the sets.
    stack: Vec<(usize, Parts)>,
}

impl NodeSets {
    /// None yet.
    pub fn new(operation: Operation) -> Self {
        Self { operation, budget: Budget::new(), first: None, stack: Vec::new() }
    }

    /// Reads one more set.
    ///
    /// # Errors
    /// As [`NodeSet::parse`], for this text and all before it together.
    pub fn parse(&mut self, text: &str) -> Result<()> {
        let parts = parsed(text, &mut self.budget)?;
        self.add(parts)
    }

    /// Adds a set.
    ///
    /// # Errors
    /// [`Invalid`](purlin_core::ErrorKind::Invalid) when they are too large to be put together.
    pub fn push(&mut self, set: NodeSet) -> Result<()> {
        self.add(set.parts)
    }

    fn add(&mut self, mut parts: Parts) -> Result<()> {
        if self.operation == Operation::Difference && self.first.is_none() {
            self.first = Some(parts);
            return Ok(());
        }
        let mut count = 1;
        while let Some((_, before)) = self.stack.pop_if(|(known, _)| *known == count) {
            parts = self.combined(before, &parts).map_err(|why| too_large(&why))?;
            count *= 2;
        }
        self.stack.push((count, parts));
        Ok(())
    }

    fn combined(&mut self, one: Parts, two: &Parts) -> Result<Parts, TooLarge> {
        let operation = match self.operation {
            Operation::Difference => Operation::Union,
            operation => operation,
        };
        combine(one, two, operation, &mut self.budget)
    }

    /// What became of them; the empty set where there were none.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn finish(mut self) -> Result<NodeSet> {
        let parts = self.all().and_then(measured).map_err(|why| too_large(&why))?;
        Ok(NodeSet { parts })
    }

    fn all(&mut self) -> Result<Parts, TooLarge> {
        let mut all: Option<Parts> = None;
        while let Some((_, before)) = self.stack.pop() {
            all = Some(match all {
                Some(behind) => self.combined(before, &behind)?,
                None => before,
            });
        }
        let all = all.unwrap_or_default();
        match self.first.take() {
            Some(first) => combine(first, &all, Operation::Difference, &mut self.budget),
            None => Ok(all),
        }
    }
}
