//! A plan as a page that people can follow.

use super::{Plan, PlannedHost, PlannedStep};
use crate::{After, Amount, Promotion, Rollback};
use purlin_core::units::duration;
use std::fmt::{self, Write};

impl Plan {
    /// The plan as Markdown that a support engineer can follow: what is done where and in which order, what is looked at in
    /// between, what happens when it fails, from where on there is no way back, and whom to call.
    pub fn runbook(&self) -> String {
        let mut page = String::new();
        // Writing to a String cannot fail.
        let _ = self.write_runbook(&mut page);
        page
    }

    fn write_runbook(&self, page: &mut String) -> fmt::Result {
        writeln!(page, "# {}\n", line(&self.name))?;
        writeln!(page, "Plan `{}` of {}.", self.id, self.made_at)?;
        if let Some(revision) = &self.origin.revision {
            writeln!(page, "Revision {}.", line(revision))?;
        }
        for warning in &self.warnings {
            writeln!(page, "\n> **Mind:** {}", line(warning))?;
        }
        writeln!(page, "\n## Steps on each host\n")?;
        for (number, step) in self.steps.iter().enumerate() {
            writeln!(page, "{}. {}", number + 1, described(step))?;
        }
        self.write_batches(page)?;
        self.write_failure(page)?;
        writeln!(page, "\n## What changes where")?;
        for host in &self.hosts {
            write_host(page, host)?;
        }
        Ok(())
    }

    fn write_batches(&self, page: &mut String) -> fmt::Result {
        writeln!(page, "\n## Order of hosts\n")?;
        let rollout = &self.rollout;
        for (number, batch) in self.batches.iter().enumerate() {
            let names: Vec<_> = batch.iter().map(|host| format!("`{host}`")).collect();
            let canary = if number == 0 && rollout.canary.is_some() { " (canary)" } else { "" };
            writeln!(page, "{}. batch{canary}: {}", number + 1, names.join(", "))?;
            for gate in self.gates.iter().filter(|gate| gate.after == After::Batch) {
                writeln!(page, "   - then the gate {} must pass", line(&gate.name))?;
            }
            if number + 1 < self.batches.len() {
                if !rollout.soak.is_zero() {
                    writeln!(page, "   - then it is left alone for {}", duration::format(rollout.soak))?;
                }
                if number == 0 && rollout.canary.is_some() && rollout.promotion == Promotion::Person {
                    writeln!(page, "   - then a person lets it go on")?;
                }
            }
        }
        for gate in self.gates.iter().filter(|gate| gate.after == After::Run) {
            writeln!(page, "\nAt the end the gate {} must pass.", line(&gate.name))?;
        }
        if let Some(amount) = rollout.max_unavailable {
            writeln!(
                page,
                "\nNo more than {} of the hosts are out of service at once.",
                amount_text(amount)
            )?;
        }
        Ok(())
    }

    fn write_failure(&self, page: &mut String) -> fmt::Result {
        let back = match self.rollout.rollback {
            Rollback::None => "nothing goes back; what is open is closed, and a person looks",
            Rollback::Host => "the hosts that failed go back, and the run stops",
            Rollback::Batch => "all hosts of the batch go back",
            Rollback::Run => "all hosts of the run go back",
        };
        writeln!(page, "\n## When it fails\n\nThen {back}: the steps are undone, the last one first.\n")?;
        for step in &self.steps {
            if let Some(why) = &step.irreversible {
                writeln!(page, "- Step `{}` cannot be undone: {}", step.id, line(why))?;
            }
            if let Some(obligation) = &step.obligation {
                writeln!(
                    page,
                    "- Step `{}` must be closed again whatever happens: {}",
                    step.id,
                    line(obligation)
                )?;
            }
        }
        Ok(())
    }
}

fn described(step: &PlannedStep) -> String {
    let mut text = match &step.closes {
        Some(closed) => format!("`{}`: close what `{closed}` left open", step.id),
        None => format!("`{}`: {} ({})", step.id, step.kind, step.effect),
    };
    if step.once {
        text.push_str(", by one host for all");
    }
    if step.barrier {
        text.push_str(", when all hosts of the batch have come this far");
    }
    if !step.on_change.is_empty() {
        let names: Vec<_> = step.on_change.iter().map(|step| format!("`{step}`")).collect();
        text.push_str(&format!(", only where {} changed something", names.join(" or ")));
    }
    text
}

fn write_host(page: &mut String, host: &PlannedHost) -> fmt::Result {
    writeln!(page, "\n### {}\n", host.name)?;
    writeln!(page, "- address: `{}`", host.address)?;
    writeln!(page, "- release now: {}", host.release.as_deref().map_or("not known".to_owned(), line))?;
    if host.release.is_some() {
        let no_target = || "no target: no gate is known to have let it pass".to_owned();
        writeln!(page, "- a rollback goes to: {}", host.back_to.as_deref().map_or_else(no_target, line))?;
    }
    for (kind, name) in &host.domains {
        writeln!(page, "- {kind}: {}", line(name))?;
    }
    if let Some(owner) = &host.owner {
        writeln!(page, "- owner: {}", line(owner))?;
    }
    for contact in &host.contacts {
        writeln!(page, "- call: {}", line(contact))?;
    }
    for found in &host.findings {
        writeln!(page, "- `{}`: {}", found.step, found.finding)?;
        let fence = "`".repeat(longest_run(&found.text).max(2) + 1);
        if !found.text.is_empty() {
            writeln!(page, "\n  {fence}")?;
            found.text.lines().try_for_each(|text| writeln!(page, "  {text}"))?;
            writeln!(page, "  {fence}\n")?;
        }
    }
    Ok(())
}

/// How many backticks follow each other at the most: a fence has more.
fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default()
}

/// On one line, with nothing in it that Markdown reads.
fn line(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' => plain.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' => plain.extend(['\\', letter]),
            letter => plain.push(letter),
        }
    }
    plain
}

fn amount_text(amount: Amount) -> String {
    match amount {
        Amount::Count(count) => count.to_string(),
        Amount::Percent(percent) => format!("{percent} %"),
        Amount::Rest => "all".to_owned(),
    }
}
