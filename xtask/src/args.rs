//! The command line.

/// What `cargo xtask help` prints.
pub(crate) const HELP: &str = "\
Developer commands of the purlin workspace.

Usage: cargo xtask COMMAND

  test [--long] [--json]   install what is missing, then run every check and every test
                             --long  all counts that the proofs name (kill storms, leak runs)
                             --json  one JSON document on standard output, all else on standard error
  tidy                     rules of the tree alone: lengths, required files, dependencies, proofs, bench goals
  bench [FILTER]           run the benches, then write docs/benchmarks.json and docs/benchmarks.md
  help                     this text

Exit codes: 0 all is well, 1 a check failed, 2 wrong usage.";

/// How `cargo xtask test` runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TestOptions {
    /// Tests run with the counts that the proofs name instead of the short ones.
    pub(crate) long: bool,
    /// One JSON document on standard output instead of the table.
    pub(crate) json: bool,
}

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Test(TestOptions),
    Tidy,
    Bench { filter: Option<String> },
}

/// Reads the arguments after the program's name; the error says what is wrong with them.
pub(crate) fn parse(arguments: &[String]) -> Result<Command, String> {
    let (command, rest) = arguments.split_first().ok_or("no command given")?;
    match command.as_str() {
        "help" | "--help" | "-h" => Ok(Command::Help),
        "test" => test_options(rest),
        "tidy" => match rest {
            [] => Ok(Command::Tidy),
            [other, ..] => Err(format!("tidy takes no argument, found `{other}`")),
        },
        "bench" => match rest {
            [] => Ok(Command::Bench { filter: None }),
            [filter] if !filter.starts_with('-') => Ok(Command::Bench { filter: Some(filter.clone()) }),
            _ => Err("bench takes at most one filter".into()),
        },
        other => Err(format!("unknown command `{other}`")),
    }
}

fn test_options(rest: &[String]) -> Result<Command, String> {
    let mut options = TestOptions::default();
    for argument in rest {
        match argument.as_str() {
            "--long" => options.long = true,
            "--json" => options.json = true,
            "--help" | "-h" => return Ok(Command::Help),
            other => return Err(format!("test does not know `{other}`")),
        }
    }
    Ok(Command::Test(options))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command, String> {
        parse(&line.split_whitespace().map(String::from).collect::<Vec<_>>())
    }

    #[test]
    fn commands_are_understood() {
        assert_eq!(parsed("test --json --long"), Ok(Command::Test(TestOptions { long: true, json: true })));
        assert_eq!(parsed("test"), Ok(Command::Test(TestOptions::default())));
        assert_eq!(parsed("tidy"), Ok(Command::Tidy));
        assert_eq!(parsed("bench core"), Ok(Command::Bench { filter: Some("core".into()) }));
        assert_eq!(parsed("--help"), Ok(Command::Help));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in ["", "tests", "test --fast", "tidy now", "bench a b", "bench --quick"] {
            assert!(parsed(line).is_err(), "{line:?} was accepted");
        }
    }
}
