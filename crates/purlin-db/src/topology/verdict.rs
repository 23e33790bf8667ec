//! One answer over all nodes.

use super::{GaleraView, NodeView, Role};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Members of one Galera component whose last committed transactions are further apart than this do not agree: one of
/// them tells of the past.
const COMMITTED_APART: u64 = 1_000;

/// What all nodes together say. One node alone can be wrong for seconds, and after a promotion the old primary and the
/// new one both say that they are primary: so only views that were taken together are judged.
///
/// | verdict | when |
/// |---|---|
/// | `SplitBrain` | two or more take writes; nodes that were not seen change nothing about it |
/// | `OneWriter` | exactly one of those seen takes writes (in Galera: one component). A node that was not seen may be another: ask [`Topology::all_seen`](crate::Topology::all_seen) too |
/// | `NoWriter` | none takes writes, and those not seen cannot: nobody listens at their addresses |
/// | `Isolated` | none takes writes, and all that were seen are cut off from their cluster; a writer may be on the other side |
/// | `Unknown` | no node was seen; or none takes writes while one that was not seen, or does not tell its role, may; or replicas follow each other and all take writes; or views contradict each other: ask again |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// Exactly one takes writes, or one Galera component.
    OneWriter,
    /// None takes writes.
    NoWriter,
    /// Several take writes, and do not know of each other.
    SplitBrain,
    /// Those that were seen are cut off from the rest.
    Isolated,
    /// It cannot be said.
    Unknown,
}

impl Verdict {
    /// As it is written in JSON, such as `one_writer`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OneWriter => "one_writer",
            Self::NoWriter => "no_writer",
            Self::SplitBrain => "split_brain",
            Self::Isolated => "isolated",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Judges views that were taken together; the reasons are in words, the weightiest first.
pub(super) fn judge(views: &[NodeView]) -> (Verdict, Vec<String>) {
    let seen: Vec<_> = views.iter().filter(|view| view.is_seen()).collect();
    let own: Vec<_> = views.iter().filter(|view| view.is_own()).collect();
    let (verdict, mut reasons) = of_seen(&own);
    reasons.extend(views.iter().filter_map(|view| {
        let error = view.error.as_ref()?;
        let may = if view.may_write_unseen() { "it may be a writer" } else { "nobody listens there" };
        Some(format!("{} was not seen ({}): {may}", view.endpoint, error.message()))
    }));
    let noted = seen.iter().flat_map(|view| view.notes.iter().map(move |note| (view, note)));
    reasons.extend(noted.map(|(view, note)| format!("{}: {note}", view.endpoint)));
    (verdict, reasons)
}

fn of_seen(all: &[&NodeView]) -> (Verdict, Vec<String>) {
    let seen: Vec<_> = all.iter().copied().filter(|view| view.is_seen()).collect();
    if seen.is_empty() {
        return (Verdict::Unknown, vec!["no node was seen".to_owned()]);
    }
    let writers: Vec<_> = seen.iter().copied().filter(|view| view.role == Role::Primary).collect();
    let silent: Vec<_> = seen.iter().copied().filter(|view| view.role == Role::Unknown).collect();
    let doubt = |verdict, why: String| match silent.is_empty() {
        true => (verdict, vec![why]),
        false => (Verdict::Unknown, vec![why, format!("{} do not tell what they are", names(&silent))]),
    };
    match writers.as_slice() {
        [] => match without_writer(&seen, all) {
            (Verdict::NoWriter, why) => doubt(Verdict::NoWriter, why),
            (verdict, why) => (verdict, vec![why]),
        },
        [writer] => match strangers(writer, &seen) {
            Some(why) => (Verdict::Unknown, vec![why]),
            None => doubt(Verdict::OneWriter, format!("{} takes writes", writer.endpoint)),
        },
        several => match one_component(several, all.len()) {
            Ok(why) => doubt(Verdict::OneWriter, why),
            Err((verdict, why)) => (verdict, vec![why]),
        },
    }
}

fn without_writer(seen: &[&NodeView], all: &[&NodeView]) -> (Verdict, String) {
    if seen.iter().all(|view| matches!(view.role, Role::NonPrimary | Role::Isolated)) {
        return (Verdict::Isolated, format!("{} are cut off from their cluster", names(seen)));
    }
    if all.iter().any(|view| view.may_write_unseen()) {
        return (Verdict::Unknown, "no node that was seen takes writes".to_owned());
    }
    let open = |view: &&&NodeView| {
        view.role == Role::Replica && view.read_only == Some(false) && view.galera.is_none()
    };
    let open: Vec<_> = seen.iter().filter(open).copied().collect();
    if !open.is_empty() {
        return (Verdict::Unknown, format!("{} follow others and take writes all the same", names(&open)));
    }
    (Verdict::NoWriter, "no node takes writes".to_owned())
}

/// Nodes that are no part of the writer's database at all.
fn strangers(writer: &NodeView, seen: &[&NodeView]) -> Option<String> {
    let own = writer.position.system_identifier.as_ref()?;
    let other =
        |view: &&&NodeView| view.position.system_identifier.as_ref().is_some_and(|other| other != own);
    let strangers: Vec<_> = seen.iter().filter(other).copied().collect();
    let why = format!("{} belong to another database than {}", names(&strangers), writer.endpoint);
    (!strangers.is_empty()).then_some(why)
}

/// Several writers are well only as members of one Galera component, which has as many members as it says.
fn one_component(writers: &[&NodeView], listed: usize) -> Result<String, (Verdict, String)> {
    let members: Option<Vec<(&NodeView, &GaleraView)>> =
        writers.iter().map(|view| Some((*view, view.galera.as_ref()?))).collect();
    let Some(members) = members else { return Err((Verdict::SplitBrain, several(writers))) };
    let mut components: BTreeMap<_, Vec<(&NodeView, &GaleraView)>> = BTreeMap::new();
    for (view, galera) in members {
        let key = (galera.state_uuid.clone(), galera.conf_id, galera.size);
        components.entry(key).or_default().push((view, galera));
    }
    let sizes: Vec<u64> = components.keys().map(|(.., size)| size.unwrap_or(u64::MAX)).collect();
    let uuids: BTreeSet<_> = components.keys().map(|(uuid, ..)| uuid).collect();
    let too_many =
        components.iter().find(|((.., size), group)| size.is_some_and(|size| size < group.len() as u64));
    if uuids.len() > 1 || too_many.is_some() {
        return Err((Verdict::SplitBrain, several(writers)));
    }
    if components.len() > 1 {
        let members = sizes.iter().fold(0, |sum: u64, size| sum.saturating_add(*size));
        // A node that was frozen tells of the component as it was, so that there would be more members than nodes.
        return Err(match members <= listed as u64 {
            true => (Verdict::SplitBrain, several(writers)),
            false => {
                (Verdict::Unknown, format!("{} tell of different memberships: ask again", names(writers)))
            }
        });
    }
    let committed = writers.iter().filter_map(|view| view.galera.as_ref()?.last_committed);
    let (least, most) = committed.fold((u64::MAX, 0), |(least, most), at| (least.min(at), most.max(at)));
    if most.saturating_sub(least) > COMMITTED_APART {
        let apart = most - least;
        return Err((
            Verdict::Unknown,
            format!("{} are {apart} transactions apart: ask again", names(writers)),
        ));
    }
    Ok(format!("{} take writes as one component", names(writers)))
}

fn several(writers: &[&NodeView]) -> String {
    let each = writers.iter().map(|view| {
        let place = match (&view.position.timeline, &view.galera) {
            (Some(timeline), _) => format!(" (timeline {timeline})"),
            (None, Some(galera)) => {
                format!(" (membership {} of {})", number(galera.conf_id), number(galera.size))
            }
            (None, None) => String::new(),
        };
        format!("{}{place}", view.endpoint)
    });
    let each: Vec<_> = each.collect();
    format!("{} take writes apart from each other", each.join(" and "))
}

fn number(number: Option<u64>) -> String {
    number.map_or_else(|| "?".to_owned(), |number| number.to_string())
}

fn names(views: &[&NodeView]) -> String {
    let names: Vec<_> = views.iter().map(|view| view.endpoint.to_string()).collect();
    names.join(", ")
}
