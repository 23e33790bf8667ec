//! Sets of names, folded: `web[01-20].lon,db[1-3]`.

mod budget;
mod build;
mod fold;
mod index;
mod names;
mod parse;
mod runs;
mod sets;
mod shape;
mod space;

pub use names::Names;
pub use runs::Operation as SetOperation;
pub use sets::NodeSets;

use budget::{Budget, TooLarge, measured};
use build::Gather;
use purlin_core::{Diagnostic, Diagnostics, Error, ErrorKind, Result};
use runs::Operation;
use shape::Shape;
use space::Space;
use std::collections::{BTreeMap, btree_map};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

type Parts = BTreeMap<Shape, Space>;

/// How many parts [`NodeSet::split`] makes at most.
const MAX_SPLIT: usize = 100_000;

/// A set of names that knows no inventory. It keeps names that differ in numbers folded, however many they are:
/// `n[1-999999999]` costs as much as `n[1-2]`, and expands only through [`iter`](Self::iter).
///
/// The text is that of ClusterShell: `,` unites, `!` takes away, `&` keeps what is in both, `^` what is in one of both,
/// from left to right, all of equal strength. Brackets hold numbers and ranges, with steps (`[0-10/2]`) and padding
/// (`[01-20]`; `n1` and `n01` are two names); several brackets, and numbers outside of them, are dimensions. Groups
/// (`@web`) and wildcards are errors here: they need an inventory (see [`Inventory::select`](crate::Inventory::select)).
///
/// Names come in order: by their text without numbers, then number by number, those of fewer digits first.
///
/// ```
/// use purlin_inventory::NodeSet;
///
/// let web: NodeSet = "web[01-20/2].lon,db[1-3]!db2".parse()?;
/// assert_eq!(web.count(), 12);
/// assert_eq!(web.to_string(), "db[1,3],web[01,03,05,07,09,11,13,15,17,19].lon");
/// let names: NodeSet = ["n3", "n1", "n2", "n10"].into_iter().collect();
/// assert_eq!(names.to_string(), "n[1-3,10]");
/// assert!(names.intersection(&"n[2-5]".parse()?)?.iter().eq(["n2", "n3"]));
/// # Ok::<(), purlin_core::Error>(())
/// ```
///
/// A run of more than 18 digits, and numbers beyond the sixteenth of a name, are text like any other.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct NodeSet {
    parts: Parts,
}

impl NodeSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads folded text; blank text is the empty set.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid), naming the column, when the text is malformed, or asks for too much: a range
    /// with a step of more than 1,000,000 numbers, more than 4,000,000 pieces by such ranges and by several dimensions
    /// together, operators that have some 40,000,000 pieces to look at, more than 10,000 changes of the operator,
    /// 2^128 names.
    pub fn parse(text: &str) -> Result<Self> {
        parsed(text, &mut Budget::new()).map(|parts| Self { parts })
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// How many names there are. No set has more than can be counted.
    pub fn count(&self) -> u128 {
        self.parts.values().map(Space::count).sum()
    }

    /// Whether this name is in it.
    pub fn contains(&self, name: &str) -> bool {
        let (mut text, mut row) = (String::new(), Vec::new());
        shape::take_apart(name, &mut text, &mut row);
        // A name with the character of gaps has no numbers, and so the shape of no other.
        let shape = Shape::new(&text, row.len());
        self.parts.get(&shape).is_some_and(|space| space.contains(&row))
    }

    /// The names in order.
    pub fn iter(&self) -> Names<'_> {
        Names::new(self.parts.iter())
    }

    /// What is in one of both or in both.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) when several dimensions would fall into more than 4,000,000 pieces or hold 2^128
    /// names. It cannot happen with one number a name.
    pub fn union(&self, other: &Self) -> Result<Self> {
        self.combined(other, Operation::Union)
    }

    /// What is in both.
    ///
    /// # Errors
    /// As [`union`](Self::union).
    pub fn intersection(&self, other: &Self) -> Result<Self> {
        self.combined(other, Operation::Intersection)
    }

    /// What is in this and not in the other.
    ///
    /// # Errors
    /// As [`union`](Self::union).
    pub fn difference(&self, other: &Self) -> Result<Self> {
        self.combined(other, Operation::Difference)
    }

    /// What is in one of both only.
    ///
    /// # Errors
    /// As [`union`](Self::union).
    pub fn xor(&self, other: &Self) -> Result<Self> {
        self.combined(other, Operation::Xor)
    }

    /// Cuts it, in order, into so many sets of equal size; the first ones have one name more where it does not come
    /// out even. With fewer names than that, each stands alone.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) for 0 parts, or more than 100,000.
    pub fn split(&self, parts: usize) -> Result<Vec<Self>> {
        if parts == 0 || parts > MAX_SPLIT {
            let message = format!("a node set is split into 1 to {MAX_SPLIT} parts, not {parts}");
            return Err(Error::new(ErrorKind::Invalid, message).with_operation("nodeset.split"));
        }
        let count = self.count();
        let wanted = (parts as u128).min(count);
        let begins = |part: u128| part * (count / wanted) + part.min(count % wanted);
        let mut sets = Vec::new();
        // In halves of halves, so that no set is looked at as often as there are parts.
        let mut open = vec![(self.clone(), 0..wanted)];
        while let Some((set, numbers)) = open.pop() {
            match numbers.end - numbers.start {
                0 => {}
                1 => sets.push(set),
                several => {
                    let (first, middle) = (numbers.start, numbers.start + several / 2);
                    let cut = begins(middle) - begins(first);
                    let end = begins(numbers.end) - begins(first);
                    open.push((set.slice(&(cut..end)), middle..numbers.end));
                    open.push((set.slice(&(0..cut)), first..middle));
                }
            }
        }
        Ok(sets)
    }

    /// The names at these positions.
    fn slice(&self, range: &Range<u128>) -> Self {
        let (mut parts, mut position) = (Parts::new(), 0);
        for (shape, space) in &self.parts {
            let end = position + space.count();
            let (from, to) = (range.start.max(position), range.end.min(end));
            if from < to {
                let slice = space.slice(&(from - position..to - position));
                parts.extend(slice.map(|slice| (shape.clone(), slice)));
            }
            position = end;
        }
        Self { parts }
    }

    fn combined(&self, other: &Self, operation: Operation) -> Result<Self> {
        let combined = combine_refs(&self.parts, &other.parts, operation, &mut Budget::of_one());
        combined.and_then(measured).map(|parts| Self { parts }).map_err(|why| too_large(&why))
    }
}

fn parsed(text: &str, budget: &mut Budget) -> Result<Parts> {
    parse::parse(text, budget).map_err(|fault| fault.into_error("node set", text, "nodeset.parse"))
}

fn too_large(why: &TooLarge) -> Error {
    let fault = Diagnostic::error("node-set-too-large", why.message());
    let error = Error::new(ErrorKind::Invalid, why.message()).with_operation("nodeset.combine");
    error.with_detail(Diagnostics::from_iter([fault]))
}

fn combine_refs(
    one: &Parts,
    two: &Parts,
    operation: Operation,
    budget: &mut Budget,
) -> Result<Parts, TooLarge> {
    let mut parts = Parts::new();
    for (shape, space) in one {
        budget.shape(0)?;
        let combined = match two.get(shape) {
            Some(other) => space.combine(other, operation, budget)?,
            None => operation.keeps(true, false).then(|| space.clone()),
        };
        parts.extend(combined.map(|space| (shape.clone(), space)));
    }
    if operation.keeps(false, true) {
        let rest = two.iter().filter(|(shape, _)| !one.contains_key(shape));
        parts.extend(rest.map(|(shape, space)| (shape.clone(), space.clone())));
    }
    Ok(parts)
}

/// As [`combine_refs`], but touches only what changes.
fn combine(
    mut one: Parts,
    two: &Parts,
    operation: Operation,
    budget: &mut Budget,
) -> Result<Parts, TooLarge> {
    if operation == Operation::Intersection {
        return combine_refs(&one, two, operation, budget);
    }
    for (shape, space) in two {
        budget.shape(0)?;
        match one.entry(shape.clone()) {
            btree_map::Entry::Vacant(free) => {
                if operation.keeps(false, true) {
                    free.insert(space.clone());
                }
            }
            btree_map::Entry::Occupied(mut known) => match known.get().combine(space, operation, budget)? {
                Some(space) => {
                    known.insert(space);
                }
                None => {
                    known.remove();
                }
            },
        }
    }
    Ok(one)
}

impl FromStr for NodeSet {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text)
    }
}

/// Each text is one name, taken as it is: brackets and operators in it mean nothing. Folded text is
/// [parsed](NodeSet::parse).
impl<'a> FromIterator<&'a str> for NodeSet {
    fn from_iter<I: IntoIterator<Item = &'a str>>(names: I) -> Self {
        let mut gather = Gather::default();
        names.into_iter().for_each(|name| gather.name(name));
        // Only folded names of several dimensions, which were not gathered here, can become too large.
        Self { parts: gather.finish(&mut Budget::of_one()).unwrap_or_default() }
    }
}

impl FromIterator<String> for NodeSet {
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> Self {
        let mut gather = Gather::default();
        names.into_iter().for_each(|name| gather.name(&name));
        Self { parts: gather.finish(&mut Budget::of_one()).unwrap_or_default() }
    }
}

impl<'a> IntoIterator for &'a NodeSet {
    type Item = String;
    type IntoIter = Names<'a>;

    fn into_iter(self) -> Names<'a> {
        self.iter()
    }
}

/// Folded, so that [`NodeSet::parse`] gives the same set.
impl fmt::Display for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&fold::fold(&self.parts))
    }
}

impl fmt::Debug for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NodeSet({self})")
    }
}
