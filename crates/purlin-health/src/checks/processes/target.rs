//! The processes of a target, as its shell shows them.

use super::table::{Process, parse, user_in};
use super::{Processes, evidence};
use crate::{CheckOutcome, OnTarget, TargetAnswer, TargetQuestion};
use purlin_core::{Error, ErrorKind, Result};
use std::collections::HashMap;

/// Five parts with a NUL behind each of the first four: the size of a page, the users, who each process belongs to, what
/// the kernel says of each, and where it is asked for their command lines. Processes that end meanwhile are left out.
///
/// `tail` writes the name of a file before its content, and is one process for all of them.
const ASK: &str = "export LC_ALL=C
cd /proc || exit 1
getconf PAGESIZE || echo 4096
printf '\\0'
cat /etc/passwd
printf '\\0'
stat -c '%n %u' [0-9]* 2>/dev/null
printf '\\0'
tail -n +1 [0-9]*/stat 2>/dev/null
printf '\\0'
if [ \"$1\" = lines ]; then tail -n +1 [0-9]*/cmdline 2>/dev/null; fi
exit 0";

impl OnTarget for Processes {
    fn question(&self) -> TargetQuestion {
        // Only where it is needed: the kernel may hold whoever reads the command line of a process that is stuck.
        TargetQuestion::new(ASK).arg(if self.argument.is_some() { "lines" } else { "" })
    }

    fn judge(&self, answer: &TargetAnswer) -> CheckOutcome {
        if answer.code != 0 {
            let error = Error::new(ErrorKind::Unsupported, answer.complaint());
            return CheckOutcome::Prober(error.with_operation("process.list"));
        }
        match self.count_in(&answer.text()) {
            Ok(found) => CheckOutcome::Answered(evidence(self, found).phases(answer.phases())),
            Err(error) => CheckOutcome::Prober(error),
        }
    }
}

impl Processes {
    fn count_in(&self, text: &str) -> Result<(u32, u64)> {
        let mut parts = text.splitn(5, '\0');
        let mut next = || parts.next().unwrap_or_default();
        let (page, users, owners, stats, lines) = (next(), next(), next(), next(), next());
        let unreadable = |what: &str| {
            let message = format!("the target does not tell {what}");
            Error::new(ErrorKind::Unsupported, message).with_operation("process.list")
        };
        let page = page.trim().parse().map_err(|_| unreadable("the size of a page"))?;
        let user = self.user.as_deref().map(|name| user_in(name, users)).transpose()?;
        let owners = owners.lines().filter_map(|line| line.split_once(' '));
        let owners: HashMap<&str, u32> =
            owners.filter_map(|(id, user)| Some((id, user.trim().parse().ok()?))).collect();
        let lines: HashMap<&str, &str> = files(lines, "/cmdline").into_iter().collect();
        let process = |(id, stat): (&str, &str)| -> Option<Process> {
            let mut process = parse(stat.trim_end(), page)?;
            process.user = *owners.get(id)?;
            process.line = lines.get(id).map(|line| line.trim_matches(['\0', '\n']).replace('\0', " "));
            Some(process)
        };
        let all: Vec<Process> = files(stats, "/stat").into_iter().filter_map(process).collect();
        if all.is_empty() {
            return Err(unreadable("its processes"));
        }
        let fitting = all.iter().filter(|process| self.fits(process, user));
        Ok(fitting.fold((0, 0), |(count, memory), it| (count + 1, it.memory.saturating_add(memory))))
    }
}

/// The files of one `tail`, by the folder that they are in: `==> 4711/stat <==`, a line break, the content.
fn files<'t>(text: &'t str, name: &str) -> Vec<(&'t str, &'t str)> {
    let end = format!("{name} <==");
    text.split("==> ")
        .filter_map(|part| {
            let (head, content) = part.split_once('\n')?;
            let id = head.strip_suffix(&end)?;
            id.bytes().all(|byte| byte.is_ascii_digit()).then_some((id, content))
        })
        .collect()
}
