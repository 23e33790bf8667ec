//! What can be written on the command line.

use crate::app::{ENV_PREFIX, NAME};
use crate::commands;
use crate::config::{ColorChoice, Layer, LogFormat, Sourced};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// Operations on a fleet of hosts: one tool, one set of habits.
#[derive(Debug, Parser)]
#[command(name = NAME, version, arg_required_else_help = true, after_help = root_help())]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The flags that every command takes, before or after its name.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Read this file instead of looking for one in this folder and its parents ("-": standard input)
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Use the values of this context, [context.NAME] in the configuration files
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Colour the output for people
    #[arg(long, global = true, value_name = "WHEN")]
    pub(crate) color: Option<ColorChoice>,
    /// Print one JSON document, for machines
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Tell errors only, no warnings
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Tell more on standard error; twice, still more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// How to write what goes to standard error
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
}

impl Global {
    /// The settings among them.
    pub(crate) fn layer(&self) -> Layer {
        Layer {
            color: Sourced::flag(self.color, "--color"),
            log_format: Sourced::flag(self.log_format, "--log-format"),
            ..Layer::default()
        }
    }
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(Box<commands::check::Check>),
    Tls(commands::tls::Tls),
    Inventory(commands::inventory::Inventory),
    Run(commands::run::Run),
    Facts(commands::facts::GatherFacts),
    Copy(commands::copy::Copy),
    Deploy(Box<commands::deploy::Deploy>),
    Db(commands::db::Db),
    Ldap(commands::ldap::Ldap),
    Config(commands::config::Config),
    Schema(commands::schema::Schema),
    Completions(commands::completions::Completions),
    Man(commands::man::Man),
    Version(commands::version::Version),
}

/// The examples at the end of a command's help: what is typed, and what it is for.
pub(crate) fn examples(examples: &[(&str, &str)]) -> String {
    let typed = |arguments: &str| format!("{NAME} {arguments}");
    let width = examples.iter().map(|(arguments, _)| typed(arguments).len()).max();
    let width = width.unwrap_or_default();
    let mut text = "Examples:".to_owned();
    for (arguments, purpose) in examples {
        text += &format!("\n  {:width$}  {purpose}", typed(arguments));
    }
    text
}

fn root_help() -> String {
    let examples = examples(&[
        ("check -i estate.toml -c checks.toml", "check hosts until it is sure: 0 where all is up"),
        ("tls www.example.org", "show a server's certificates and whether they are good"),
        ("tls www.example.org --json", "the same for a program"),
        ("inventory hosts -i hosts.ini -- 'web:&prod'", "name the hosts of a pattern"),
        ("run -i hosts.ini web -- uptime", "run a command on hosts"),
        ("deploy plan -i estate.toml -f deploy.toml --out plan.json", "say what a deployment would change"),
        ("db query sqlite:state.db 'select 1'", "ask a database"),
        ("ldap user ada", "look somebody up in the directory"),
        ("config show", "show each setting and where it was said"),
    ]);
    format!(
        "{examples}\n\n\
         Exit codes:\n  \
         0  fine\n  \
         1  the answer is no\n  \
         2  wrong usage or bad input\n  \
         3  a system could not be reached\n  \
         4  a person has to look at it\n  \
         130, 143  ended by SIGINT, SIGTERM\n\n\
         Configuration, each beating the one before: built-in values, /etc/{NAME}/config.toml,\n\
         $XDG_CONFIG_HOME/{NAME}/config.toml, {NAME}.toml in this folder or the nearest parent,\n\
         the context, environment variables {ENV_PREFIX}*, flags. See `{NAME} config show`."
    )
}

/// The flags that shape messages, of a command line that cannot be parsed: for the message that says so.
pub(crate) fn message_flags(arguments: &[OsString]) -> Global {
    Global {
        color: last_value(arguments, "--color"),
        log_format: last_value(arguments, "--log-format"),
        ..Global::default()
    }
}

fn last_value<T: ValueEnum>(arguments: &[OsString], flag: &str) -> Option<T> {
    let mut last = None;
    let mut value_follows = false;
    for argument in arguments.iter().take_while(|argument| *argument != "--") {
        let text = argument.to_string_lossy();
        let value = if value_follows {
            Some(text.as_ref())
        } else {
            text.strip_prefix(flag).and_then(|rest| rest.strip_prefix('='))
        };
        last = value.and_then(|value| T::from_str(value, false).ok()).or(last);
        value_follows = text == flag;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    /// As a shell splits them, with single quotes.
    fn shell_words(line: &str) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        for (index, part) in line.split('\'').enumerate() {
            if index % 2 == 1 {
                words.push(part.to_owned());
            } else {
                words.extend(part.split_whitespace().map(str::to_owned));
            }
        }
        words
    }

    #[test]
    fn every_example_can_be_typed() {
        let mut commands = vec![Cli::command()];
        let mut typed = 0;
        while let Some(command) = commands.pop() {
            commands.extend(command.get_subcommands().cloned());
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for line in help.lines().filter(|line| line.starts_with(&format!("  {NAME} "))) {
                let words = line.trim().split("  ").next().unwrap_or_default();
                let words = shell_words(words).into_iter();
                let words = words.take_while(|word| !["|", ">"].contains(&word.as_str()));
                Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}"));
                typed += 1;
            }
        }
        assert!(typed > 15, "{typed}");
    }

    #[test]
    fn the_color_of_a_bad_command_line_is_found() {
        let color =
            |text: &str| message_flags(&text.split(' ').map(OsString::from).collect::<Vec<_>>()).color;
        assert_eq!(color("fleet tsl --color=always"), Some(ColorChoice::Always));
        assert_eq!(color("fleet --color never tsl"), Some(ColorChoice::Never));
        assert_eq!(color("fleet tsl"), None);
        assert_eq!(color("fleet -- --color=always"), None);
    }
}
