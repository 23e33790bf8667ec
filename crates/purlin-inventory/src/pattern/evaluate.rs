//! Single patterns find hosts, and operators put them together.

use super::regex::{Bad, compile};
use crate::expression::quoted;
use crate::glob::Glob;
use crate::hostset::Bits;
use crate::inventory::narrow;
use crate::{GroupId, HostId, Inventory};
use purlin_core::{Error, ErrorKind};
use std::collections::HashMap;
use std::rc::Rc;

/// The names that Ansible takes for the machine itself.
pub(super) const LOCAL: [&str; 3] = ["127.0.0.1", "localhost", "::1"];

/// Why a pattern cannot be evaluated.
pub(super) enum Failure {
    Error(Error),
    /// Ansible goes on with no host at all; the part at fault, and the error for where it does not.
    Nothing(String, Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// What a single pattern found.
#[derive(Clone)]
enum Found {
    /// Exactly the members of a group.
    Group(GroupId),
    Hosts(Rc<[HostId]>),
}

/// The patterns of one call.
pub(super) struct Evaluation<'a> {
    inventory: &'a Inventory,
    known: HashMap<String, Found>,
    /// The host that stands for the machine itself: of the inventory, or the one behind its last.
    local: Option<HostId>,
    implicit_name: Option<&'static str>,
    unmatched: Vec<String>,
}

impl<'a> Evaluation<'a> {
    pub(super) fn new(inventory: &'a Inventory) -> Self {
        // Of several such hosts the one that was named first counts.
        let local = LOCAL.iter().filter_map(|name| inventory.host(name)).map(|host| host.id()).min();
        Self { inventory, known: HashMap::new(), local, implicit_name: None, unmatched: Vec::new() }
    }

    pub(super) fn is_implicit(&self, host: HostId) -> bool {
        host.0 as usize >= self.inventory.len()
    }

    pub(super) fn implicit_name(&self) -> &'static str {
        self.implicit_name.unwrap_or_default()
    }

    pub(super) fn take_unmatched(&mut self) -> Vec<String> {
        std::mem::take(&mut self.unmatched)
    }

    pub(super) fn bits(&self, hosts: &[HostId]) -> Bits {
        Bits::of(self.inventory.len() + 1, hosts)
    }

    /// First all without an operator, or `all` where there are none, in their order; then what `&` keeps; then what `!`
    /// takes away.
    pub(super) fn run(&mut self, patterns: &[&str]) -> Result<Vec<HostId>, Failure> {
        let starting =
            |operator: char| patterns.iter().copied().filter(move |pattern| pattern.starts_with(operator));
        let mut plain = patterns
            .iter()
            .copied()
            .filter(|pattern| !pattern.is_empty() && !pattern.starts_with(['&', '!']));
        let mut hosts = Vec::new();
        let mut present = self.bits(&[]);
        let mut next = Some(plain.next().unwrap_or("all"));
        while let Some(pattern) = next {
            match self.inventory.host(pattern) {
                Some(host) => hosts.extend(present.insert(host.id()).then(|| host.id())),
                None => {
                    let inventory = self.inventory;
                    let found = self.single(pattern)?;
                    match &found {
                        Found::Group(group) if hosts.is_empty() => {
                            hosts.extend_from_slice(inventory.members(*group));
                            present.change(inventory.member_bits(*group), |one, two| one | two);
                        }
                        Found::Group(group) => {
                            hosts.extend(
                                inventory.members(*group).iter().filter(|host| present.insert(**host)),
                            );
                        }
                        Found::Hosts(found) => {
                            hosts.extend(found.iter().filter(|host| present.insert(**host)))
                        }
                    }
                }
            }
            next = plain.next();
        }
        for pattern in starting('&').chain(starting('!')) {
            let keep = pattern.starts_with('&');
            let own;
            let bits = match self.single(&pattern[1..])? {
                Found::Group(group) => self.inventory.member_bits(group),
                Found::Hosts(found) => {
                    own = self.bits(&found);
                    &own
                }
            };
            hosts.retain(|host| bits.contains(*host) == keep);
        }
        Ok(hosts)
    }

    fn single(&mut self, pattern: &str) -> Result<Found, Failure> {
        if let Some(found) = self.known.get(pattern) {
            return Ok(found.clone());
        }
        if pattern.is_empty() {
            let message = "an operator without a pattern behind it";
            return Err(Error::new(ErrorKind::Invalid, message).with_operation("inventory.pattern").into());
        }
        let (expression, subscript) = match pattern.starts_with('~') {
            true => (pattern, None),
            false => subscript(pattern),
        };
        let mut found = self.matches(expression)?;
        if let Some(subscript) = subscript {
            let hosts = match &found {
                Found::Group(group) => self.inventory.members(*group),
                Found::Hosts(hosts) => hosts,
            };
            let part = subscript.of(hosts).ok_or_else(|| {
                let message = format!("{} asks for a host beyond the end", quoted(pattern));
                let error = Error::new(ErrorKind::Invalid, message).with_operation("inventory.pattern");
                Failure::Nothing(pattern.to_owned(), error)
            })?;
            found = Found::Hosts(part.into());
        }
        self.known.insert(pattern.to_owned(), found.clone());
        Ok(found)
    }

    /// Groups come first; hosts count where no group matches, or the pattern looks as if it meant several. A host may
    /// come twice: subscripts count it so.
    fn matches(&mut self, expression: &str) -> Result<Found, Failure> {
        let several = expression.starts_with('~') || expression.contains(['.', '?', '*', '[']);
        let inventory = self.inventory;
        let (groups, hosts) = if expression.starts_with('~') || expression.contains(['?', '*', '[']) {
            let matcher = Matcher::new(expression)?;
            let groups: Vec<GroupId> =
                inventory.groups().filter(|group| matcher.is(group.name())).map(|group| group.id()).collect();
            let hosts =
                inventory.hosts().filter(|host| matcher.is(host.name())).map(|host| host.id()).collect();
            (groups, hosts)
        } else {
            let groups: Vec<GroupId> =
                inventory.group(expression).map(|group| group.id()).into_iter().collect();
            let wanted = groups.is_empty() || several;
            let host = inventory.host(expression).filter(|_| wanted);
            (groups, host.map(|host| host.id()).into_iter().collect::<Vec<_>>())
        };
        if let ([group], []) = (&groups[..], &hosts[..])
            && !inventory.members(*group).is_empty()
        {
            return Ok(Found::Group(*group));
        }
        let mut found: Vec<HostId> =
            groups.iter().flat_map(|group| inventory.members(*group)).copied().collect();
        found.extend(hosts);
        if found.is_empty() {
            found.extend(self.local(expression));
        }
        if found.is_empty() && groups.is_empty() && expression != "all" {
            self.unmatched.push(expression.to_owned());
        }
        Ok(Found::Hosts(found.into()))
    }

    /// The host for the machine itself, if that is what the name means.
    fn local(&mut self, name: &str) -> Option<HostId> {
        let name = LOCAL.into_iter().find(|local| *local == name)?;
        let implicit = HostId(narrow(self.inventory.len()));
        let host = *self.local.get_or_insert(implicit);
        if host == implicit {
            self.implicit_name.get_or_insert(name);
        }
        Some(host)
    }
}

enum Matcher {
    Glob(Glob),
    Regex(regex::Regex),
}

impl Matcher {
    fn new(expression: &str) -> Result<Self, Failure> {
        let Some(python) = expression.strip_prefix('~') else {
            return Ok(Self::Glob(Glob::new(expression)));
        };
        compile(python).map(Self::Regex).map_err(|bad| {
            let kind = match bad {
                Bad::Malformed => ErrorKind::Invalid,
                Bad::Unsupported(_) => ErrorKind::Unsupported,
            };
            let error =
                Error::new(kind, format!("{} {bad}", quoted(expression))).with_operation("inventory.pattern");
            match kind {
                ErrorKind::Invalid => Failure::Nothing(expression.to_owned(), error),
                _ => Failure::Error(error),
            }
        })
    }

    fn is(&self, name: &str) -> bool {
        match self {
            Self::Glob(glob) => glob.matches(name),
            Self::Regex(regex) => regex.is_match(name),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subscript {
    /// From the end where negative.
    One(i64),
    /// Both ends belong to it; no end means up to the last.
    Range(usize, Option<usize>),
}

impl Subscript {
    /// None when a single one is beyond the end; of no hosts nothing is too much.
    fn of(self, hosts: &[HostId]) -> Option<Vec<HostId>> {
        let one = |host: Option<&HostId>| host.map(|host| vec![*host]);
        match self {
            _ if hosts.is_empty() => Some(Vec::new()),
            Self::One(index @ 0..) => one(hosts.get(usize::try_from(index).ok()?)),
            Self::One(index) => {
                one(hosts.get(hosts.len().checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?))
            }
            // `[3:0]` is `[3]`.
            Self::Range(start, Some(0)) => one(hosts.get(start)),
            Self::Range(start, end) => {
                let end = end.map_or(hosts.len(), |end| end.saturating_add(1)).min(hosts.len());
                Some(hosts.get(start..end).unwrap_or_default().to_vec())
            }
        }
    }
}

/// The pattern without its subscript, and that. What is no subscript stays with the pattern, where it is a class of
/// letters.
fn subscript(pattern: &str) -> (&str, Option<Subscript>) {
    let split = pattern.strip_suffix(']').and_then(|rest| rest.rsplit_once('['));
    let Some((expression, inner)) =
        split.filter(|(expression, _)| !expression.is_empty() && !expression.contains('\n'))
    else {
        return (pattern, None);
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let large = |text: &str| text.parse().unwrap_or(i64::MAX);
    let found = if is_number(inner) {
        Some(Subscript::One(large(inner)))
    } else if let Some(number) = inner.strip_prefix('-').filter(|number| is_number(number)) {
        Some(Subscript::One(-large(number)))
    } else {
        let (start, end) = inner.split_once([':', '-']).unwrap_or_default();
        let index = |text: &str| usize::try_from(large(text)).unwrap_or(usize::MAX);
        let valid = is_number(start) && (end.is_empty() || is_number(end));
        valid.then(|| Subscript::Range(index(start), (!end.is_empty()).then(|| index(end))))
    };
    match found {
        Some(found) => (expression, Some(found)),
        None => (pattern, None),
    }
}
