//! A hashed timing wheel.

/// Slots of the wheel: 41 s of slots of 10 ms. What is due later passes by the hand once a turn and stays.
const SLOTS: usize = 4096;

/// No entry.
const NONE: u32 = u32::MAX;

/// A hashed timing wheel (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", SOSP 1987): each entry is a
/// number from 0 that is in it once at most. Lists run through arrays, so an entry costs 16 bytes and nothing is
/// allocated when one is moved.
#[derive(Debug)]
pub(super) struct Wheel {
    /// The first entry of each slot.
    heads: Box<[u32]>,
    /// Which slots have entries.
    occupied: [u64; SLOTS / 64],
    links: Vec<Link>,
    /// The tick up to which everything was taken out.
    hand: u64,
}

#[derive(Debug, Clone, Copy)]
struct Link {
    due: u64,
    next: u32,
    /// The entry before, or the entry itself where it is the first of its slot; `NONE` outside the wheel.
    back: u32,
}

impl Wheel {
    /// With room for so many entries.
    pub(super) fn new(room: usize) -> Self {
        Self {
            heads: vec![NONE; SLOTS].into_boxed_slice(),
            occupied: [0; SLOTS / 64],
            links: Vec::with_capacity(room),
            hand: 0,
        }
    }

    /// Makes room for one more entry, which is not in the wheel yet.
    pub(super) fn grow(&mut self) {
        self.links.push(Link { due: 0, next: NONE, back: NONE });
    }

    /// Puts an entry in, or moves it. What is due already comes out at the next advance.
    pub(super) fn set(&mut self, entry: u32, due: u64) {
        self.remove(entry);
        let due = due.max(self.hand + 1);
        let slot = slot_of(due);
        let next = self.heads[slot];
        self.links[entry as usize] = Link { due, next, back: entry };
        if next != NONE {
            self.links[next as usize].back = entry;
        }
        self.heads[slot] = entry;
        self.occupied[slot / 64] |= 1 << (slot % 64);
    }

    /// Takes an entry out; nothing happens where it is not in.
    pub(super) fn remove(&mut self, entry: u32) {
        let Link { due, next, back } = self.links[entry as usize];
        if back == NONE {
            return;
        }
        self.links[entry as usize].back = NONE;
        let slot = slot_of(due);
        match back == entry {
            true => self.heads[slot] = next,
            false => self.links[back as usize].next = next,
        }
        if next != NONE {
            self.links[next as usize].back = if back == entry { next } else { back };
        }
        if self.heads[slot] == NONE {
            self.occupied[slot / 64] &= !(1 << (slot % 64));
        }
    }

    /// Moves the hand on to this tick and gives every entry that is due by then, in no order.
    pub(super) fn advance(&mut self, to: u64, mut due: impl FnMut(u32)) {
        // After a long sleep each slot is seen once.
        let from = (self.hand + 1).max(to.saturating_sub(SLOTS as u64 - 1));
        let seen = self.hand;
        self.hand = self.hand.max(to);
        if to <= seen {
            return;
        }
        for tick in from..=to {
            let slot = slot_of(tick);
            if self.occupied[slot / 64] & (1 << (slot % 64)) == 0 {
                continue;
            }
            let mut entry = self.heads[slot];
            while entry != NONE {
                let link = self.links[entry as usize];
                if link.due <= to {
                    self.remove(entry);
                    due(entry);
                }
                entry = link.next;
            }
        }
    }

    /// The next tick at which something may be due: never later than the next entry; none where the wheel is empty.
    pub(super) fn next(&self) -> Option<u64> {
        let first = self.hand + 1;
        let start = slot_of(first);
        // The word of the first slot is looked at twice: from that slot on, and at the end below it.
        (0..=self.occupied.len()).find_map(|turn| {
            let word = (start / 64 + turn) % self.occupied.len();
            let mut bits = self.occupied[word];
            match turn {
                0 => bits &= u64::MAX << (start % 64),
                turn if turn == self.occupied.len() => bits &= !(u64::MAX << (start % 64)),
                _ => {}
            }
            (bits != 0).then(|| {
                let slot = word * 64 + bits.trailing_zeros() as usize;
                first + ((slot + SLOTS - start) % SLOTS) as u64
            })
        })
    }
}

fn slot_of(tick: u64) -> usize {
    // The remainder is below the number of slots.
    (tick % SLOTS as u64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Debug, Clone)]
    enum Step {
        Set(u32, u64),
        Remove(u32),
        Advance(u64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            (0..50u32, 0..20_000u64).prop_map(|(entry, ahead)| Step::Set(entry, ahead)),
            (0..50u32).prop_map(Step::Remove),
            (0..9_000u64).prop_map(Step::Advance),
        ];
        proptest::collection::vec(step, 1..200)
    }

    proptest! {
        /// Against a sorted map: each entry comes out at its tick, once, and the next wake-up is never too late.
        #[test]
        fn it_agrees_with_a_sorted_map(steps in steps()) {
            let mut wheel = Wheel::new(0);
            (0..50).for_each(|_| wheel.grow());
            let mut model: BTreeMap<u32, u64> = BTreeMap::new();
            let mut now = 0;
            for step in steps {
                match step {
                    Step::Set(entry, ahead) => {
                        wheel.set(entry, now + ahead);
                        model.insert(entry, (now + ahead).max(now + 1));
                    }
                    Step::Remove(entry) => {
                        wheel.remove(entry);
                        model.remove(&entry);
                    }
                    Step::Advance(by) => {
                        now += by;
                        let mut out = Vec::new();
                        wheel.advance(now, |entry| out.push(entry));
                        out.sort_unstable();
                        let expected: Vec<u32> =
                            model.iter().filter(|(_, due)| **due <= now).map(|(entry, _)| *entry).collect();
                        prop_assert_eq!(&out, &expected);
                        model.retain(|_, due| *due > now);
                    }
                }
                let earliest = model.values().min().copied();
                prop_assert_eq!(wheel.next().is_some(), earliest.is_some());
                prop_assert!(wheel.next() <= earliest);
            }
        }
    }
}
