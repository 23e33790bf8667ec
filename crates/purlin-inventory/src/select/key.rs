//! The values that a key has, host by host.

use super::compare::{Incomparable, Wanted};
use crate::expression::{Fault, quoted};
use crate::hostset::Bits;
use crate::{Host, Inventory, Located, Value};

/// The host's own name, as a key.
const NAME: &str = "name";

/// A key of a selector.
pub(super) struct Key<'a> {
    inventory: &'a Inventory,
    offset: usize,
    text: &'a str,
    /// The variable of this name.
    own: Option<u32>,
    /// A variable that holds a map, and the way into it.
    path: Option<(u32, Vec<&'a str>)>,
    /// The list of the plural name.
    plural: Option<u32>,
}

impl<'a> Key<'a> {
    pub(super) fn new(inventory: &'a Inventory, offset: usize, text: &'a str) -> Result<Self, Fault> {
        let keys = &inventory.0.keys;
        let mut way = text.split('.');
        let first = way.next().and_then(|first| keys.get(first));
        let way: Vec<&str> = way.collect();
        let path = first.filter(|_| !way.is_empty()).map(|first| (first, way));
        let key = Self {
            inventory,
            offset,
            text,
            own: keys.get(text),
            path,
            plural: keys.get(&format!("{text}s")),
        };
        let by_path_only = key.own.is_none() && key.plural.is_none() && key.path.is_some();
        let known = match by_path_only {
            true => inventory.hosts().any(|host| key.value(host).is_some()),
            false => text == NAME || key.own.is_some() || key.plural.is_some(),
        };
        if known {
            return Ok(key);
        }
        let fault = Fault::new(offset, "unknown-key", format!("no host has a variable {}", quoted(text)));
        let names = keys.texts().iter().map(|name| &**name).chain([NAME]);
        Err(match purlin_core::suggest(text, names) {
            Some(known) => fault.help(format!("did you mean {known}?")),
            None => fault,
        })
    }

    /// Whether the key means the host's name.
    pub(super) fn is_name(&self) -> bool {
        self.text == NAME
    }

    /// The value that this host has.
    pub(super) fn value(&self, host: Host<'a>) -> Option<&'a Located> {
        let get =
            |key: u32| host.own_var(key).or_else(|| self.inventory.0.shared_var(host.combination(), key));
        let own = self.own.and_then(get);
        let inner = || {
            let (first, way) = self.path.as_ref()?;
            way.iter().try_fold(get(*first)?, |value, key| value.value.as_map()?.get(key))
        };
        let plural = || self.plural.and_then(get).filter(|value| matches!(value.value, Value::List(_)));
        own.or_else(inner).or_else(plural)
    }

    /// Whether the host itself, and not only its groups, may have a say.
    fn says_itself(&self, host: Host<'a>) -> bool {
        let path = self.path.as_ref().map(|(first, _)| *first);
        [self.own, path, self.plural].into_iter().flatten().any(|key| host.own_var(key).is_some())
    }

    /// The hosts whose value is the wanted one.
    pub(super) fn hosts(&self, wanted: &Wanted) -> Result<Bits, Fault> {
        let mut bits = Bits::none(self.inventory.len());
        let mut shared: Vec<Option<bool>> = vec![None; self.inventory.0.combinations.len()];
        for host in self.inventory.hosts() {
            let combination = host.data().combination as usize;
            let known = match shared.get(combination) {
                Some(Some(known)) if !self.is_name() && !self.says_itself(host) => Some(*known),
                _ => None,
            };
            let is = match known {
                Some(known) => known,
                None if self.is_name() => self.judged(host, wanted.is(&Value::from(host.name())))?,
                None => {
                    let is = match self.value(host) {
                        Some(value) => self.judged(host, wanted.is(&value.value))?,
                        None => false,
                    };
                    if !self.says_itself(host)
                        && let Some(known) = shared.get_mut(combination)
                    {
                        *known = Some(is);
                    }
                    is
                }
            };
            if is {
                bits.insert(host.id());
            }
        }
        Ok(bits)
    }

    /// The answer, or the fault that names the host.
    pub(super) fn judged<T>(&self, host: Host<'_>, answer: Result<T, Incomparable>) -> Result<T, Fault> {
        answer.map_err(|Incomparable(what)| {
            let message =
                format!("{} of {} is {what}, which is not compared", quoted(self.text), quoted(host.name()));
            let fault = Fault::new(self.offset, "not-comparable", message);
            match what {
                "a map" => fault.help(format!("name what is in it: {}.KEY", self.text)),
                _ => fault,
            }
        })
    }
}
