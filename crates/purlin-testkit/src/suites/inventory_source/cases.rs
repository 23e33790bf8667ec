//! The cases.

use super::{Estate, SourceHarness};
use crate::suites::{Finding, ensure};
use purlin_core::{Cx, Diagnostics, Error, ErrorKind};
use purlin_inventory::{Inventory, InventoryBuilder, Loader, Source};
use std::sync::Arc;
use std::time::Duration;

/// How long a call to a source that hangs may take.
const LIMIT: Duration = Duration::from_millis(200);

fn told(error: Error) -> String {
    format!("{error:#}")
}

async fn fetched(source: &dyn Source) -> Result<Inventory, String> {
    let batch = source.fetch(&Cx::background()).await.map_err(told)?;
    let mut builder = InventoryBuilder::new();
    builder.merge(batch);
    builder.build().map_err(told)
}

fn is(inventory: &Inventory, estate: &Estate) -> Finding {
    let hosts: Vec<&str> = inventory.hosts().map(|host| host.name()).collect();
    ensure(hosts == estate.hosts, format!("the hosts are {hosts:?} instead of {:?}", estate.hosts))?;
    let group =
        inventory.group(&estate.group).ok_or_else(|| format!("there is no group {}", estate.group))?;
    let members: Vec<&str> = group.hosts().map(|host| host.name()).collect();
    ensure(members == estate.hosts, format!("the group has {members:?} instead of {:?}", estate.hosts))?;
    for host in inventory.hosts() {
        let site = host.var("site").and_then(|value| value.value.as_str());
        ensure(site == Some(&estate.site), format!("the site of {} is {site:?}", host.name()))?;
    }
    Ok(())
}

pub(super) async fn gives_all_it_knows(harness: &dyn SourceHarness) -> Finding {
    let estate = Estate::new(3);
    let source = harness.source(&estate).map_err(told)?;
    for _ in 1..=2 {
        is(&fetched(&*source).await?, &estate)?;
    }
    Ok(())
}

pub(super) async fn gives_a_thousand_hosts(harness: &dyn SourceHarness) -> Finding {
    let estate = Estate::new(1000);
    let source = harness.source(&estate).map_err(told)?;
    is(&fetched(&*source).await?, &estate)
}

pub(super) async fn says_where_everything_is(harness: &dyn SourceHarness) -> Finding {
    let source = harness.source(&Estate::new(2)).map_err(told)?;
    ensure(!source.name().is_empty(), "it has no name")?;
    let inventory = fetched(&*source).await?;
    ensure(!inventory.is_empty(), "it gave no hosts")?;
    for host in inventory.hosts() {
        let of_value = host.vars().map(|(_, value)| inventory.place(value.origin));
        for place in std::iter::once(host.place()).chain(of_value) {
            let named = place.file.contains(source.name());
            ensure(named, format!("{} stands in {:?}, not in {:?}", host.name(), place.file, source.name()))?;
        }
    }
    Ok(())
}

pub(super) async fn serves_several_callers(harness: &dyn SourceHarness) -> Finding {
    let estate = Estate::new(3);
    let source = harness.source(&estate).map_err(told)?;
    let (first, second) = tokio::join!(fetched(&*source), fetched(&*source));
    is(&first?, &estate)?;
    is(&second?, &estate)
}

pub(super) async fn does_not_begin_after_the_end(harness: &dyn SourceHarness) -> Finding {
    let source = harness.source(&Estate::new(1)).map_err(told)?;
    let (cx, canceller) = Cx::background().cancellable();
    canceller.cancel();
    match source.fetch(&cx).await {
        Ok(_) => Err("it gave hosts to a call that was cancelled before".to_owned()),
        Err(error) => ensure(error.kind() == ErrorKind::Cancelled, told(error)),
    }
}

pub(super) async fn takes_up_a_change(harness: &dyn SourceHarness) -> Finding {
    let (before, after) = (Estate::new(2), Estate::new(3));
    let source = harness.source(&before).map_err(told)?;
    is(&fetched(&*source).await?, &before)?;
    harness.change(&after).map_err(told)?;
    is(&fetched(&*source).await?, &after)
}

/// A failed source is never an empty inventory.
async fn refused(source: Arc<dyn Source>) -> Result<Error, String> {
    let loader = Loader::new().add(source);
    match loader.load(&Cx::background()).await {
        Ok(loaded) => Err(format!("it loaded as an inventory of {} hosts", loaded.inventory.len())),
        Err(error) => Ok(error),
    }
}

pub(super) async fn is_an_error_when_broken(harness: &dyn SourceHarness) -> Finding {
    let source = harness.broken().map_err(told)?;
    match source.fetch(&Cx::background()).await {
        Ok(_) => return Err("a source that cannot be read gave a batch".to_owned()),
        Err(error) => {
            let text = told(error);
            ensure(text.contains(source.name()), format!("{:?} is not named in: {text}", source.name()))?;
        }
    }
    let error = refused(source).await?;
    ensure(error.kind() != ErrorKind::Internal, format!("no fault of the program: {}", told(error)))
}

pub(super) async fn names_the_place(harness: &dyn SourceHarness) -> Finding {
    let source = harness.malformed().map_err(told)?;
    let name = source.name().to_owned();
    let error = refused(source).await?;
    let faults = error.detail::<Diagnostics>().ok_or("the error has no diagnostics")?;
    let placed = |place: &purlin_core::Place| place.file.contains(&name) && place.line.is_some();
    let is_placed = faults.iter().filter_map(|fault| fault.place.as_ref()).any(placed);
    ensure(is_placed, format!("no line of {name:?} is named in: {faults}"))
}

pub(super) async fn ends_at_the_deadline(harness: &dyn SourceHarness) -> Finding {
    let source = harness.hanging().map_err(told)?;
    match source.fetch(&Cx::background().with_timeout(LIMIT)).await {
        Ok(_) => Err("a source that hangs gave a batch".to_owned()),
        Err(error) => ensure(error.kind() == ErrorKind::Timeout, told(error)),
    }
}

pub(super) async fn ends_when_cancelled(harness: &dyn SourceHarness) -> Finding {
    let source = harness.hanging().map_err(told)?;
    let (cx, canceller) = Cx::background().cancellable();
    let cancel = async {
        tokio::time::sleep(LIMIT).await;
        canceller.cancel();
    };
    let (answer, ()) = tokio::join!(source.fetch(&cx), cancel);
    match answer {
        Ok(_) => Err("a source that hangs gave a batch".to_owned()),
        Err(error) => ensure(error.kind() == ErrorKind::Cancelled, told(error)),
    }
}
