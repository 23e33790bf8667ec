//! Whether the processes run that should.

mod table;
mod target;

pub use table::ProcessTable;

use crate::{
    Check, CheckKind, CheckOutcome, Evidence, Measurement, OnTarget, Phase, Phases, Range, Status, Unit,
};
use async_trait::async_trait;
use purlin_core::{Cx, Result};
use table::Process;

/// What a process does, as `/proc/PID/stat` has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProcessState {
    /// On a CPU, or about to be (`R`).
    Running,
    /// Waiting for something (`S`, and `I` for idle threads of the kernel).
    Sleeping,
    /// Waiting in the kernel where no signal reaches it, as on a dead disk or mount (`D`).
    Stuck,
    /// Stopped by a signal or a debugger (`T`, `t`).
    Stopped,
    /// Ended, and not yet fetched by its parent (`Z`).
    Zombie,
}

impl ProcessState {
    const fn is(self, letter: char) -> bool {
        match self {
            Self::Running => letter == 'R',
            Self::Sleeping => matches!(letter, 'S' | 'I'),
            Self::Stuck => letter == 'D',
            Self::Stopped => matches!(letter, 'T' | 't'),
            Self::Zombie => letter == 'Z',
        }
    }
}

/// How many processes of some sort run, and how much memory they take.
///
/// Kind `processes`. Measures `processes`, with at least one expected unless [`count`](Self::count) says otherwise, and
/// `memory`, the resident bytes of all of them; what they share is counted for each.
///
/// All such checks of a moment share one look at all processes: see [`ProcessTable`].
///
/// ```
/// use purlin_core::Cx;
/// use purlin_health::checks::{ProcessState, ProcessTable, Processes};
/// use purlin_health::{Check, Range, as_plugin};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let table = ProcessTable::new();
/// let tomcat = Processes::of(&table).name("java").argument("-Dcatalina.base=/srv/map").user("tomcat");
/// let stuck = Processes::of(&table).state(ProcessState::Stuck).count(Range::up_to(1000.0));
///
/// assert_eq!(as_plugin(&stuck.run(&Cx::background()).await, &[]).0, 0);
/// # let _ = tomcat;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Processes {
    table: ProcessTable,
    name: Option<String>,
    argument: Option<String>,
    user: Option<String>,
    state: Option<ProcessState>,
    count: Range,
}

impl Processes {
    /// All processes of this table, until the other calls say which.
    pub fn of(table: &ProcessTable) -> Self {
        Self {
            table: table.clone(),
            name: None,
            argument: None,
            user: None,
            state: None,
            count: Range::at_least(1.0),
        }
    }

    /// Only those with this name: that of the program's file, of which the kernel keeps 15 bytes.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Only those with this text in their command line, words joined by spaces.
    #[must_use]
    pub fn argument(mut self, text: impl Into<String>) -> Self {
        self.table.want_lines();
        self.argument = Some(text.into());
        self
    }

    /// Only those of this user, by a name in `/etc/passwd` or by number.
    #[must_use]
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = Some(user.into());
        self
    }

    /// Only those that do this.
    #[must_use]
    pub fn state(mut self, state: ProcessState) -> Self {
        self.state = Some(state);
        self
    }

    /// Sets how many there should be; anything else is critical. Default: at least one.
    #[must_use]
    pub fn count(mut self, range: Range) -> Self {
        self.count = range;
        self
    }

    fn fits(&self, process: &Process, user: Option<u32>) -> bool {
        // What the kernel has cut is compared with as much of the name.
        let is_named = |name: &str| {
            let cut = process.name.len() == 15 && name.starts_with(&process.name);
            process.name == name || cut
        };
        self.name.as_deref().is_none_or(is_named)
            && user.is_none_or(|user| process.user == user)
            && self.state.is_none_or(|state| state.is(process.state))
            && self
                .argument
                .as_deref()
                .is_none_or(|text| process.line.as_deref().is_some_and(|line| line.contains(text)))
    }

    /// As words for the line.
    fn sort(&self) -> String {
        let mut words = vec!["processes".to_owned()];
        words.extend(self.name.as_ref().map(|name| format!("named {name}")));
        words.extend(self.argument.as_ref().map(|text| format!("with {text}")));
        words.extend(self.user.as_ref().map(|user| format!("of {user}")));
        words.extend(self.state.map(|state| format!("that are {}", format!("{state:?}").to_lowercase())));
        words.join(" ")
    }

    async fn find(&self, cx: &Cx) -> Result<(u32, u64)> {
        let user = self.user.as_deref().map(|user| self.table.user(user)).transpose()?;
        let all = self.table.look(cx).await?;
        let fitting = all.iter().filter(|process| self.fits(process, user));
        Ok(fitting.fold((0, 0), |(count, memory), it| (count + 1, it.memory.saturating_add(memory))))
    }
}

#[async_trait]
impl Check for Processes {
    fn kind(&self) -> CheckKind {
        CheckKind::from("processes")
    }

    fn on_target(&self) -> Option<&dyn OnTarget> {
        Some(self)
    }

    async fn run(&self, cx: &Cx) -> CheckOutcome {
        let begun = cx.now();
        let found = match self.find(cx).await {
            Ok(found) => found,
            Err(error) => return CheckOutcome::Prober(error),
        };
        let mut phases = Phases::default();
        phases.push(Phase::Execute, cx.now().since(begun));
        CheckOutcome::Answered(evidence(self, found).phases(phases))
    }
}

/// Of so many processes that fit, with so many bytes.
fn evidence(check: &Processes, (count, memory): (u32, u64)) -> Evidence {
    #[expect(clippy::cast_precision_loss, reason = "sizes beyond 2^53 bytes may lose their last digits")]
    let memory = Measurement::new("memory", memory as f64, Unit::Bytes);
    let found = Measurement::new("processes", f64::from(count), Unit::None).critical(check.count);
    let evidence = Evidence::new(Status::Ok, format!("{count} {}", check.sort()));
    evidence.measured(found).measured(memory)
}

#[cfg(test)]
mod tests;
