//! Sets of names, folded: `web[01-20].lon,db[1-3]`.

mod build;
mod fold;
mod index;
mod names;
mod parse;
mod runs;
mod shape;
mod space;

pub use names::Names;

use crate::expression::Fault;
use build::Gather;
use purlin_core::{Error, ErrorKind, Result};
use runs::Operation;
use shape::Shape;
use space::{Space, TooLarge};
use std::collections::{BTreeMap, btree_map};
use std::fmt;
use std::str::FromStr;

type Parts = BTreeMap<Shape, Space>;

/// How many parts [`NodeSet::split`] makes at most.
const MAX_SPLIT: usize = 1_000_000;

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
    /// [`Invalid`](ErrorKind::Invalid), naming the column, when the text is malformed, or would have to be expanded
    /// beyond a limit: a range with a step of more than 1,000,000 numbers, several dimensions that fall into more
    /// than 4,000,000 pieces, more than 10,000 changes of the operator.
    pub fn parse(text: &str) -> Result<Self> {
        let parts =
            parse::parse(text).map_err(|fault| fault.into_error("node set", text, "nodeset.parse"))?;
        Ok(Self { parts })
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// How many names there are.
    pub fn count(&self) -> u128 {
        self.parts.values().fold(0, |sum: u128, space| sum.saturating_add(space.count()))
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
    /// [`Invalid`](ErrorKind::Invalid) when several dimensions would fall into more than 4,000,000 pieces. It cannot
    /// happen with one number a name.
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
    /// [`Invalid`](ErrorKind::Invalid) for 0 parts, or more than 1,000,000.
    pub fn split(&self, parts: usize) -> Result<Vec<Self>> {
        if parts == 0 || parts > MAX_SPLIT {
            let message = format!("a node set is split into 1 to {MAX_SPLIT} parts, not {parts}");
            return Err(Error::new(ErrorKind::Invalid, message).with_operation("nodeset.split"));
        }
        let count = self.count();
        let wanted = (parts as u128).min(count);
        let mut sets = Vec::new();
        let (mut shapes, mut skipped) = (self.parts.iter(), 0);
        let mut current = shapes.next();
        for part in 0..wanted {
            let mut missing = count / wanted + u128::from(part < count % wanted);
            let mut set = Self::new();
            while let Some((shape, space)) = current.filter(|_| missing > 0) {
                let taken = missing.min(space.count() - skipped);
                if let Some(slice) = space.slice(&(skipped..skipped + taken)) {
                    set.parts.insert(shape.clone(), slice);
                }
                missing -= taken;
                skipped += taken;
                if skipped == space.count() {
                    (current, skipped) = (shapes.next(), 0);
                }
            }
            sets.push(set);
        }
        Ok(sets)
    }

    fn combined(&self, other: &Self, operation: Operation) -> Result<Self> {
        let parts = combine_refs(&self.parts, &other.parts, operation).map_err(|TooLarge| {
            Error::new(ErrorKind::Invalid, too_large(0).message).with_operation("nodeset.combine")
        })?;
        Ok(Self { parts })
    }
}

fn too_large(offset: usize) -> Fault {
    let message = format!("the sets fall into more than {} pieces", space::MAX_PIECES);
    Fault::new(offset, "node-set-too-large", message)
}

fn combine_refs(one: &Parts, two: &Parts, operation: Operation) -> Result<Parts, TooLarge> {
    let mut parts = Parts::new();
    for (shape, space) in one {
        let combined = match two.get(shape) {
            Some(other) => space.combine(other, operation)?,
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
fn combine(mut one: Parts, two: &Parts, operation: Operation) -> Result<Parts, TooLarge> {
    if operation == Operation::Intersection {
        return combine_refs(&one, two, operation);
    }
    for (shape, space) in two {
        match one.entry(shape.clone()) {
            btree_map::Entry::Vacant(free) => {
                if operation.keeps(false, true) {
                    free.insert(space.clone());
                }
            }
            btree_map::Entry::Occupied(mut known) => match known.get().combine(space, operation)? {
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
        Self { parts: gather.finish().unwrap_or_default() }
    }
}

impl FromIterator<String> for NodeSet {
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> Self {
        let mut gather = Gather::default();
        names.into_iter().for_each(|name| gather.name(&name));
        Self { parts: gather.finish().unwrap_or_default() }
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
