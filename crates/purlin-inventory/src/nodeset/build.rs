//! Many names at once become a set.

use super::budget::{Budget, TooLarge};
use super::runs::{Operation, Run, Runs};
use super::shape::{Shape, take_apart};
use super::space::Space;
use super::{Parts, combine};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Gathers names and folded names of which the union is wanted.
#[derive(Default)]
pub(super) struct Gather {
    numbers: HashMap<Arc<str>, usize>,
    last: usize,
    drafts: Vec<Draft>,
    /// Names that cannot be told from a shape by their text.
    odd: Vec<Shape>,
    text: String,
    row: Vec<u64>,
}

struct Draft {
    text: Arc<str>,
    width: usize,
    rows: Vec<u64>,
    runs: Vec<Run>,
    boxes: Vec<Space>,
}

impl Gather {
    /// Adds a name as it is.
    pub(super) fn name(&mut self, name: &str) {
        let (mut text, mut row) = (std::mem::take(&mut self.text), std::mem::take(&mut self.row));
        text.clear();
        row.clear();
        match take_apart(name, &mut text, &mut row) {
            true => self.draft(&text, row.len()).rows.extend_from_slice(&row),
            false => self.odd.push(Shape::new(name, 0)),
        }
        (self.text, self.row) = (text, row);
    }

    /// Adds all names of this shape with these numbers.
    pub(super) fn folded(&mut self, text: &str, mut dimensions: Vec<Runs>) {
        let draft = self.draft(text, dimensions.len());
        match dimensions.len() {
            0 => {}
            1 => draft.runs.extend(dimensions.pop().iter().flat_map(|runs| runs.runs().iter().copied())),
            _ => draft.boxes.push(Space::product(dimensions)),
        }
    }

    fn draft(&mut self, text: &str, width: usize) -> &mut Draft {
        // Most names have the shape of the one before.
        let known = self.drafts.get(self.last).filter(|draft| *draft.text == *text).map(|_| self.last);
        let number = match known.or_else(|| self.numbers.get(text).copied()) {
            Some(number) => number,
            None => {
                let (text, number): (Arc<str>, _) = (text.into(), self.drafts.len());
                self.numbers.insert(text.clone(), number);
                self.drafts.push(Draft {
                    text,
                    width,
                    rows: Vec::new(),
                    runs: Vec::new(),
                    boxes: Vec::new(),
                });
                number
            }
        };
        self.last = number;
        &mut self.drafts[number]
    }

    pub(super) fn finish(self, budget: &mut Budget) -> Result<Parts, TooLarge> {
        let mut parts = BTreeMap::new();
        for draft in self.drafts {
            let shape = Shape::new(&draft.text, draft.width);
            parts.extend(draft.finish(budget)?.map(|space| (shape, space)));
        }
        parts.extend(self.odd.into_iter().map(|shape| (shape, Space::Point)));
        Ok(parts)
    }
}

impl Draft {
    fn finish(mut self, budget: &mut Budget) -> Result<Option<Space>, TooLarge> {
        match self.width {
            0 => Ok(Some(Space::Point)),
            1 => {
                self.rows.sort_unstable();
                let singles = Runs::of_sorted(self.rows);
                let runs = match self.runs.is_empty() {
                    true => singles,
                    false => singles.combine(&Runs::new(self.runs), Operation::Union),
                };
                Ok((!runs.is_empty()).then_some(Space::Line(runs)))
            }
            2 => {
                let mut rows: Vec<[u64; 2]> = self.rows.as_chunks().0.to_vec();
                rows.sort_unstable();
                join(Space::of_sorted(&rows, 0), rows.is_empty(), self.boxes, budget)
            }
            width => {
                let mut rows: Vec<&[u64]> = self.rows.chunks_exact(width).collect();
                rows.sort_unstable();
                join(Space::of_sorted(&rows, 0), rows.is_empty(), self.boxes, budget)
            }
        }
    }
}

/// The union of all, in pairs of pairs, so that the work grows little faster than the result.
fn join(
    singles: Space,
    none: bool,
    mut boxes: Vec<Space>,
    budget: &mut Budget,
) -> Result<Option<Space>, TooLarge> {
    if !none {
        boxes.push(singles);
    }
    while boxes.len() > 1 {
        let mut pairs = boxes.into_iter();
        let mut joined = Vec::with_capacity(pairs.len().div_ceil(2));
        while let Some(one) = pairs.next() {
            joined.push(match pairs.next() {
                Some(two) => one.combine(&two, Operation::Union, budget)?.unwrap_or(one),
                None => one,
            });
        }
        boxes = joined;
    }
    Ok(boxes.pop())
}

/// Puts sets together as [`join`] does.
pub(super) fn combine_all(
    mut sets: Vec<Parts>,
    operation: Operation,
    budget: &mut Budget,
) -> Result<Parts, TooLarge> {
    while sets.len() > 1 {
        let mut pairs = sets.into_iter();
        let mut joined = Vec::with_capacity(pairs.len().div_ceil(2));
        while let Some(one) = pairs.next() {
            joined.push(match pairs.next() {
                Some(two) => combine(one, &two, operation, budget)?,
                None => one,
            });
        }
        sets = joined;
    }
    Ok(sets.pop().unwrap_or_default())
}
