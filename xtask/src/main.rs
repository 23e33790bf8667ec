//! Developer commands of the purlin workspace: `cargo xtask test`, `cargo xtask tidy`, `cargo xtask bench`.
//!
//! Each check is a pure function over text (sources, `cargo metadata`, `cargo tree`, reports), so its unit tests
//! can show that it fails when it must. Running programs and printing happen in [`process`] and [`tell`] alone.

mod args;
mod bench;
mod fault;
mod invariants;
mod process;
mod proofs;
mod tell;
mod test;
mod tidy;
mod tree;
mod workspace;

use args::Command;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match args::parse(&arguments) {
        Ok(Command::Help) => {
            tell::answer(args::HELP);
            Ok(true)
        }
        Ok(Command::Test(options)) => test::run(options),
        Ok(Command::Tidy) => tidy::run(),
        Ok(Command::Bench { filter }) => bench::run(filter.as_deref()),
        Err(error) => {
            tell::note(&format!("{error}\n\n{}", args::HELP));
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            tell::note(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}
