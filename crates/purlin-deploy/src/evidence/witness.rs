//! Commands that outlive the link they were started over.

use super::{Evidence, FENCED, FOLDER, refused};
use crate::StepEnv;
use purlin_core::{Cx, Error, ErrorKind, Outcome, Result};
use purlin_transport::{Command, Output};

/// What the host knows of a command.
#[derive(Debug)]
pub(crate) enum Witnessed {
    /// It was never started.
    Never,
    /// It ended so.
    Ended(Box<Output>),
    /// It was started, and what became of it nobody knows: the host itself went down.
    Lost,
}

const NEVER: i32 = 78;
const LOST: i32 = 79;

/// `$3` run, `$4` step and attempt, `$5` fencing number, `$6` how: `run` or `look`; then the command.
///
/// The folder is made by whoever starts the command, and only once, whatever happens: a second start finds it and waits for
/// the first one's end. The command runs in a session of its own, so it does not end with the link.
const WITNESS: &str = r#"
run=$3 at=$4 number=$5 how=$6
shift 6
key=$dir/runs/$run/$at
if [ "$how" = run ]; then
  seen=$(cat "$dir/fence" 2>/dev/null || echo 0)
  if [ "$seen" -gt "$number" ]; then printf '%s\n' "$seen" >&2; exit 76; fi
  mkdir -p "$dir/runs/$run" || exit 1
  if mkdir "$key" 2>/dev/null; then
    apart=
    if command -v setsid >/dev/null 2>&1; then apart=setsid; fi
    $apart sh -c '
      trap "" HUP
      key=$1; shift
      echo $$ > "$key/pid"
      "$@" > "$key/out" 2> "$key/err" < /dev/null
      echo $? > "$key/exit.new" && mv "$key/exit.new" "$key/exit"
    ' sh "$key" "$@" </dev/null >/dev/null 2>&1 &
    wait $!
  fi
fi
[ -d "$key" ] || exit 78
tries=0
while [ ! -e "$key/exit" ]; do
  if pid=$(cat "$key/pid" 2>/dev/null); then
    if ! kill -0 "$pid" 2>/dev/null; then
      [ -e "$key/exit" ] || exit 79
    fi
  else
    tries=$((tries + 1))
    if [ "$tries" -gt 5 ]; then exit 79; fi
  fi
  [ -e "$key/exit" ] || sleep 1
done
cat "$key/err" >&2
cat "$key/out"
code=$(cat "$key/exit")
printf '\nexit %s\n' "$code" >&2
exit 0
"#;

impl Evidence {
    /// Runs a command so that it comes to its end whatever becomes of the link, and never twice for one attempt: a second
    /// call waits for the end of the first.
    pub(crate) async fn witness(
        &self,
        cx: &Cx,
        env: &StepEnv,
        command: &Command,
        dir: Option<&str>,
    ) -> Result<Output> {
        let output = self.ask(cx, env, "run", command.argv(), dir).await?;
        match read(output)? {
            Witnessed::Ended(output) => Ok(*output),
            Witnessed::Never => Err(Error::new(ErrorKind::Internal, "the host did not start the command")),
            Witnessed::Lost => {
                let message = "the command was started, and the host does not know what became of it";
                Err(Error::new(ErrorKind::Unavailable, message).with_outcome(Outcome::Maybe))
            }
        }
    }

    /// What became of the command of this attempt; where it still runs, its end is waited for.
    pub(crate) async fn witnessed(&self, cx: &Cx, env: &StepEnv) -> Result<Witnessed> {
        read(self.ask(cx, env, "look", &[], None).await?)
    }

    async fn ask(
        &self,
        cx: &Cx,
        env: &StepEnv,
        how: &str,
        argv: &[String],
        dir: Option<&str>,
    ) -> Result<Output> {
        let text = format!("{FOLDER}{WITNESS}");
        let at = format!("{}.{}", super::file_name(env.step().as_str()), env.attempt());
        let number = env.fence().to_string();
        let mut command = Command::new("sh").args(["-c", text.as_str(), "sh", &self.folder, &self.host]);
        command = command.args([env.run().as_str(), &at, &number, how]).args(argv);
        if let Some(dir) = dir {
            command = command.dir(dir);
        }
        env.exec(cx, command).await
    }
}

fn read(output: Output) -> Result<Witnessed> {
    match output.exit.code() {
        Some(0) => {}
        Some(NEVER) => return Ok(Witnessed::Never),
        Some(LOST) => return Ok(Witnessed::Lost),
        Some(FENCED) => {
            let message =
                format!("the host has seen number {}, higher than this run's", output.stderr.line());
            return Err(refused(ErrorKind::Fenced, message));
        }
        _ => return Err(output.failure().with_operation("deploy.witness")),
    }
    Ok(Witnessed::Ended(Box::new(output)))
}

/// The status that the command itself had, which stands in the last line; and what it said before.
pub(crate) fn status(output: &Output) -> (Option<i32>, String) {
    let errors = output.stderr.text();
    let trimmed = errors.trim_end_matches('\n');
    let (said, last) = trimmed.rsplit_once('\n').unwrap_or(("", trimmed));
    let code = last.strip_prefix("exit ").and_then(|code| code.trim().parse().ok());
    let said = said.strip_suffix('\n').unwrap_or(said);
    (code, format!("{}{said}", output.stdout.text()))
}
