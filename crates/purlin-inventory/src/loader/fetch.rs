//! Sources are fetched by their policies.

use super::entry::{Origin, Policy};
use super::sources::GRACE;
use super::timed::in_time;
use super::{FileSource, Freshness, Loaded, Loader, Loading, ScriptSource, SourceEntry, merge};
use crate::ansible::vault::keyring::Keyring;
use crate::{Batch, Source};
use purlin_core::{Cx, Diagnostic, Diagnostics, Error, ErrorKind, Place, Result, Severity, units};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// What all sources gave.
#[derive(Default)]
struct Fetched {
    batches: Vec<Batch>,
    sources: Vec<Loading>,
    diagnostics: Diagnostics,
    /// Of a source that is needed and could not be read at all.
    failure: Option<Error>,
}

impl Loader {
    pub(super) async fn load_all(&self, cx: &Cx) -> Result<Loaded> {
        let keyring = self.keyring(cx).await?;
        self.check_names(&keyring)?;
        let mut fetched = Fetched::default();
        for entry in &self.entries {
            self.fetch(cx, entry, &keyring, &mut fetched).await;
        }
        let Fetched { batches, sources, diagnostics, failure } = fetched;
        let told = diagnostics.clone();
        let merge = merge::Merge {
            profile: self.profile,
            options: self.options.clone(),
            limits: self.limits,
            keyring,
            diagnostics,
        };
        // Even where a source is missing, the others are read to the end, for all faults of one pass.
        let merged = cx.run_blocking("inventory.merge", move |cx| merge.run(cx, batches)).await;
        match (failure, merged) {
            (None, Ok((inventory, diagnostics))) => Ok(Loaded { inventory, diagnostics, sources }),
            (None, Err(error)) if error.detail::<Diagnostics>().is_none() => Err(error.with_detail(told)),
            (None, Err(error)) => Err(error),
            (Some(failure), merged) => {
                let faults = merged.err().and_then(|error| error.detail::<Diagnostics>().cloned());
                let mut faults = faults.unwrap_or(told);
                faults.sort();
                Err(failure.with_detail(faults))
            }
        }
    }

    /// Two sources of one name would be given each other's stale answers.
    fn check_names(&self, keyring: &Keyring) -> Result<()> {
        let mut names = HashSet::new();
        for entry in self.entries.iter().filter(|entry| matches!(entry.policy, Policy::StaleAllowed(_))) {
            let source = self.source_of(&entry.origin, keyring);
            if !names.insert(source.name().to_owned()) {
                let name = source.name();
                let message = format!("two sources whose stale answers are allowed have the name {name:?}");
                let error = Error::new(ErrorKind::Invalid, message).with_operation("inventory.load");
                return Err(error.with_note("give them different names"));
            }
        }
        Ok(())
    }

    /// Under what the last good batch of a source is kept: what was read by other settings is another answer.
    fn key(&self, name: &str) -> String {
        format!("{name}\0{:?}{:?}{:?}", self.profile, self.options, self.limits)
    }

    #[cfg(feature = "vault")]
    async fn keyring(&self, cx: &Cx) -> Result<Keyring> {
        self.passwords.resolve(cx).await.map(Keyring::new)
    }

    #[cfg(not(feature = "vault"))]
    async fn keyring(&self, _cx: &Cx) -> Result<Keyring> {
        Ok(Keyring::default())
    }

    fn source_of(&self, origin: &Origin, keyring: &Keyring) -> Arc<dyn Source> {
        match origin {
            Origin::Custom(source) => source.clone(),
            Origin::Named(name) => match name.strip_prefix("exec:") {
                Some(command) => Arc::new(
                    ScriptSource::new(command.trim()).ansible(self.options.clone()).limits(self.limits),
                ),
                None => Arc::new(self.of_file(FileSource::new(name), keyring)),
            },
            Origin::Content(name, bytes) => {
                Arc::new(self.of_file(FileSource::content(name, bytes.clone()), keyring))
            }
        }
    }

    fn of_file(&self, source: FileSource, keyring: &Keyring) -> FileSource {
        let source = source.ansible(self.options.clone()).limits(self.limits).keyring(keyring.clone());
        match self.profile {
            Some(profile) => source.profile(profile),
            None => source,
        }
    }

    async fn fetch(&self, cx: &Cx, entry: &SourceEntry, keyring: &Keyring, into: &mut Fetched) {
        let source = self.source_of(&entry.origin, keyring);
        let own = own_time(cx, entry);
        // The loader's own sources need some time after their deadline to end what they have started.
        let grace = match entry.origin {
            Origin::Custom(_) => Duration::ZERO,
            Origin::Named(_) | Origin::Content(..) => 2 * GRACE,
        };
        let fetched = in_time(&own, "inventory.fetch", grace, source.fetch(&own)).await;
        let state = match fetched {
            Ok(batch) if !batch.diagnostics().has_errors() => {
                if let Policy::StaleAllowed(_) = entry.policy {
                    self.store.keep(&self.key(source.name()), &batch, cx.clock().timestamp());
                }
                into.batches.push(batch);
                Freshness::Fresh
            }
            failed => self.settle(cx, (entry, source.name()), failed, into),
        };
        into.sources.push(Loading { source: source.name().to_owned(), state });
    }

    /// What becomes of a source that has failed.
    fn settle(
        &self,
        cx: &Cx,
        (entry, name): (&SourceEntry, &str),
        failed: Result<Batch>,
        into: &mut Fetched,
    ) -> Freshness {
        let faults: Vec<Diagnostic> = match &failed {
            Ok(batch) => {
                let mut known = ["all".into(), "ungrouped".into()].into();
                into.batches.iter().for_each(|batch| drop(batch.unmet(&mut known)));
                batch.diagnostics().iter().cloned().chain(batch.unmet(&mut known)).collect()
            }
            Err(error) => vec![diagnostic_of(name, error)],
        };
        let warned = |message: String| {
            let warning = Diagnostic::warning("source-failed", message).place(Place::file(name));
            let errors: Vec<_> = faults.iter().filter(|fault| fault.severity == Severity::Error).collect();
            let here = || Place::file(name);
            let told = errors.iter().skip(1).take(MOST_TOLD).fold(warning, |warning, fault| {
                warning.related(fault.message.clone(), fault.place.clone().unwrap_or_else(here))
            });
            let more = match errors.len().saturating_sub(MOST_TOLD + 1) {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            told.help(format!(
                "it failed: {}{more}",
                errors.first().map(ToString::to_string).unwrap_or_default()
            ))
        };
        match entry.policy {
            Policy::Optional => {
                into.diagnostics.push(warned(format!("the optional source {name} is left out")));
                return Freshness::LeftOut;
            }
            Policy::StaleAllowed(max_age) => {
                if let Some((batch, at)) = self.store.last(&self.key(name)) {
                    let age = cx.clock().timestamp().since(at);
                    if age <= max_age {
                        let shown = units::duration::approximate(age);
                        into.diagnostics
                            .push(warned(format!("the source {name} gives what it said {shown} ago")));
                        into.batches.push(batch);
                        return Freshness::Stale(age);
                    }
                }
            }
            Policy::Required => {}
        }
        into.diagnostics.extend(faults);
        match failed {
            Ok(batch) => into.batches.push(batch.dimensions_only()),
            Err(error) => drop(into.failure.get_or_insert(error)),
        }
        Freshness::LeftOut
    }
}

/// Of so many faults of a source that is left out the places are told besides the first.
const MOST_TOLD: usize = 20;

/// How long a source may take where nothing is said.
const TIME: Duration = Duration::from_secs(90);

/// The call's context with the time of one source.
fn own_time(cx: &Cx, entry: &SourceEntry) -> Cx {
    let time = entry.time.unwrap_or_else(|| match (entry.policy, cx.remaining()) {
        (Policy::Optional | Policy::StaleAllowed(_), Some(left)) => TIME.min(left / 2),
        _ => TIME,
    });
    cx.with_timeout(time)
}

/// An error about a source or a file of this name, as one of many faults.
pub(crate) fn diagnostic_of(name: &str, error: &Error) -> Diagnostic {
    let fault = diagnostic(error);
    if fault.place.is_some() {
        return fault;
    }
    // The place names it already.
    let bare = fault.message.strip_prefix(name).and_then(|rest| rest.strip_prefix(": ")).map(str::to_owned);
    let message = bare.unwrap_or(fault.message);
    Diagnostic::error(fault.code, message).place(Place::file(name))
}

/// An error about what a place names as a whole, which is its detail too.
pub(crate) fn error_at(place: Place, error: &Error, operation: &'static str) -> Error {
    let message = format!("{}: {}", place.file, error.message());
    let fault: Diagnostics = [diagnostic(error).place(place)].into_iter().collect();
    Error::new(error.kind(), message).with_operation(operation).with_detail(fault)
}

/// An error as one of many faults.
pub(crate) fn diagnostic(error: &Error) -> Diagnostic {
    if let Some(known) = error.detail::<Diagnostics>().and_then(|faults| faults.iter().next()) {
        return known.clone();
    }
    let code = match error.kind() {
        ErrorKind::NotFound => "not-found",
        ErrorKind::Denied => "denied",
        ErrorKind::Timeout => "timeout",
        ErrorKind::Invalid => "unreadable",
        _ => "unavailable",
    };
    Diagnostic::error(code, error.message().to_owned())
}
