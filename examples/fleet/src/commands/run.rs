//! `fleet run`

mod answer;

use super::remote::{Groups, Line, Outcome, Round, State, Targets, Visit, folded, hosts};
use crate::cli::examples;
use crate::config::{Config, Layer};
use crate::consent::{Consent, Plan};
use crate::exit::Exit;
use crate::output::{Flow, Ui};
use crate::runtime::Runtime;
use answer::{Ran, Same};
use clap::Args;
use purlin::core::units;
use purlin::transport::{Command, Output, Reach, SessionExt, quote};
use purlin::{Error, ErrorKind, Result};

pub(super) use answer::schema;

/// Up to so many hosts nobody is asked.
const FEW: usize = 10;

/// Run a command on hosts, many at once, and show what is the same once
///
/// The command is a program and its arguments; no shell reads them on the host, unless you name one: sh -c '…'. It has
/// nothing to read. Exit codes: 1 where it failed somewhere, 3 where a host was not reached, 4 where a link broke
/// meanwhile, so that nobody knows.
#[derive(Debug, Args)]
#[command(after_help = examples(&[
    ("run -i hosts.ini web -- uptime", "on the hosts of a pattern"),
    ("run --select role=web --become -- systemctl restart map", "as root, on those of a selector"),
    ("run web --forks 1 --stop-after 1 -- ./upgrade", "one after the other, up to the first that fails"),
    ("run all --yes --json -- uname -r", "a line of JSON for each host"),
]))]
pub(crate) struct Run {
    #[command(flatten)]
    targets: Targets,
    /// The hosts: an Ansible pattern, such as web or 'web:&prod:!web07'
    #[arg(value_name = "PATTERN", required_unless_present = "select")]
    pattern: Option<String>,
    /// Begin on no other host once it has failed on so many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    stop_after: Option<u16>,
    /// So much of each output is kept, with a unit; what comes after is counted
    #[arg(long, value_name = "SIZE", default_value = "1MiB", value_parser = size)]
    keep: u64,
    #[command(flatten)]
    consent: Consent,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "ARGV")]
    argv: Vec<String>,
}

fn size(text: &str) -> Result<u64, String> {
    units::size::parse(text).map_err(|error| error.message().to_owned())
}

impl Run {
    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        self.targets.layer()
    }

    pub(super) fn run(&self, ui: &Ui, config: &Config, runtime: &Runtime) -> Result<Exit> {
        let command = self.command()?;
        let found = match self.targets.find(self.pattern.as_deref(), ui, config, runtime)? {
            Ok(found) => found.hosts,
            Err(exit) => return Ok(exit),
        };
        if self.consent.dry_run {
            return self.rehearse(ui, &found);
        }
        if (found.len() > FEW || config.protected.value || self.consent.is_given())
            && let Err(exit) = self.consent.given(ui, config, runtime, &self.plan(&found))?
        {
            return Ok(exit);
        }
        let ways = self.targets.login.ways(runtime)?;
        let round = Round::new(&self.targets, found, ways, move |visit| run(visit, command.clone()));
        let stop_after = self.stop_after.map(usize::from);
        let (reports, flow) = round.stop_after(stop_after).run(ui, runtime, line)?;
        Ok(reports.close(ui, flow, |page| {
            let done =
                reports.outcomes.iter().filter_map(|it| it.result.as_ref().ok().map(|out| (&it.host, out)));
            let groups: Groups<Same> = done.map(|(host, output)| (Same::of(output), host.clone())).collect();
            groups.0.iter().for_each(|(same, hosts)| same.show(page, hosts));
        }))
    }

    fn command(&self) -> Result<Command> {
        let (program, arguments) =
            self.argv.split_first().ok_or_else(|| Error::new(ErrorKind::Invalid, "no command"))?;
        let command = Command::new(program).args(arguments).keep(self.keep);
        command.check().map(|()| command)
    }

    fn written(&self) -> String {
        self.argv.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
    }

    fn plan(&self, found: &[Reach]) -> Plan {
        let names: Vec<String> = found.iter().map(|reach| reach.host.name.clone()).collect();
        Plan { target: format!("{}: {}", hosts(names.len()), folded(&names)), steps: vec![self.written()] }
    }

    fn rehearse(&self, ui: &Ui, found: &[Reach]) -> Result<Exit> {
        if ui.is_json() {
            let mut flow = Flow::default();
            for reach in found {
                flow.append(&Line::<Ran>::new(answer::FORMAT, &reach.host.name, State::Would).text()?);
            }
            return Ok(ui.flowed(flow, Exit::Fine));
        }
        let mut page = ui.page();
        let plan = self.plan(found);
        page.line(&format!("would run on {}; nothing was run", plan.target));
        plan.steps.iter().for_each(|step| page.line(&format!("  {step}")));
        Ok(ui.text(&page.into_text(), Exit::Fine))
    }
}

async fn run(visit: Visit, command: Command) -> Result<Output> {
    let command = match &visit.reach.elevation {
        Some(elevation) => command.elevated(elevation.clone()),
        None => command,
    };
    visit.session.run(&visit.cx, &command).await
}

fn line(outcome: &Outcome<Output>) -> Result<Vec<u8>> {
    let line = Line::new(answer::FORMAT, &outcome.host, outcome.state()).took(outcome.took);
    match &outcome.result {
        Ok(output) => line.found(Ran::of(output)).text(),
        Err(failure) => line.failed(failure).text(),
    }
}
