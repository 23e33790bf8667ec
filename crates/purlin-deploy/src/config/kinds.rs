//! The kinds of steps that a file may name.

use super::ready;
use crate::{Effect, Step, steps};
use purlin_config::{Fields, Misread, Value, choice, duration};
use purlin_core::suggest;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Reads the keys of one kind; none where something is wrong, which it has told.
type KindReader = dyn Fn(&mut Fields<'_>) -> Option<Arc<dyn Step>> + Send + Sync;

/// The kinds of steps that a file may name, each with what reads its keys. Kinds of your own are added by
/// [`with`](Self::with); `close` is always known.
#[derive(Clone)]
pub struct StepKinds(BTreeMap<&'static str, Arc<KindReader>>);

impl StepKinds {
    /// Those of this build:
    ///
    /// | kind | keys |
    /// |---|---|
    /// | `file` | `path`, `content`, `mode`, `owner`, `sensitive` |
    /// | `template` | `path`, `template` or `file`, `mode`, `owner`, `secrets` |
    /// | `directory` | `path`, `mode`, `owner` |
    /// | `link` | `path`, `target` |
    /// | `archive` | `file`, `into`, `strip` |
    /// | `release` | `file`, `into`, `version`, `keep`, `strip` |
    /// | `command` | `argv`; one of `creates`, `unless` and `always`; `dir`, `undo`, `effect` |
    /// | `service` | `service`, `state` (`running`, `stopped`, `restarted`, `reloaded`), `script`, `stable_for`, `within` |
    /// | `wait` | `argv` or `tcp`, `within`, `every`, `successes` |
    /// | `pause` | `question` |
    /// | `drain` | `haproxy` (its socket), `backend`, `server`; or the commands `drain`, `restore`, `is_out`; `sessions_within`, `cut_sessions`, `back_within`, `allow_last` |
    /// | `downtime` | the commands `begin`, `end`, `holds`; see also [`alarms`](Self::alarms) |
    /// | `lock` | `path`, `wait` |
    /// | `http` (feature `http`) | `url`, `method`, `body`, `bearer`, `status`, `starts`; `unless` (the same keys) or `always`; `undo` (the same keys), `idempotent` |
    ///
    /// `sql` comes with `databases` (feature `db`).
    pub fn standard() -> Self {
        let kinds = Self(BTreeMap::new())
            .with("archive", ready::archive)
            .with("command", command)
            .with("directory", ready::directory)
            .with("downtime", ready::downtime)
            .with("drain", ready::drain)
            .with("file", file)
            .with("link", ready::link)
            .with("lock", ready::lock)
            .with("pause", ready::pause)
            .with("release", ready::release)
            .with("service", ready::service)
            .with("template", ready::template)
            .with("wait", ready::wait);
        #[cfg(feature = "http")]
        let kinds = kinds.with("http", ready::http);
        kinds
    }

    /// Makes `downtime` announce itself where alarms are kept: keys `select`, `lasts`.
    #[must_use]
    pub fn alarms(self, store: Arc<dyn purlin_health::alarm::AlarmStore>) -> Self {
        self.with("downtime", move |fields| ready::announced(&store, fields))
    }

    /// Adds `sql` (feature `db`): `database`, which is found by that name; `statements`; `unless` or `once`; `verify`,
    /// `undo`.
    #[cfg(feature = "db")]
    #[must_use]
    pub fn databases(
        self,
        find: impl Fn(&str) -> purlin_core::Result<purlin_db::Database> + Send + Sync + 'static,
    ) -> Self {
        self.with("sql", move |fields| ready::sql(&find, fields))
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
pub(super) fn mode(value: &Value<'_>) -> Option<u32> {
    value.parsed(|text| match u32::from_str_radix(text, 8) {
        Ok(mode) if mode <= 0o7777 => Ok(mode),
        _ => Err(Misread::new(format!("{text:?} are no permission bits")).help("write them as in \"0640\"")),
    })
}

/// Durations, such as `"10s"`.
pub(super) fn spans<const COUNT: usize>(
    fields: &mut Fields<'_>,
    keys: [&'static str; COUNT],
) -> [Option<Duration>; COUNT] {
    keys.map(|key| fields.value(key).and_then(|span| span.parsed(duration)))
}

fn file(fields: &mut Fields<'_>) -> Option<Arc<dyn Step>> {
    let path = fields.wanted("path").and_then(|path| path.name());
    let content = fields.wanted("content").and_then(|content| content.text().map(str::to_owned));
    let mode = fields.value("mode").and_then(|value| mode(&value));
    let owner = fields.value("owner").and_then(|owner| owner.name());
    let sensitive = fields.value("sensitive").and_then(|value| value.boolean()).unwrap_or_default();
    let mut step = steps::File::new(path?, content?);
    if sensitive {
        step = step.sensitive();
    }
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
