//! A set of names that differ only in their numbers: one dimension a number.
//!
//! With several dimensions it is a list of layers: numbers of the first dimension that go with the same set of the
//! others. No number of the first dimension is in two layers and no two layers have equal rests, so equal sets are
//! equal values, and `r[1-100000]n[1-100000]` is a single layer.

use super::budget::{Budget, TooLarge};
use super::runs::{Operation, Runs};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Space {
    /// No number: a single name.
    Point,
    /// One number.
    Line(Runs),
    /// Several.
    Layers(Vec<Layer>),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Layer {
    pub(super) at: Runs,
    pub(super) rest: Arc<Space>,
}

/// A run of the first dimension and what goes with it.
pub(super) type Segment<'a> = (u64, u64, Option<&'a Arc<Space>>);

/// A run of the first dimension and what goes with it on either side.
type Piece<'a> = (u64, u64, Option<&'a Arc<Space>>, Option<&'a Arc<Space>>);

impl Space {
    /// Every combination of these numbers; none of the sets is empty.
    pub(super) fn product(mut dimensions: Vec<Runs>) -> Self {
        let Some(last) = dimensions.pop() else {
            return Self::Point;
        };
        let wrap = |rest, at| Self::Layers(vec![Layer { at, rest: Arc::new(rest) }]);
        dimensions.into_iter().rev().fold(Self::Line(last), wrap)
    }

    /// The set of these rows, which are sorted; all have the same, nonzero width.
    pub(super) fn of_sorted<R: AsRef<[u64]>>(rows: &[R], depth: usize) -> Self {
        let number = |row: &R| row.as_ref()[depth];
        if rows.first().is_none_or(|row| row.as_ref().len() == depth + 1) {
            return Self::Line(Runs::of_sorted(rows.iter().map(number)));
        }
        let mut layers = Layers::default();
        for rows in rows.chunk_by(|one, other| number(one) == number(other)) {
            let rest = layers.known(Arc::new(Self::of_sorted(rows, depth + 1)));
            layers.add(number(&rows[0]), number(&rows[0]), rest);
        }
        Self::Layers(layers.finish())
    }

    /// How many names there are.
    pub(super) fn count(&self) -> u128 {
        self.checked_count().unwrap_or(u128::MAX)
    }

    /// None beyond `u128`.
    pub(super) fn checked_count(&self) -> Option<u128> {
        match self {
            Self::Point => Some(1),
            Self::Line(runs) => Some(runs.count().into()),
            Self::Layers(layers) => layers.iter().try_fold(0, |sum: u128, layer| {
                let each = layer.rest.checked_count()?;
                sum.checked_add(u128::from(layer.at.count()).checked_mul(each)?)
            }),
        }
    }

    /// How many runs its text has: those of a dimension stand before each set of the others.
    pub(super) fn written(&self, before: usize) -> usize {
        match self {
            Self::Point => before,
            Self::Line(runs) => before.saturating_add(runs.runs().len()),
            Self::Layers(layers) => layers.iter().fold(0, |sum: usize, layer| {
                sum.saturating_add(layer.rest.written(before.saturating_add(layer.at.runs().len())))
            }),
        }
    }

    /// How many pieces it has itself.
    fn width(&self) -> usize {
        match self {
            Self::Point => 1,
            Self::Line(runs) => runs.runs().len(),
            Self::Layers(layers) => layers.iter().map(|layer| layer.at.runs().len()).sum(),
        }
    }

    pub(super) fn contains(&self, row: &[u64]) -> bool {
        match (self, row) {
            (Self::Point, []) => true,
            (Self::Line(runs), [index]) => runs.contains(*index),
            (Self::Layers(layers), [index, rest @ ..]) => layers
                .iter()
                .find(|layer| layer.at.contains(*index))
                .is_some_and(|layer| layer.rest.contains(rest)),
            _ => false,
        }
    }

    /// Both of equal dimensions; None where nothing is left.
    pub(super) fn combine(
        &self,
        other: &Self,
        operation: Operation,
        budget: &mut Budget,
    ) -> Result<Option<Self>, TooLarge> {
        budget.shape(self.width() + other.width())?;
        match (self, other) {
            (Self::Line(one), Self::Line(two)) => {
                let runs = one.combine(two, operation);
                Ok((!runs.is_empty()).then_some(Self::Line(runs)))
            }
            (Self::Layers(_), Self::Layers(_)) => self.combined_layers(other, operation, budget),
            _ => Ok(operation.keeps(true, true).then(|| self.clone())),
        }
    }

    fn combined_layers(
        &self,
        other: &Self,
        operation: Operation,
        budget: &mut Budget,
    ) -> Result<Option<Self>, TooLarge> {
        let (mut layers, mut pairs) = (Layers::default(), HashMap::new());
        let (ours, theirs) = (self.segments(), other.segments());
        let address = |space: Option<&Arc<Self>>| space.map(Arc::as_ptr);
        for (first, last, one, two) in overlay(&ours, &theirs) {
            let rest = match pairs.get(&(address(one), address(two))) {
                Some(known) => *known,
                None => {
                    let rest = match (one, two) {
                        (Some(one), Some(two)) => {
                            let rest = one.combine(two, operation, budget)?;
                            budget.keep(rest.as_ref().map_or(0, Self::width))?;
                            rest.map(Arc::new)
                        }
                        (Some(one), None) => operation.keeps(true, false).then(|| one.clone()),
                        (None, Some(two)) => operation.keeps(false, true).then(|| two.clone()),
                        (None, None) => None,
                    };
                    let rest = rest.map(|rest| layers.known(rest));
                    pairs.insert((address(one), address(two)), rest);
                    rest
                }
            };
            if let Some(rest) = rest {
                budget.keep(1)?;
                layers.add(first, last, rest);
            }
        }
        let layers = layers.finish();
        Ok((!layers.is_empty()).then_some(Self::Layers(layers)))
    }

    /// The runs of the first dimension in order.
    pub(super) fn segments(&self) -> Vec<Segment<'_>> {
        match self {
            Self::Point => Vec::new(),
            Self::Line(runs) => runs.runs().iter().map(|(first, last)| (*first, *last, None)).collect(),
            Self::Layers(layers) => {
                let mut segments: Vec<Segment<'_>> = layers
                    .iter()
                    .flat_map(|layer| {
                        layer.at.runs().iter().map(|(first, last)| (*first, *last, Some(&layer.rest)))
                    })
                    .collect();
                segments.sort_unstable_by_key(|segment| segment.0);
                segments
            }
        }
    }

    /// The names at these positions, counted in order; None where there are none.
    pub(super) fn slice(&self, range: &Range<u128>) -> Option<Self> {
        let narrow = |position: u128| u64::try_from(position).unwrap_or(u64::MAX);
        match self {
            Self::Point => (range.start == 0 && range.end > 0).then_some(Self::Point),
            Self::Line(runs) => {
                let runs = runs.slice(narrow(range.start)..narrow(range.end));
                (!runs.is_empty()).then_some(Self::Line(runs))
            }
            Self::Layers(_) => self.slice_layers(range),
        }
    }

    fn slice_layers(&self, range: &Range<u128>) -> Option<Self> {
        let mut layers = Layers::default();
        let mut position: u128 = 0;
        for (first, last, rest) in self.segments() {
            let Some(rest) = rest else { continue };
            let each = rest.count().max(1);
            let all = each.saturating_mul((last - first + 1).into());
            let from = range.start.max(position) - position;
            let to = range.end.min(position.saturating_add(all)).saturating_sub(position);
            position = position.saturating_add(all);
            if from >= to {
                continue;
            }
            let at = |offset: u128| first + u64::try_from(offset / each).unwrap_or(last - first);
            let mut offset = from;
            while offset < to {
                // A number whose names are not all wanted stands alone; whole ones go together.
                let (start, whole) = (offset % each, (to - offset) / each);
                if start == 0 && whole > 0 {
                    let known = layers.known(rest.clone());
                    layers.add(at(offset), at(offset + whole * each - 1), known);
                    offset += whole * each;
                } else {
                    let end = each.min(start + (to - offset));
                    if let Some(part) = rest.slice(&(start..end)) {
                        let known = layers.known(Arc::new(part));
                        layers.add(at(offset), at(offset), known);
                    }
                    offset += end - start;
                }
            }
        }
        let layers = layers.finish();
        (!layers.is_empty()).then_some(Self::Layers(layers))
    }
}

/// Layers in the making: each rest once.
#[derive(Default)]
struct Layers {
    numbers: HashMap<Arc<Space>, usize>,
    rests: Vec<(Runs, Arc<Space>)>,
}

impl Layers {
    fn known(&mut self, rest: Arc<Space>) -> usize {
        if let Some(number) = self.numbers.get(&rest) {
            return *number;
        }
        self.rests.push((Runs::default(), rest.clone()));
        self.numbers.insert(rest, self.rests.len() - 1);
        self.rests.len() - 1
    }

    /// Runs come in order.
    fn add(&mut self, first: u64, last: u64, rest: usize) {
        self.rests[rest].0.push(first, last);
    }

    fn finish(self) -> Vec<Layer> {
        let used = self.rests.into_iter().filter(|(at, _)| !at.is_empty());
        let mut layers: Vec<Layer> = used.map(|(at, rest)| Layer { at, rest }).collect();
        layers.sort_unstable_by_key(|layer| layer.at.runs().first().copied());
        layers
    }
}

/// Runs that are wholly in one segment, or in none, of either side; in order.
fn overlay<'a>(ours: &[Segment<'a>], theirs: &[Segment<'a>]) -> Vec<Piece<'a>> {
    let mut pieces = Vec::with_capacity(ours.len() + theirs.len());
    let (mut one, mut two, mut from) = (0, 0, 0);
    loop {
        let (a, b) = (ours.get(one), theirs.get(two));
        let starts = [a, b].into_iter().flatten().map(|segment| segment.0.max(from));
        let Some(start) = starts.min() else {
            return pieces;
        };
        let inside = |segment: Option<&Segment<'a>>| segment.is_some_and(|(first, ..)| *first <= start);
        let end = |segment: Option<&Segment<'a>>| match segment {
            Some((first, last, _)) if *first <= start => *last,
            Some((first, ..)) => first - 1,
            None => u64::MAX,
        };
        let last = end(a).min(end(b));
        let rest =
            |segment: Option<&Segment<'a>>| segment.filter(|_| inside(segment)).and_then(|found| found.2);
        pieces.push((start, last, rest(a), rest(b)));
        one += usize::from(inside(a) && end(a) == last);
        two += usize::from(inside(b) && end(b) == last);
        from = last.saturating_add(1);
    }
}
