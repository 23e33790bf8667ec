//! The kinds of steps that a file may name.

use crate::{Effect, Step, steps};
use purlin_config::{Fields, Misread, Value, choice};
use purlin_core::suggest;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Reads the keys of one kind; none where something is wrong, which it has told.
type KindReader = dyn Fn(&mut Fields<'_>) -> Option<Arc<dyn Step>> + Send + Sync;

/// The kinds of steps that a file may name, each with what reads its keys. Kinds of your own are added by
/// [`with`](Self::with); `close` is always known.
#[derive(Clone)]
pub struct StepKinds(BTreeMap<&'static str, Arc<KindReader>>);

impl StepKinds {
    /// Those of this build: `file` (`path`, `content`, `mode`, `owner`) and `command` (`argv`; one of `creates`, `unless` and
    /// `always`; `dir`, `undo`, `effect`).
    pub fn standard() -> Self {
        Self(BTreeMap::new()).with("file", file).with("command", command)
    }

    /// Adds a kind, or replaces it.
    #[must_use]
    pub fn with(
        mut self,
        kind: &'static str,
        reader: impl Fn(&mut Fields<'_>) -> Option<Arc<dyn Step>> + Send + Sync + 'static,
    ) -> Self {
        self.0.insert(kind, Arc::new(reader));
        self
    }

    pub(super) fn find(&self, kind: &str) -> Result<Arc<KindReader>, Misread> {
        self.0.get(kind).cloned().ok_or_else(|| {
            let known = || self.0.keys().copied().chain(["close"]);
            let help = match suggest(kind, known()) {
                Some(meant) => format!("did you mean {meant:?}?"),
                None => format!("this build knows {}", known().collect::<Vec<_>>().join(", ")),
            };
            Misread::new(format!("there is no kind {kind:?} of steps")).help(help)
        })
    }
}

impl fmt::Debug for StepKinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Permission bits, as `chmod` has them: `"0640"`.
fn mode(value: &Value<'_>) -> Option<u32> {
    value.parsed(|text| match u32::from_str_radix(text, 8) {
        Ok(mode) if mode <= 0o7777 => Ok(mode),
        _ => Err(Misread::new(format!("{text:?} are no permission bits")).help("write them as in \"0640\"")),
    })
}

fn file(fields: &mut Fields<'_>) -> Option<Arc<dyn Step>> {
    let path = fields.wanted("path").and_then(|path| path.name());
    let content = fields.wanted("content").and_then(|content| content.text().map(str::to_owned));
    let mode = fields.value("mode").and_then(|value| mode(&value));
    let owner = fields.value("owner").and_then(|owner| owner.name());
    let mut step = steps::File::new(path?, content?);
    if let Some(mode) = mode {
        step = step.mode(mode);
    }
    if let Some(owner) = owner {
        step = step.owner(owner);
    }
    Some(Arc::new(step))
}

fn command(fields: &mut Fields<'_>) -> Option<Arc<dyn Step>> {
    let argv = fields.wanted("argv").and_then(|argv| argv.command());
    let creates = fields.value("creates").and_then(|path| path.name());
    let unless = fields.value("unless").and_then(|argv| argv.command());
    let always = fields.value("always").and_then(|reason| reason.name());
    let dir = fields.value("dir").and_then(|dir| dir.name());
    let undo = fields.value("undo").and_then(|argv| argv.command());
    let words = [
        ("idempotent", Effect::Idempotent),
        ("check_then_act", Effect::CheckThenAct),
        ("at_most_once", Effect::AtMostOnce),
    ];
    let effect = fields.value("effect").and_then(|value| value.parsed(|text| choice(text, &words)));
    let argv = argv?;
    let step = match (creates, unless, always) {
        (Some(path), None, None) => steps::Command::creates(argv, path),
        (None, Some(check), None) => steps::Command::unless(argv, check),
        (None, None, Some(reason)) => steps::Command::always(argv, reason),
        _ => {
            let help = "creates = PATH, unless = [\"PROGRAM\"], or always = \"the reason\"";
            fields.reject("bad-command", "a command says when it runs, in one way", Some(help));
            return None;
        }
    };
    let step = match effect {
        Some(Effect::Idempotent) => step.idempotent(),
        Some(Effect::AtMostOnce) => step.at_most_once(),
        _ => step,
    };
    let step = match dir {
        Some(dir) => step.dir(dir),
        None => step,
    };
    Some(Arc::new(match undo {
        Some(undo) => step.undo(undo),
        None => step,
    }))
}
