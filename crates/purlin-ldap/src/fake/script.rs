//! What the fake does wrong, and what it remembers.

use crate::{Dn, Search, Verdict};
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// What a [`FakeDirectory`](crate::FakeDirectory) can do wrong with a search.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FakeFault {
    /// It answers that much later.
    Delay(Duration),
    /// It never answers.
    Silence,
    /// It refuses with this result code, in these words.
    Refuse(u32, String),
    /// The connection breaks after so many entries.
    Cut(usize),
    /// So many entries are given, and then it is said that there are more.
    SizeLimit(usize),
}

/// What a [`FakeDirectory`](crate::FakeDirectory) was asked.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Asked {
    /// A search.
    Search(Box<Search>),
    /// Whether a password is that of this entry.
    Authenticate(Dn),
}

#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) next: VecDeque<FakeFault>,
    pub(super) always: Option<FakeFault>,
    pub(super) verdicts: HashMap<Dn, Verdict>,
    pub(super) asked: Vec<Asked>,
}
