//! What a thread tells through `tracing`.

use std::error::Error;
use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Metadata, Subscriber};

/// Records every span and event of this thread, of all levels, with all their fields, until it is dropped.
///
/// Other threads are not heard: await on a runtime of one thread, and in the same task.
///
/// ```
/// use purlin_testkit::Capture;
///
/// let capture = Capture::start();
/// tracing::info_span!("purlin.db.query", statement = "select 1").in_scope(|| {
///     tracing::debug!(rows = 1, "done");
/// });
/// let text = capture.text();
/// assert!(text.contains("span purlin.db.query") && text.contains("statement=select 1"));
/// assert!(text.contains("rows=1") && text.contains("message=done"));
/// ```
#[must_use]
pub struct Capture {
    lines: Lines,
    _guard: DefaultGuard,
}

impl Capture {
    /// Begins to record.
    pub fn start() -> Self {
        let lines = Lines::default();
        let recorder = Recorder { lines: lines.clone(), ids: AtomicU64::new(0) };
        Self { lines, _guard: tracing::subscriber::set_default(recorder) }
    }

    /// What was recorded so far: a line for each span, each later value of a field, and each event.
    pub fn text(&self) -> String {
        self.lines.lock().concat()
    }
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture").field("lines", &self.lines.lock().len()).finish_non_exhaustive()
    }
}

/// Runs a function and gives what it returned and what was [recorded](Capture) meanwhile.
pub fn capture<T>(body: impl FnOnce() -> T) -> (T, String) {
    let capture = Capture::start();
    let value = body();
    (value, capture.text())
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, what: &str, metadata: Option<&Metadata<'_>>, values: impl FnOnce(&mut Fields)) {
        let mut fields = Fields(String::new());
        values(&mut fields);
        let (name, target, level) = metadata.map_or(("", "", String::new()), |metadata| {
            (metadata.name(), metadata.target(), metadata.level().to_string())
        });
        self.lock().push(format!("{what} {name} {target} {level}{}\n", fields.0));
    }
}

struct Recorder {
    lines: Lines,
    ids: AtomicU64,
}

impl Subscriber for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.lines.add("span", Some(span.metadata()), |fields| span.record(fields));
        // Zero is no id.
        Id::from_u64(self.ids.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.lines.add(&format!("record {}", span.into_u64()), None, |fields| values.record(fields));
    }

    fn event(&self, event: &Event<'_>) {
        self.lines.add("event", Some(event.metadata()), |fields| event.record(fields));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Fields(String);

impl Fields {
    fn add(&mut self, field: &Field, value: &dyn fmt::Display) {
        let _ = write!(self.0, " {}={value}", field.name());
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, &format_args!("{value:?}"));
    }

    /// As it is: escaping would hide what is looked for.
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, &value);
    }

    /// With its causes, in both ways in which a subscriber may print it.
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let mut cause = Some(value);
        while let Some(error) = cause {
            self.add(field, &format_args!("{error} {error:?}"));
            cause = error.source();
        }
    }
}
