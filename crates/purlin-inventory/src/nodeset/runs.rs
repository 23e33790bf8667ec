//! A set of indices as runs without gaps.

use std::ops::Range;

/// First and last index of a run.
pub(super) type Run = (u64, u64);

/// How two sets are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// What is in any of them.
    Union,
    /// What is in all of them.
    Intersection,
    /// What is in the first and in none of the others.
    Difference,
    /// What is in an odd number of them: of two, in one only.
    Xor,
}

impl Operation {
    /// Whether something belongs to the result that is, or is not, in the one and in the other.
    pub(super) fn keeps(self, one: bool, other: bool) -> bool {
        match self {
            Self::Union => one || other,
            Self::Intersection => one && other,
            Self::Difference => one && !other,
            Self::Xor => one != other,
        }
    }
}

/// Runs in order; between two of them at least one index is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Runs(Vec<Run>);

impl Runs {
    /// Sorts and joins.
    pub(super) fn new(mut runs: Vec<Run>) -> Self {
        runs.sort_unstable();
        let mut set = Self(Vec::with_capacity(runs.len().min(64)));
        runs.into_iter().for_each(|(first, last)| set.push(first, last));
        set
    }

    /// The runs among sorted indices, equal ones allowed.
    pub(super) fn of_sorted(indices: impl IntoIterator<Item = u64>) -> Self {
        let mut set = Self::default();
        indices.into_iter().for_each(|index| set.push(index, index));
        set
    }

    /// Adds a run that begins no earlier than the last one.
    pub(super) fn push(&mut self, first: u64, last: u64) {
        match self.0.last_mut() {
            Some(run) if first <= run.1.saturating_add(1) => run.1 = run.1.max(last),
            _ => self.0.push((first, last)),
        }
    }

    pub(super) fn runs(&self) -> &[Run] {
        &self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many indices there are: below 2^61, as all digit strings together.
    pub(super) fn count(&self) -> u64 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }

    pub(super) fn contains(&self, index: u64) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= index);
        after.checked_sub(1).is_some_and(|run| index <= self.0[run].1)
    }

    /// The only index, if there is one alone.
    pub(super) fn single(&self) -> Option<u64> {
        match self.0[..] {
            [(first, last)] if first == last => Some(first),
            _ => None,
        }
    }

    /// Those from this position on, so many, counted in order.
    pub(super) fn slice(&self, range: Range<u64>) -> Self {
        let mut position = 0;
        let mut set = Self::default();
        for (first, last) in &self.0 {
            let count = last - first + 1;
            let from = range.start.max(position);
            let to = range.end.min(position + count);
            if from < to {
                set.push(first + (from - position), first + (to - 1 - position));
            }
            position += count;
        }
        set
    }

    pub(super) fn combine(&self, other: &Self, operation: Operation) -> Self {
        if let Some(set) = self.combine_dense(other, operation) {
            return set;
        }
        match operation {
            Operation::Union => self.union(other),
            Operation::Intersection => self.intersection(other),
            Operation::Difference => self.difference(other),
            Operation::Xor => self.difference(other).union(&other.difference(self)),
        }
    }

    /// As bitmaps, where many short runs lie close together: going through those one by one is slow, since no processor
    /// guesses which comes next.
    fn combine_dense(&self, other: &Self, operation: Operation) -> Option<Self> {
        let runs = self.0.len() + other.0.len();
        let first = self.0.first()?.0.min(other.0.first()?.0);
        let last = self.0.last()?.1.max(other.0.last()?.1);
        let words =
            usize::try_from((last - first) / 64).ok().filter(|words| *words < 2 * runs && runs >= 64)? + 1;
        let (mut one, two) = (self.bitmap(first, words), other.bitmap(first, words));
        let pairs = one.iter_mut().zip(two);
        match operation {
            Operation::Union => pairs.for_each(|(word, with)| *word |= with),
            Operation::Intersection => pairs.for_each(|(word, with)| *word &= with),
            Operation::Difference => pairs.for_each(|(word, with)| *word &= !with),
            Operation::Xor => pairs.for_each(|(word, with)| *word ^= with),
        }
        let mut set = Self(Vec::with_capacity(runs));
        for (start, mut word) in (first..).step_by(64).zip(one) {
            while word != 0 {
                let gap = word.trailing_zeros();
                let length = (word >> gap).trailing_ones();
                set.push(start + u64::from(gap), start + u64::from(gap + length - 1));
                word &= u64::MAX.checked_shl(gap + length).unwrap_or(0);
            }
        }
        set.0.shrink_to_fit();
        Some(set)
    }

    fn bitmap(&self, start: u64, words: usize) -> Vec<u64> {
        let mut bitmap = vec![0u64; words];
        for (first, last) in &self.0 {
            let (first, last) = (first - start, last - start);
            // Both are within the words, which were counted up to the last run.
            let (from, to) = ((first / 64) as usize, (last / 64) as usize);
            let (low, high) = (u64::MAX << (first % 64), u64::MAX >> (63 - last % 64));
            if from == to {
                bitmap[from] |= low & high;
            } else {
                bitmap[from] |= low;
                bitmap[from + 1..to].fill(u64::MAX);
                bitmap[to] |= high;
            }
        }
        bitmap
    }

    fn union(&self, other: &Self) -> Self {
        let mut set = Self(Vec::with_capacity(self.0.len().max(other.0.len())));
        let (mut one, mut two) = (self.0.iter().peekable(), other.0.iter().peekable());
        loop {
            let run = match (one.peek(), two.peek()) {
                (Some(a), Some(b)) if a.0 <= b.0 => one.next(),
                (Some(_), None) => one.next(),
                _ => two.next(),
            };
            match run {
                Some((first, last)) => set.push(*first, *last),
                None => return set,
            }
        }
    }

    fn intersection(&self, other: &Self) -> Self {
        let mut common = Vec::with_capacity(self.0.len().min(other.0.len()));
        let (mut one, mut two) = (0, 0);
        while let (Some(a), Some(b)) = (self.0.get(one), other.0.get(two)) {
            let (first, last) = (a.0.max(b.0), a.1.min(b.1));
            if first <= last {
                common.push((first, last));
            }
            one += usize::from(a.1 <= b.1);
            two += usize::from(b.1 <= a.1);
        }
        Self(common)
    }

    fn difference(&self, other: &Self) -> Self {
        let mut left = Vec::with_capacity(self.0.len());
        let mut two = 0;
        for (first, last) in &self.0 {
            let mut first = *first;
            while other.0.get(two).is_some_and(|run| run.1 < first) {
                two += 1;
            }
            let mut at = two;
            while let Some(run) = other.0.get(at).filter(|run| run.0 <= *last) {
                if first < run.0 {
                    left.push((first, run.0 - 1));
                }
                first = run.1 + 1;
                at += 1;
            }
            two = at.saturating_sub(1).max(two);
            if first <= *last {
                left.push((first, *last));
            }
        }
        Self(left)
    }
}
