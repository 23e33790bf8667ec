//! Sources are fetched by their policies.

use super::entry::{Entry, Origin, Policy};
use super::{FileSource, Freshness, Loaded, Loader, Loading, ScriptSource, merge};
use crate::ansible::vault::keyring::Keyring;
use crate::{Batch, Source};
use purlin_core::{Cx, Diagnostic, Diagnostics, Error, ErrorKind, Place, Result, Severity, units};
use std::sync::Arc;

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
        let mut fetched = Fetched::default();
        for entry in &self.entries {
            self.fetch(cx, entry, &keyring, &mut fetched).await;
            if let Err(error) = cx.check("inventory.load") {
                return Err(fetched.failure.unwrap_or(error).with_detail(fetched.diagnostics));
            }
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
            (None, Err(error)) => Err(error),
            (Some(failure), merged) => {
                let faults = merged.err().and_then(|error| error.detail::<Diagnostics>().cloned());
                let mut faults = faults.unwrap_or(told);
                faults.sort();
                Err(failure.with_detail(faults))
            }
        }
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

    async fn fetch(&self, cx: &Cx, entry: &Entry, keyring: &Keyring, into: &mut Fetched) {
        let source = self.source_of(&entry.origin, keyring);
        let state = match source.fetch(cx).await {
            Ok(batch) if !batch.diagnostics().has_errors() => {
                if let Policy::StaleAllowed(_) = entry.policy {
                    self.store.keep(source.name(), &batch, cx.clock().timestamp());
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
        (entry, name): (&Entry, &str),
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
            let why = faults.iter().find(|fault| fault.severity == Severity::Error);
            let why = why.map(ToString::to_string).unwrap_or_default();
            let warning = Diagnostic::warning("source-failed", message).place(Place::file(name));
            warning.help(format!("it failed: {why}"))
        };
        match entry.policy {
            Policy::Optional => {
                into.diagnostics.push(warned(format!("the optional source {name} is left out")));
                return Freshness::LeftOut;
            }
            Policy::StaleAllowed(max_age) => {
                if let Some((batch, at)) = self.store.last(name) {
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
        if let Err(error) = failed {
            into.failure.get_or_insert(error);
        }
        Freshness::LeftOut
    }
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
