//! Ansible's host patterns: `web:&prod:!db*`.

mod evaluate;
mod limit;
pub(crate) mod regex;
mod split;

use crate::{HostId, HostSet, Inventory};
use evaluate::{Evaluation, Failure};
use purlin_core::Result;

/// What a pattern found, in Ansible's order.
///
/// A name that Ansible takes for the machine itself (`localhost`, `127.0.0.1`, `::1`) matches even where no source
/// names such a host; that host is not in the inventory, so it has a name here and no id.
#[derive(Debug, Clone)]
pub struct PatternHosts {
    inventory: Inventory,
    hosts: Vec<HostId>,
    implicit: Option<(usize, String)>,
    unmatched: Vec<String>,
}

impl PatternHosts {
    /// The hosts of the inventory, in order.
    pub fn ids(&self) -> &[HostId] {
        &self.hosts
    }

    /// The name of the implicit local host, if it is among what was found.
    pub fn implicit(&self) -> Option<&str> {
        self.implicit.as_ref().map(|(_, name)| name.as_str())
    }

    /// All names in order, that of the implicit local host included.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let at = self.implicit.as_ref().map_or(self.hosts.len(), |(at, _)| *at).min(self.hosts.len());
        let (before, behind) = self.hosts.split_at(at);
        let name = |id: &HostId| self.inventory.host_of(*id).name();
        before.iter().map(name).chain(self.implicit()).chain(behind.iter().map(name))
    }

    /// How many there are, the implicit local host included.
    pub fn len(&self) -> usize {
        self.hosts.len() + usize::from(self.implicit.is_some())
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The parts of pattern and limit that nothing matches: unknown names, most often misspelt. Ansible warns of them;
    /// with `ANSIBLE_HOST_PATTERN_MISMATCH=error` it refuses the whole pattern. A malformed regular expression, or a
    /// subscript beyond the end, stands here as the only one, and nothing is found then.
    pub fn unmatched(&self) -> &[String] {
        &self.unmatched
    }

    /// The hosts of the inventory as a set, without order and without the implicit local host.
    pub fn set(&self) -> HostSet {
        HostSet::of(&self.inventory, self.hosts.iter().copied())
    }
}

impl Inventory {
    /// What an Ansible pattern finds, and in which order, as `ansible --list-hosts PATTERN --limit LIMIT` has it. Names
    /// that nobody knows find nothing (see [`PatternHosts::unmatched`]); where a mistake must not pass, use
    /// [`select`](Self::select).
    ///
    /// The limit may name files (`@retry.txt`, a pattern a line), which are read here.
    ///
    /// Regular expressions (`~web\d+`) match from the start of a name. They are Python's; what the `regex` crate lacks
    /// (look-around, back-references, atomic groups, possessive repetition, conditions, the flags `a` and `x`,
    /// characters by name) is an error. `~[` selects every host, as in Ansible: the bracket alone is lost, and an empty
    /// expression matches everything.
    ///
    /// Where Ansible's own order changes from run to run (hosts of groups three levels below the one that is asked
    /// for), groups come in the order in which they were made children.
    ///
    /// # Errors
    /// [`Unsupported`](purlin_core::ErrorKind::Unsupported) for such an expression;
    /// [`Invalid`](purlin_core::ErrorKind::Invalid) for `&` or `!` without a name, a limit file that is no file or not
    /// UTF-8 or beyond 16 MiB, and, only with a limit, for a malformed expression or a subscript beyond the end (without
    /// one Ansible goes on with no host at all, and so do we); [`NotFound`](purlin_core::ErrorKind::NotFound) for a
    /// limit file that is not there.
    pub fn pattern(&self, pattern: &str, limit: Option<&str>) -> Result<PatternHosts> {
        let limit = limit.filter(|limit| !limit.is_empty());
        let mut evaluation = Evaluation::new(self);
        match self.find(&mut evaluation, pattern, limit) {
            Ok(found) => Ok(found),
            Err(Failure::Error(error)) => Err(error),
            Err(Failure::Nothing(part, error)) => match limit {
                Some(_) => Err(error),
                None => {
                    let inventory = self.clone();
                    Ok(PatternHosts { inventory, hosts: Vec::new(), implicit: None, unmatched: vec![part] })
                }
            },
        }
    }

    fn find(
        &self,
        evaluation: &mut Evaluation<'_>,
        pattern: &str,
        limit: Option<&str>,
    ) -> Result<PatternHosts, Failure> {
        let mut hosts = evaluation.run(&split::split(pattern))?;
        let limit = limit.map(limit::patterns).transpose()?.unwrap_or_default();
        if !limit.is_empty() {
            let allowed = evaluation.run(&limit.iter().map(String::as_str).collect::<Vec<_>>())?;
            let allowed = evaluation.bits(&allowed);
            hosts.retain(|host| allowed.contains(*host));
        }
        let at = hosts.iter().position(|host| evaluation.is_implicit(*host));
        let mut implicit = at.map(|at| (at, evaluation.implicit_name().to_owned()));
        if let Some(at) = at {
            hosts.remove(at);
        }
        if hosts.is_empty() && implicit.is_none() && evaluate::LOCAL.contains(&pattern) {
            implicit = Some((0, pattern.to_owned()));
        }
        Ok(PatternHosts { inventory: self.clone(), hosts, implicit, unmatched: evaluation.take_unmatched() })
    }
}
