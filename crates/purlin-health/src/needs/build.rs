//! From names to numbers, with every fault told.

use super::graph::Need;
use crate::{CheckId, Needs};
use purlin_core::{Diagnostic, Diagnostics, Place, suggest};
use std::collections::HashMap;

pub(super) struct Plan {
    pub(super) names: Vec<CheckId>,
    pub(super) needs: Vec<Option<Need>>,
    pub(super) children: Vec<Box<[usize]>>,
    pub(super) rank: Vec<usize>,
}

type PlaceOf<'p> = &'p dyn Fn(&CheckId) -> Option<Place>;

pub(super) fn plan<'a>(
    checks: impl IntoIterator<Item = (&'a CheckId, Option<&'a Needs>)>,
    place: PlaceOf<'_>,
) -> Result<Plan, Diagnostics> {
    let checks: Vec<_> = checks.into_iter().collect();
    let mut faults = Diagnostics::new();
    let mut tell = |id: &CheckId, diagnostic: Diagnostic| {
        faults.push(match place(id) {
            Some(place) => diagnostic.place(place),
            None => diagnostic,
        });
    };
    let mut numbers: HashMap<&str, usize> = HashMap::with_capacity(checks.len());
    for (number, (id, _)) in checks.iter().enumerate() {
        if numbers.insert(id.as_str(), number).is_some() {
            tell(id, Diagnostic::error("duplicate-check", format!("there are two checks {:?}", id.as_str())));
        }
    }
    let needs: Vec<Option<Need>> = checks
        .iter()
        .map(|(id, needs)| {
            needs.map(|needs| number(needs, &numbers, &mut |diagnostic| tell(id, diagnostic(id))))
        })
        .collect();
    let children = children(&needs);
    let names: Vec<CheckId> = checks.iter().map(|(id, _)| (*id).clone()).collect();
    let rank = ranks(&needs, &children);
    for circle in circles(&needs, &rank) {
        let words: Vec<_> = circle.iter().map(|check| names[*check].as_str()).collect();
        let message = format!("checks hang on each other in a circle: {}", words.join(" -> "));
        tell(&names[circle[0]], Diagnostic::error("needs-cycle", message));
    }
    if faults.has_errors() {
        faults.sort();
        return Err(faults);
    }
    let rank = rank.into_iter().map(|rank| rank.unwrap_or(0)).collect();
    Ok(Plan { names, needs, children, rank })
}

type Fault<'t> = &'t mut dyn FnMut(Box<dyn FnOnce(&CheckId) -> Diagnostic>);

/// What is unknown is left out, and told.
fn number(needs: &Needs, numbers: &HashMap<&str, usize>, tell: Fault<'_>) -> Need {
    match needs {
        Needs::Check(wanted) => {
            if let Some(number) = numbers.get(wanted.as_str()) {
                return Need::Check(*number);
            }
            let meant = suggest(wanted.as_str(), numbers.keys().copied()).map(ToOwned::to_owned);
            let wanted = wanted.clone();
            tell(Box::new(move |id| {
                let message = format!("{:?} hangs on {:?}, which there is not", id.as_str(), wanted.as_str());
                let diagnostic = Diagnostic::error("unknown-check", message);
                match meant {
                    Some(meant) => diagnostic.help(format!("did you mean {meant:?}?")),
                    None => diagnostic,
                }
            }));
            Need::AtLeast(0, Box::default())
        }
        Needs::AtLeast(count, needs) => {
            let (count, of) = (*count, needs.len());
            if count > of {
                tell(Box::new(move |id| {
                    let message = format!("{:?} wants {count} of {of}, which can never be met", id.as_str());
                    Diagnostic::error("needs-impossible", message)
                }));
            }
            Need::AtLeast(count, needs.iter().map(|need| number(need, numbers, tell)).collect())
        }
    }
}

fn parents(need: Option<&Need>) -> Vec<usize> {
    let mut parents = Vec::new();
    if let Some(need) = need {
        need.checks(&mut |parent| parents.push(parent));
    }
    parents.sort_unstable();
    parents.dedup();
    parents
}

fn children(needs: &[Option<Need>]) -> Vec<Box<[usize]>> {
    let mut children = vec![Vec::new(); needs.len()];
    for (check, need) in needs.iter().enumerate() {
        parents(need.as_ref()).into_iter().for_each(|parent| children[parent].push(check));
    }
    children.into_iter().map(Vec::into_boxed_slice).collect()
}

/// The length of the longest way up; none for those that are on a circle or hang on one (Kahn's order).
fn ranks(needs: &[Option<Need>], children: &[Box<[usize]>]) -> Vec<Option<usize>> {
    let mut missing: Vec<usize> = needs.iter().map(|need| parents(need.as_ref()).len()).collect();
    let mut rank = vec![None; needs.len()];
    let mut ready: Vec<usize> = (0..needs.len()).filter(|check| missing[*check] == 0).collect();
    let mut height = vec![0; needs.len()];
    while let Some(check) = ready.pop() {
        rank[check] = Some(height[check]);
        for child in &children[check] {
            height[*child] = height[*child].max(height[check] + 1);
            missing[*child] -= 1;
            if missing[*child] == 0 {
                ready.push(*child);
            }
        }
    }
    rank
}

/// Every circle that is met on the way up from those without a rank, each once, its first name again at its end.
fn circles(needs: &[Option<Need>], rank: &[Option<usize>]) -> Vec<Vec<usize>> {
    let mut circles = Vec::new();
    let mut seen = vec![false; needs.len()];
    for start in (0..needs.len()).filter(|check| rank[*check].is_none()) {
        let mut way = Vec::new();
        let mut check = start;
        // Of those without a rank each has a parent without one, so the way goes on until it meets itself or an old one.
        while !seen[check] {
            seen[check] = true;
            way.push(check);
            let next = parents(needs[check].as_ref()).into_iter().find(|parent| rank[*parent].is_none());
            check = next.unwrap_or(start);
        }
        // One that ends at an earlier way has no circle of its own.
        if let Some(begin) = way.iter().position(|visited| *visited == check) {
            let mut circle = way.split_off(begin);
            circle.push(check);
            circles.push(circle);
        }
    }
    circles
}
