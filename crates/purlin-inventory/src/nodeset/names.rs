//! One name after the other.

use super::fold::unfolded;
use super::shape::Shape;
use super::space::{Segment, Space};
use std::collections::btree_map;

/// The names of a [`NodeSet`](super::NodeSet) in order, each made when it is asked for.
#[derive(Debug, Clone)]
pub struct Names<'a> {
    shapes: btree_map::Iter<'a, Shape, Space>,
    current: Option<(&'a Shape, Walk<'a>)>,
}

impl<'a> Names<'a> {
    pub(super) fn new(shapes: btree_map::Iter<'a, Shape, Space>) -> Self {
        Self { shapes, current: None }
    }
}

impl Iterator for Names<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            if let Some((shape, walk)) = &mut self.current
                && let Some(row) = walk.next()
            {
                return Some(unfolded(shape, row));
            }
            let (shape, space) = self.shapes.next()?;
            self.current = Some((shape, Walk::new(space)));
        }
    }
}

impl std::iter::FusedIterator for Names<'_> {}

/// The rows of a space in order.
#[derive(Debug, Clone)]
struct Walk<'a> {
    levels: Vec<Level<'a>>,
    row: Vec<u64>,
    /// A name without numbers that is still to come.
    point: bool,
}

#[derive(Debug, Clone)]
struct Level<'a> {
    segments: std::vec::IntoIter<Segment<'a>>,
    current: Option<Segment<'a>>,
}

impl<'a> Walk<'a> {
    fn new(space: &'a Space) -> Self {
        let mut walk = Self { levels: Vec::new(), row: Vec::new(), point: matches!(space, Space::Point) };
        if !walk.point {
            walk.levels.push(Level::new(space));
        }
        walk
    }

    fn next(&mut self) -> Option<&[u64]> {
        if std::mem::take(&mut self.point) {
            return Some(&[]);
        }
        loop {
            let depth = self.levels.len();
            let Some((index, rest)) = self.levels.last_mut()?.next() else {
                self.levels.pop();
                continue;
            };
            self.row.truncate(depth - 1);
            self.row.push(index);
            match rest {
                Some(rest) => self.levels.push(Level::new(rest)),
                None => return Some(&self.row),
            }
        }
    }
}

impl<'a> Level<'a> {
    fn new(space: &'a Space) -> Self {
        Self { segments: space.segments().into_iter(), current: None }
    }

    fn next(&mut self) -> Option<(u64, Option<&'a Space>)> {
        let (first, last, rest) = match self.current.take() {
            Some(segment) => segment,
            None => self.segments.next()?,
        };
        if first < last {
            self.current = Some((first + 1, last, rest));
        }
        Some((first, rest.map(|rest| &**rest)))
    }
}
