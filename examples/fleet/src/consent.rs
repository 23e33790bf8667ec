//! Leave to change something outside: `--yes`, `--dry-run`, and the question on a terminal. The one way to it.

use crate::config::{Config, Origin};
use crate::exit::Exit;
use crate::input::terminal;
use crate::output::Ui;
use crate::runtime::Runtime;
use clap::Args;
use purlin::core::{Diagnostic, Diagnostics};
use purlin::{Error, ErrorKind, Result};

/// The flags of every command that changes something outside.
#[derive(Debug, Args)]
pub(crate) struct Consent {
    /// Do it without a question; a protected context wants its name: --yes=NAME
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "", value_name = "NAME")]
    yes: Option<String>,
    /// Show what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What is about to happen.
#[derive(Debug)]
pub(crate) struct Plan {
    /// What is changed, such as the URL of a database.
    pub(crate) target: String,
    /// What is done to it, a line each.
    pub(crate) steps: Vec<String>,
}

impl Consent {
    /// Whether somebody has said yes, be it to this or to something else.
    pub(crate) fn is_given(&self) -> bool {
        self.yes.is_some()
    }

    /// Whether it may be done; where it may not, that is told, with the exit code.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] where nobody can be asked and nobody has said yes, or not to this context; those of the
    /// terminal.
    pub(crate) fn given(
        &self,
        ui: &Ui,
        config: &Config,
        runtime: &Runtime,
        plan: &Plan,
    ) -> Result<Result<(), Exit>> {
        let context = config.context.value.as_deref();
        let protected = context.filter(|_| config.protected.value);
        if let Some(said) = &self.yes {
            return settle(said, context, protected).map(Ok);
        }
        if !terminal::is_there() {
            let message = "this changes something outside, and nobody can be asked: there is no terminal";
            return Err(refused(
                message,
                match protected {
                    Some(name) => format!(
                        "the context {name:?} is protected: say --yes={name}, or --dry-run to see what would be done"
                    ),
                    None => "say --yes, or --dry-run to see what would be done".to_owned(),
                },
            ));
        }
        let question = question(config, plan, protected);
        let answer = terminal::ask(runtime, &question)?;
        let yes = match protected {
            Some(name) => answer.trim() == name,
            None => ["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str()),
        };
        if yes {
            return Ok(Ok(()));
        }
        let told = Diagnostic::error("not-confirmed", "nothing was changed: the answer was not yes");
        ui.verdict(ErrorKind::Cancelled, &told);
        Ok(Err(Exit::No))
    }
}

/// Whether `--yes` or `--yes=NAME` is meant for where we are.
fn settle(said: &str, context: Option<&str>, protected: Option<&str>) -> Result<()> {
    match (said, context, protected) {
        (said, Some(name), _) if said == name => Ok(()),
        ("", _, None) => Ok(()),
        ("", _, Some(name)) => {
            let message = format!("the context {name:?} is protected, and --yes does not name it");
            Err(refused(message, format!("if you mean it, say --yes={name}")))
        }
        (said, Some(name), _) => {
            let message = format!("--yes={said} is for another context: {name:?} is in use");
            Err(refused(message, format!("choose one with --context {said}, or say --yes={name}")))
        }
        (said, None, _) => {
            let message = format!("--yes={said} names a context, and none is in use");
            Err(refused(message, format!("choose it with --context {said}, or say --yes")))
        }
    }
}

fn question(config: &Config, plan: &Plan, protected: Option<&str>) -> String {
    let context = match (&config.context.value, &config.context.origin) {
        (Some(name), origin) if *origin != Origin::BuiltIn => format!("{name} ({origin})"),
        _ => "none".to_owned(),
    };
    let mut text = format!("target   {}\ncontext  {context}\n", shown(&plan.target));
    for step in &plan.steps {
        text += &format!("  {}\n", shown(step));
    }
    text + &match protected {
        Some(name) => format!("This context is protected. Type its name, {name}, to go on: "),
        None => "Go on? [y/N] ".to_owned(),
    }
}

/// What moves the cursor could hide what is asked.
fn shown(text: &str) -> String {
    let escape = |letter: char| match letter {
        '\n' => "\n  ".to_owned(),
        letter if letter.is_control() => letter.escape_default().to_string(),
        letter => letter.to_string(),
    };
    text.chars().map(escape).collect()
}

fn refused(message: impl Into<String>, help: String) -> Error {
    let message = message.into();
    let faults = Diagnostics::from_iter([Diagnostic::error("not-confirmed", message.clone()).help(help)]);
    Error::new(ErrorKind::Invalid, message).with_detail(faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_yes_is_for_one_context_only() {
        assert!(settle("", None, None).is_ok());
        assert!(settle("", Some("lab"), None).is_ok());
        assert!(settle("lab", Some("lab"), None).is_ok());
        assert!(settle("prod", Some("prod"), Some("prod")).is_ok());
        for (said, context, protected) in [
            ("", Some("prod"), Some("prod")),
            ("lab", Some("prod"), Some("prod")),
            ("prod", Some("lab"), None),
            ("prod", None, None),
        ] {
            let error = settle(said, context, protected).unwrap_err();
            assert_eq!(Exit::of(&error), Exit::BadInput, "{said} {context:?}");
        }
    }

    #[test]
    fn what_is_asked_cannot_be_hidden() {
        assert_eq!(shown("drop table a\u{1b}[2K;\nselect 1"), "drop table a\\u{1b}[2K;\n  select 1");
    }
}
