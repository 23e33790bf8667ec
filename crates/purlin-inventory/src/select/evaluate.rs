//! Expressions become sets of hosts.

use super::compare::{Wanted, is_word};
use super::key::Key;
use super::lex::{Compare, MALFORMED};
use super::parse::{Expression, Literal, Step};
use super::pick;
use crate::expression::{Fault, quoted};
use crate::glob::Glob;
use crate::hostset::Bits;
use crate::{GroupId, Inventory, NodeSet};

/// The hosts, and what is told beside them.
pub(super) fn evaluate(inventory: &Inventory, expression: &Expression) -> Result<(Bits, Vec<Fault>), Fault> {
    let mut evaluation = Evaluation { inventory, warnings: Vec::new() };
    let bits = evaluation.evaluate(expression, Use::Taken)?;
    Ok((bits, evaluation.warnings))
}

/// The groups that an expression names.
pub(super) fn groups_of(inventory: &Inventory, expression: &Expression) -> Vec<GroupId> {
    let named = |name: &str| inventory.group(name).map(|group| group.id());
    match expression {
        Expression::Any(members) => members.iter().flat_map(|member| groups_of(inventory, member)).collect(),
        Expression::Chain(first, steps) => {
            let operands = std::iter::once(&**first).chain(steps.iter().map(|(_, operand)| operand));
            operands.flat_map(|operand| groups_of(inventory, operand)).collect()
        }
        Expression::Name(_, word) => match (word.strip_prefix('@'), named(word)) {
            (Some(group), _) => {
                let glob = Glob::new(group);
                let is_meant = |name: &str| name == group || glob.matches(name);
                inventory.groups().filter(|group| is_meant(group.name())).map(|group| group.id()).collect()
            }
            (None, Some(group)) => vec![group],
            (None, None) if word.contains('[') => {
                // What is not there is a fault that was told when the selector was asked.
                let names = NodeSet::parse(word).unwrap_or_default();
                names.iter().take(inventory.0.groups.len()).filter_map(|name| named(&name)).collect()
            }
            (None, None) => Vec::new(),
        },
        Expression::Compare { .. } | Expression::OnePer(..) | Expression::Sample(_) => Vec::new(),
    }
}

/// What becomes of the hosts that a part of an expression finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Taken,
    /// They are taken away: finding too few would select more than was meant.
    TakenAway,
}

struct Evaluation<'a> {
    inventory: &'a Inventory,
    warnings: Vec<Fault>,
}

impl Evaluation<'_> {
    fn evaluate(&mut self, expression: &Expression, used: Use) -> Result<Bits, Fault> {
        let inventory = self.inventory;
        match expression {
            Expression::Any(members) => {
                let mut bits = Bits::none(inventory.len());
                for member in members {
                    bits.change(&self.evaluate(member, used)?, |one, two| one | two);
                }
                Ok(bits)
            }
            Expression::Chain(first, steps) => {
                let mut bits = self.evaluate(first, used)?;
                for (step, operand) in steps {
                    let used = if *step == Step::Minus { Use::TakenAway } else { used };
                    let operand = match picked(inventory, operand, &bits) {
                        Some(picked) => picked?,
                        None => self.evaluate(operand, used)?,
                    };
                    match step {
                        Step::And => bits.change(&operand, |one, two| one & two),
                        Step::Minus => bits.change(&operand, |one, two| one & !two),
                    }
                }
                Ok(bits)
            }
            Expression::Name(offset, word) => name(inventory, *offset, word),
            Expression::Compare { key, compare, value } => {
                let key = Key::new(inventory, key.0, &key.1)?;
                self.compare(&key, *compare, value, used)
            }
            Expression::OnePer(..) | Expression::Sample(_) => {
                let all = Bits::all(inventory.len());
                picked(inventory, expression, &all).unwrap_or_else(|| Ok(all.clone()))
            }
        }
    }

    fn compare(
        &mut self,
        key: &Key<'_>,
        compare: Compare,
        value: &Literal,
        used: Use,
    ) -> Result<Bits, Fault> {
        let found = key.hosts(&Wanted::new(compare, value)?)?;
        if let Some((host, count)) = found.unordered {
            let fault = key.unordered(host, count, value);
            match used {
                Use::Taken => self.warnings.push(fault),
                Use::TakenAway => return Err(fault),
            }
        }
        let must_be_known = match compare {
            Compare::Unequal => true,
            Compare::Equal => used == Use::TakenAway,
            _ => false,
        };
        if must_be_known && is_word(value) {
            let is_known = match compare {
                Compare::Equal => !found.bits.is_empty(),
                _ => !key.hosts(&Wanted::new(Compare::Equal, value)?)?.bits.is_empty(),
            };
            if !is_known {
                return Err(key.unknown_value(value));
            }
        }
        Ok(found.bits)
    }
}

/// What the expression picks from these hosts, if it is one that picks.
fn picked(inventory: &Inventory, expression: &Expression, from: &Bits) -> Option<Result<Bits, Fault>> {
    match expression {
        Expression::OnePer(offset, key) => {
            Some(Key::new(inventory, *offset, key).and_then(|key| pick::one_per(inventory, &key, from)))
        }
        Expression::Sample(share) => Some(Ok(pick::sample(inventory, *share, from))),
        _ => None,
    }
}

fn name(inventory: &Inventory, offset: usize, word: &str) -> Result<Bits, Fault> {
    if let Some(group) = word.strip_prefix('@') {
        return groups(inventory, offset, group);
    }
    let (wild, folded) = (word.contains(['*', '?']), brackets(offset, word)?);
    match folded {
        Some(Brackets::Numbers) if !wild => self::folded(inventory, offset, word),
        Some(Brackets::Numbers) => {
            let fault = Fault::new(
                offset,
                MALFORMED,
                "brackets with numbers of several digits do not go with * and ?",
            );
            Err(fault.help("write either, or letters of one place: [0-3]"))
        }
        Some(Brackets::Letters | Brackets::Digits) if wild || folded == Some(Brackets::Letters) => {
            hosts_like(inventory, offset, word)
        }
        Some(_) => self::folded(inventory, offset, word),
        None if wild => hosts_like(inventory, offset, word),
        None => plain(inventory, offset, word),
    }
}

/// The hosts whose name matches: at least one, since what matches nothing is mistyped.
fn hosts_like(inventory: &Inventory, offset: usize, word: &str) -> Result<Bits, Fault> {
    let glob = Glob::new(word);
    let hosts: Vec<_> =
        inventory.hosts().filter(|host| glob.matches(host.name())).map(|host| host.id()).collect();
    match hosts[..] {
        [] => Err(unmatched(offset, word, "host", inventory.hosts().map(|host| host.name()))),
        _ => Ok(Bits::of(inventory.len(), &hosts)),
    }
}

fn unmatched<'a>(offset: usize, word: &str, what: &str, names: impl Iterator<Item = &'a str>) -> Fault {
    let fault = Fault::new(offset, "unknown-name", format!("no {what} is called like {}", quoted(word)));
    // What is before the wildcard is what people mistype.
    let start = word.split(['*', '?', '[']).next().unwrap_or_default();
    let starts = names.map(|name| name.get(..start.len()).unwrap_or(name));
    match purlin_core::suggest(start, starts) {
        Some(known) => fault.help(format!("there are names that begin with {known}")),
        None => fault,
    }
}

/// What stands between the brackets of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Brackets {
    /// Folded numbers of several digits: `01-20`.
    Numbers,
    /// Single digits, which mean the same folded and as a class of letters: `1-3`.
    Digits,
    /// A class of letters: `abc`, `!1-3`.
    Letters,
}

fn brackets(offset: usize, word: &str) -> Result<Option<Brackets>, Fault> {
    let mut found = None;
    for (at, _) in word.match_indices('[') {
        let inner = word[at + 1..].split(']').next().unwrap_or_default();
        let numbers =
            inner.chars().all(|letter| letter.is_ascii_digit() || matches!(letter, ',' | '-' | '/'));
        let several = inner.split([',', '-', '/']).any(|number| number.len() > 1) || inner.contains('/');
        let kind = match (numbers, several) {
            (true, true) => Brackets::Numbers,
            (true, false) => Brackets::Digits,
            (false, _) => Brackets::Letters,
        };
        found = match (found, kind) {
            (None, kind) => Some(kind),
            (Some(one), two) if (one == Brackets::Letters) != (two == Brackets::Letters) => {
                return Err(Fault::new(
                    offset + at,
                    MALFORMED,
                    "brackets with numbers beside brackets with letters",
                ));
            }
            (Some(Brackets::Digits), Brackets::Numbers) => Some(Brackets::Numbers),
            (known, _) => known,
        };
    }
    Ok(found)
}

/// Folded names, each of which must be known.
fn folded(inventory: &Inventory, offset: usize, word: &str) -> Result<Bits, Fault> {
    let names = NodeSet::parse(word).map_err(|error| {
        let message =
            error.message().split_once(": ").map_or(error.message(), |(_, message)| message).to_owned();
        Fault::new(offset, MALFORMED, format!("{}: {message}", quoted(word)))
    })?;
    let mut bits = Bits::none(inventory.len());
    for name in &names {
        if let (Some(host), None) = (inventory.host(&name), inventory.group(&name)) {
            bits.insert(host.id());
            continue;
        }
        bits.change(&plain(inventory, offset, &name)?, |one, two| one | two);
    }
    Ok(bits)
}

fn plain(inventory: &Inventory, offset: usize, word: &str) -> Result<Bits, Fault> {
    let host = inventory.host(word).map(|host| Bits::of(inventory.len(), &[host.id()]));
    let group = inventory.group(word).map(|group| inventory.member_bits(group.id()));
    match (host, group) {
        (Some(host), Some(group)) if host != *group => {
            let fault =
                Fault::new(offset, "ambiguous-name", format!("{} is both a host and a group", quoted(word)));
            Err(fault.help(format!("write @{word} for the group, or name={word} for the host")))
        }
        (Some(host), _) => Ok(host),
        (None, Some(group)) => Ok(group.clone()),
        (None, None) => {
            let fault = Fault::new(
                offset,
                "unknown-name",
                format!("no host and no group is called {}", quoted(word)),
            );
            let names =
                inventory.groups().map(|group| group.name()).chain(inventory.hosts().map(|host| host.name()));
            Err(match purlin_core::suggest(word, names) {
                _ if word.contains(':') => {
                    fault.help("Ansible's patterns unite by `:`; here it is `|`, and what both have is `&`")
                }
                Some(known) => fault.help(format!("did you mean {known}?")),
                None => fault,
            })
        }
    }
}

fn groups(inventory: &Inventory, offset: usize, word: &str) -> Result<Bits, Fault> {
    if let Some(group) = inventory.group(word) {
        return Ok(inventory.member_bits(group.id()).clone());
    }
    if word.contains(['*', '?', '[']) {
        let glob = Glob::new(word);
        let mut bits = Bits::none(inventory.len());
        let mut found = false;
        for group in inventory.groups().filter(|group| glob.matches(group.name())) {
            bits.change(inventory.member_bits(group.id()), |one, two| one | two);
            found = true;
        }
        let names = inventory.groups().map(|group| group.name());
        return if found { Ok(bits) } else { Err(unmatched(offset, word, "group", names)) };
    }
    let fault = Fault::new(offset, "unknown-name", format!("no group is called {}", quoted(word)));
    Err(match purlin_core::suggest(word, inventory.groups().map(|group| group.name())) {
        Some(known) => fault.help(format!("did you mean @{known}?")),
        None => fault,
    })
}
