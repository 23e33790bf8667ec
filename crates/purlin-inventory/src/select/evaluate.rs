//! Expressions become sets of hosts.

use super::compare::Wanted;
use super::key::Key;
use super::lex::MALFORMED;
use super::parse::{Expression, Step};
use super::pick;
use crate::expression::{Fault, quoted};
use crate::glob::Glob;
use crate::hostset::Bits;
use crate::{Inventory, NodeSet};

pub(super) fn evaluate(inventory: &Inventory, expression: &Expression) -> Result<Bits, Fault> {
    let all = || Bits::all(inventory.len());
    match expression {
        Expression::Any(members) => {
            let mut bits = Bits::none(inventory.len());
            for member in members {
                bits.change(&evaluate(inventory, member)?, |one, two| one | two);
            }
            Ok(bits)
        }
        Expression::Chain(first, steps) => {
            let mut bits = evaluate(inventory, first)?;
            for (step, operand) in steps {
                let operand = match picked(inventory, operand, &bits) {
                    Some(picked) => picked?,
                    None => evaluate(inventory, operand)?,
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
            let wanted = Wanted::new(*compare, value)?;
            Key::new(inventory, key.0, &key.1)?.hosts(&wanted)
        }
        Expression::OnePer(..) | Expression::Sample(_) => {
            picked(inventory, expression, &all()).unwrap_or_else(|| Ok(all()))
        }
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
            let glob = Glob::new(word);
            let hosts: Vec<_> =
                inventory.hosts().filter(|host| glob.matches(host.name())).map(|host| host.id()).collect();
            Ok(Bits::of(inventory.len(), &hosts))
        }
        Some(_) => self::folded(inventory, offset, word),
        None if wild => {
            let glob = Glob::new(word);
            let hosts: Vec<_> =
                inventory.hosts().filter(|host| glob.matches(host.name())).map(|host| host.id()).collect();
            Ok(Bits::of(inventory.len(), &hosts))
        }
        None => plain(inventory, offset, word),
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
        for group in inventory.groups().filter(|group| glob.matches(group.name())) {
            bits.change(inventory.member_bits(group.id()), |one, two| one | two);
        }
        return Ok(bits);
    }
    let fault = Fault::new(offset, "unknown-name", format!("no group is called {}", quoted(word)));
    Err(match purlin_core::suggest(word, inventory.groups().map(|group| group.name())) {
        Some(known) => fault.help(format!("did you mean @{known}?")),
        None => fault,
    })
}
