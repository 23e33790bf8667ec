//! Values that come in ranges: Active Directory gives 1,500 values of an attribute at a time.

use super::decode::{Decoded, broken};
use super::link::Link;
use super::paging::{Question, ask};
use crate::{AttrName, Entry, Search};
use purlin_core::{Cx, Result};

/// More than any attribute has ranges.
const MOST: usize = 10_000;

/// The entries with all their values.
pub(super) async fn complete(link: &Link, cx: &Cx, decoded: Vec<Decoded>) -> Result<Vec<Entry>> {
    let mut entries = Vec::with_capacity(decoded.len());
    for Decoded { mut entry, ranges } in decoded {
        for (name, next) in ranges {
            fetch(link, cx, &mut entry, name, next).await?;
        }
        entries.push(entry);
    }
    Ok(entries)
}

async fn fetch(link: &Link, cx: &Cx, entry: &mut Entry, name: AttrName, from: u32) -> Result<()> {
    let mut from = Some(from);
    for _ in 0..MOST {
        let Some(next) = from else { return Ok(()) };
        let search = Search::entry(entry.dn().clone());
        let question = Question { attributes: vec![format!("{name};range={next}-*")], size: 0, page: None };
        let mut found = ask(link, cx, &search, question).await?.decoded.into_iter();
        // Whoever was removed meanwhile has no more values.
        let Some(Decoded { entry: more, ranges }) = found.next() else { return Ok(()) };
        let values = more.values(name.as_str()).to_vec();
        from = ranges.into_iter().find(|(known, _)| *known == name).map(|(_, next)| next);
        if values.is_empty() && from.is_some() || from.is_some_and(|after| after <= next) {
            return Err(broken("a range of values that does not go on"));
        }
        entry.add(name.clone(), values);
    }
    Err(broken("more ranges of values than can be"))
}
