//! What the levels of a combination say together.

use super::merge::alone;
use super::{Data, MergeRule, Voice, beside, combine};
use crate::Located;
use crate::inventory::Combination;
use crate::inventory::order::Folded;
use std::collections::HashMap;

impl Data {
    /// What groups and layers of the native profile say together.
    pub(in crate::inventory) fn native_vars(&self, combination: &Combination) -> Folded {
        let groups = self.native.as_ref().map_or(0, |native| native.groups);
        let mut all = Folded::new();
        for (at, level) in combination.levels.iter().enumerate() {
            let said = match at == groups {
                true => self.folded(combination, |said, id| {
                    self.add(said, Voice::Group(id));
                    self.add(said, Voice::GroupFiles(id));
                }),
                false => {
                    let mut said = Folded::new();
                    level.iter().for_each(|voice| self.add(&mut said, *voice));
                    said
                }
            };
            for (key, value) in said {
                let value = match all.get(&key) {
                    Some(weaker) => combine(self.rule(key), weaker, &value),
                    None => value,
                };
                all.insert(key, value);
            }
        }
        for (key, value) in &mut all {
            if self.rule(*key) == MergeRule::Unique
                && let Some(once) = alone(MergeRule::Unique, value)
            {
                *value = once;
            }
        }
        all
    }

    /// Adds what one of several equals says.
    fn add(&self, said: &mut Folded, voice: Voice) {
        // Files beside several sources may say a variable more than once; the last one counts.
        let repeats = matches!(voice, Voice::GroupFiles(_));
        let mut own: HashMap<u32, &Located> = HashMap::new();
        for (key, value) in self.said_by(voice) {
            if repeats {
                own.insert(*key, value);
            } else {
                self.add_one(said, *key, value);
            }
        }
        own.into_iter().for_each(|(key, value)| self.add_one(said, key, value));
    }

    fn add_one(&self, said: &mut Folded, key: u32, value: &Located) {
        match said.get_mut(&key) {
            Some(known) => *known = combine(beside(self.rule(key)), known, value),
            None => drop(said.insert(key, value.clone())),
        }
    }
}
