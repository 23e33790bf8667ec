//! What a run leaves on a host: the second witness beside the journal.

mod witness;

pub(crate) use witness::{Witnessed, status};

use crate::{HostName, Spent};
use purlin_core::{Cx, Error, ErrorKind, Fence, Outcome, Result};
use purlin_transport::{Command, Output, Session, SessionExt};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Finds the folder of the host: `$1` where it is given.
const FOLDER: &str = r#"
if [ -n "$1" ]; then root=$1
elif [ "$(id -u)" = 0 ]; then root=/var/lib/purlin
else root=${HOME:-.}/.local/state/purlin
fi
case $root in /*) ;; *) root=$PWD/$root ;; esac
dir=$root/$2
umask 077
"#;

/// Who deploys to a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owner {
    pub(crate) run: String,
    pub(crate) plan: String,
    pub(crate) operator: String,
    pub(crate) controller: String,
    pub(crate) since: String,
}

/// The folder on a host that holds lock, number, releases and what steps left there.
#[derive(Debug, Clone)]
pub(crate) struct Evidence {
    session: Arc<dyn Session>,
    folder: String,
    host: String,
}

impl Evidence {
    pub(crate) fn of(session: Arc<dyn Session>, host: &HostName, folder: Option<String>) -> Self {
        let host = file_name(host.as_str());
        Self { session, folder: folder.unwrap_or_default(), host }
    }

    async fn script(&self, cx: &Cx, script: &str, args: &[&str]) -> Result<Output> {
        let text = format!("{FOLDER}{script}");
        let command = Command::new("sh").args(["-c", text.as_str(), "sh", &self.folder, &self.host]);
        let output = self.session.run(cx, &command.args(args.iter().copied())).await;
        output.map_err(|error| error.with_operation("deploy.evidence"))
    }

    /// The release that the host has, as the last run left word of it.
    pub(crate) async fn release(&self, cx: &Cx) -> Result<Option<String>> {
        let output = self.script(cx, "cat \"$dir/release\" 2>/dev/null || exit 0", &[]).await?;
        Ok(Some(output.stdout.line()).filter(|release| !release.is_empty()))
    }

    /// The highest fencing number that the host has seen; 0 where it has seen none.
    pub(crate) async fn highest(&self, cx: &Cx) -> Result<Fence> {
        let output = self.script(cx, "cat \"$dir/fence\" 2>/dev/null || echo 0", &[]).await?;
        Ok(Fence::new(output.stdout.line().trim().parse().unwrap_or(0)))
    }

    /// Takes the lock of the host for a run, and shows it the number. The same run takes it again; a plan that was used
    /// here is refused.
    pub(crate) async fn lock(&self, cx: &Cx, owner: &Owner, fence: Fence) -> Result<()> {
        let text = serde_json::to_string(owner).map_err(|error| crate::data::unwritable(&error))?;
        let args = [owner.run.as_str(), &fence.to_string(), &text, &owner.plan];
        let output = self.script(cx, LOCK, &args).await?;
        match output.exit.code() {
            Some(0) => Ok(()),
            Some(LOCKED) => Err(self.locked(&output.stdout.text())),
            Some(FENCED) => {
                let message =
                    format!("the host has seen number {}, higher than {fence}", output.stdout.line());
                Err(refused(ErrorKind::Fenced, message).with_note(format!("host {}", self.host)))
            }
            Some(SPENT) => {
                let message = format!("the plan {} is spent: run {}", owner.plan, output.stdout.line());
                let spent = Spent::by(&owner.plan.as_str().into(), output.stdout.line());
                let error = refused(ErrorKind::Conflict, message).with_detail(spent);
                Err(error.with_note(format!("host {}", self.host)))
            }
            _ => Err(output.failure().with_operation("deploy.lock").with_outcome(Outcome::NotSent)),
        }
    }

    fn locked(&self, text: &str) -> Error {
        let message = match serde_json::from_str::<Owner>(text.trim()) {
            Ok(owner) => format!(
                "{} deploys here from {}, since {}, in run {}",
                owner.operator, owner.controller, owner.since, owner.run
            ),
            Err(_) => "another run has the lock of the host, and does not say which".to_owned(),
        };
        refused(ErrorKind::Conflict, message).with_note(format!("host {}", self.host))
    }

    /// Gives the lock back, where that run has it.
    pub(crate) async fn unlock(&self, cx: &Cx, run: &str) -> Result<()> {
        self.script(cx, UNLOCK, &[run]).await?.checked().map(drop)
    }

    /// Notes the release that the host has now, where it is a new one, and how far the journal was, so that whoever changes
    /// it later is found out; gives the lock back.
    pub(crate) async fn farewell(&self, cx: &Cx, run: &str, release: Option<&str>, head: &str) -> Result<()> {
        let args = [run, release.unwrap_or_default(), head];
        self.script(cx, FAREWELL, &args).await?.checked().map(drop)
    }
}

const LOCKED: i32 = 75;
const FENCED: i32 = 76;
const SPENT: i32 = 77;

/// `$3` run, `$4` number, `$5` owner, `$6` plan. `mkdir` is atomic; the owner is written right after it.
const LOCK: &str = r#"
mkdir -p "$dir/runs" "$dir/plans" || exit 1
if mkdir "$dir/lock" 2>/dev/null; then
  printf '%s\n' "$3" > "$dir/lock/run" && printf '%s\n' "$5" > "$dir/lock/owner" || { rm -rf "$dir/lock"; exit 1; }
elif [ "$(cat "$dir/lock/run" 2>/dev/null)" != "$3" ]; then
  [ -d "$dir/lock" ] || exit 1
  cat "$dir/lock/owner" 2>/dev/null
  exit 75
fi
if [ -e "$dir/plans/$6" ] && [ "$(cat "$dir/plans/$6")" != "$3" ]; then
  cat "$dir/plans/$6"
  rm -rf "$dir/lock"
  exit 77
fi
seen=$(cat "$dir/fence" 2>/dev/null || echo 0)
if [ "$seen" -gt "$4" ]; then printf '%s\n' "$seen"; exit 76; fi
printf '%s\n' "$4" > "$dir/fence.$$" && mv "$dir/fence.$$" "$dir/fence" || exit 1
printf '%s\n' "$3" > "$dir/plans/$6.$$" && mv "$dir/plans/$6.$$" "$dir/plans/$6"
"#;

const UNLOCK: &str = r#"
if [ "$(cat "$dir/lock/run" 2>/dev/null)" = "$3" ]; then rm -rf "$dir/lock"; fi
"#;

/// `$3` run, `$4` release, `$5` head of the journal. The lock is given back whatever becomes of the rest.
const FAREWELL: &str = r#"
note() { printf '%s\n' "$2" > "$1.$$" && mv "$1.$$" "$1"; }
fine=0
mkdir -p "$dir/runs" || fine=1
now=$(cat "$dir/release" 2>/dev/null)
if [ -n "$4" ] && [ "$now" != "$4" ]; then
  if [ -n "$now" ]; then note "$dir/previous" "$now" || fine=1; fi
  note "$dir/release" "$4" || fine=1
fi
note "$dir/runs/$3.head" "$5" || fine=1
if [ "$(cat "$dir/lock/run" 2>/dev/null)" = "$3" ]; then rm -rf "$dir/lock" || fine=1; fi
exit $fine
"#;

fn refused(kind: ErrorKind, message: String) -> Error {
    Error::new(kind, message).with_operation("deploy.lock").with_outcome(Outcome::NotSent)
}

/// A name as one name of a file, whatever letters it has.
fn file_name(name: &str) -> String {
    let keep = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let name: String = name.chars().map(|letter| if keep(letter) { letter } else { '_' }).collect();
    if name.starts_with('.') { format!("_{name}") } else { name }
}
