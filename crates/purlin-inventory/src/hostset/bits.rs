//! A bitmap over the hosts of an inventory.

use crate::inventory::{HostId, narrow};

/// One bit a host; bits beyond the last host are 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bits {
    words: Vec<u64>,
    hosts: usize,
}

impl Bits {
    pub(crate) fn none(hosts: usize) -> Self {
        Self { words: vec![0; hosts.div_ceil(64)], hosts }
    }

    pub(crate) fn all(hosts: usize) -> Self {
        let mut words = vec![u64::MAX; hosts.div_ceil(64)];
        if let (Some(last), rest @ 1..) = (words.last_mut(), hosts % 64) {
            *last = (1 << rest) - 1;
        }
        Self { words, hosts }
    }

    pub(crate) fn of(hosts: usize, members: &[HostId]) -> Self {
        let mut bits = Self::none(hosts);
        members.iter().for_each(|host| {
            bits.insert(*host);
        });
        bits
    }

    /// Whether it is new; what is no host is left out.
    pub(crate) fn insert(&mut self, host: HostId) -> bool {
        let index = host.0 as usize;
        match self.words.get_mut(index / 64).filter(|_| index < self.hosts) {
            Some(word) => {
                let bit = 1 << (index % 64);
                let is_new = *word & bit == 0;
                *word |= bit;
                is_new
            }
            None => false,
        }
    }

    pub(crate) fn contains(&self, host: HostId) -> bool {
        let index = host.0 as usize;
        self.words.get(index / 64).is_some_and(|word| word & (1 << (index % 64)) != 0)
    }

    pub(crate) fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Both are over the same hosts.
    pub(crate) fn change(&mut self, other: &Self, operation: impl Fn(u64, u64) -> u64) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, with)| *word = operation(*word, *with));
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = HostId> + '_ {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    HostId(narrow(index * 64 + bit))
                })
            })
        })
    }
}
