//! The values that a key has, host by host.

use super::compare::{Incomparable, Wanted};
use super::parse::Literal;
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

/// The hosts that a comparison finds.
pub(super) struct Found<'a> {
    pub(super) bits: Bits,
    /// The first host of those that were left out because their value has no order with the wanted one, and how many.
    pub(super) unordered: Option<(Host<'a>, usize)>,
}

#[derive(Debug, Clone, Copy)]
enum Judged {
    Is,
    IsNot,
    Unordered,
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
        let near = purlin_core::suggest(text, names);
        let near = near.map(|known| format!("did you mean {known}?"));
        Err(match near.or_else(|| crate::native::unsaid(text)) {
            Some(help) => fault.help(help),
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
    pub(super) fn hosts(&self, wanted: &Wanted) -> Result<Found<'a>, Fault> {
        let mut found = Found { bits: Bits::none(self.inventory.len()), unordered: None };
        let mut shared: Vec<Option<Judged>> = vec![None; self.inventory.0.combinations.len()];
        for host in self.inventory.hosts() {
            let own = self.is_name() || self.says_itself(host);
            let combination = shared.get_mut(host.data().combination as usize).filter(|_| !own);
            let judged = match combination {
                Some(Some(known)) => *known,
                Some(unknown) => *unknown.insert(self.judge(host, wanted)?),
                None => self.judge(host, wanted)?,
            };
            match judged {
                Judged::Is => _ = found.bits.insert(host.id()),
                Judged::IsNot => {}
                Judged::Unordered => {
                    let (_, count) = found.unordered.get_or_insert((host, 0));
                    *count += 1;
                }
            }
        }
        Ok(found)
    }

    fn judge(&self, host: Host<'a>, wanted: &Wanted) -> Result<Judged, Fault> {
        let name;
        let value = match self.value(host) {
            _ if self.is_name() => {
                name = Value::from(host.name());
                &name
            }
            Some(value) => &value.value,
            None => return Ok(Judged::IsNot),
        };
        let is = self.judged(host, wanted.is(value))?;
        Ok(match is {
            true => Judged::Is,
            false if wanted.orders() && wanted.is_unordered(value) => Judged::Unordered,
            false => Judged::IsNot,
        })
    }

    /// Hosts that are left out since their values have no order with this one.
    pub(super) fn unordered(&self, host: Host<'_>, count: usize, wanted: &Literal) -> Fault {
        let others = match count {
            1 => String::new(),
            count => format!(", and so for {} other hosts", count - 1),
        };
        let kind = self.value(self.inventory.host_of(host.id())).map_or("text", |value| value.value.kind());
        let message = format!(
            "{} of {} is a {kind} that has no order with {}{others}",
            quoted(self.text),
            quoted(host.name()),
            quoted(&wanted.text)
        );
        let fault = Fault::new(self.offset, "not-comparable", message);
        match self.value(self.inventory.host_of(host.id())) {
            Some(value) => fault.help(format!("mend it at {}", self.inventory.place(value.origin))),
            None => fault,
        }
    }

    /// A word that no host has as its value.
    pub(super) fn unknown_value(&self, value: &Literal) -> Fault {
        let message = format!("no host has {} as its {}", quoted(&value.text), self.text);
        let fault = Fault::new(value.offset, "unknown-value", message);
        let mut known: Vec<&str> = Vec::new();
        for host in self.inventory.hosts() {
            match self.value(host).map(|value| &value.value) {
                _ if self.is_name() => known.push(host.name()),
                Some(Value::List(items)) => known.extend(items.iter().filter_map(|item| item.value.as_str())),
                Some(value) => known.extend(value.as_str()),
                None => {}
            }
        }
        known.sort_unstable();
        known.dedup();
        match purlin_core::suggest(&value.text, known) {
            Some(known) => fault.help(format!("did you mean {known}? In quotes a value need not be known")),
            None => fault.help("in quotes a value need not be known"),
        }
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
