//! Out of service while it is worked on, and back again.

mod commands;
mod haproxy;

pub use commands::BalancerCommands;
pub use haproxy::Haproxy;

use super::on_host::{failed, refused};
use crate::{Before, Definition, Effect, Finding, Outputs, Step, StepEnv, StepKind, Undo};
use async_trait::async_trait;
use purlin_core::{Cx, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// How often a balancer is looked at.
const EVERY: Duration = Duration::from_millis(250);

/// Something that sends clients to hosts, and can be told to leave one out.
#[async_trait]
pub trait Balancer: Send + Sync + fmt::Debug {
    /// What it is and whom it leaves out, with all its settings.
    ///
    /// # Errors
    /// Those of [`Definition::of`].
    fn definition(&self) -> Result<Definition>;

    /// What is left open until the host is back, such as "drained from the backend app".
    fn obligation(&self) -> String;

    /// How the host stands with it.
    ///
    /// # Errors
    /// What keeps it from being seen; a host that it does not know is one.
    async fn look(&self, cx: &Cx, env: &StepEnv) -> Result<Member>;

    /// Leaves the host out for new clients.
    ///
    /// # Errors
    /// Why it does not.
    async fn drain(&self, cx: &Cx, env: &StepEnv) -> Result<()>;

    /// Sends clients to it again.
    ///
    /// # Errors
    /// Why it does not.
    async fn restore(&self, cx: &Cx, env: &StepEnv) -> Result<()>;
}

/// How a host stands with a [`Balancer`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Member {
    /// Whether it is left out.
    pub is_out: bool,
    /// Whether clients are sent to it.
    pub serves: bool,
    /// How many others clients are sent to; none where that cannot be seen.
    pub others: Option<usize>,
    /// How many clients it has; none where that cannot be seen.
    pub sessions: Option<u64>,
}

impl Member {
    /// One that clients are sent to.
    pub fn serving() -> Self {
        Self { is_out: false, serves: true, others: None, sessions: None }
    }

    /// One that is left out.
    pub fn out() -> Self {
        Self { is_out: true, serves: false, ..Self::serving() }
    }

    /// One that is not left out, and that nobody is sent to nevertheless: the balancer takes it for ill.
    pub fn down() -> Self {
        Self { serves: false, ..Self::serving() }
    }

    /// How many others serve.
    #[must_use]
    pub fn others(mut self, others: usize) -> Self {
        self.others = Some(others);
        self
    }

    /// How many clients it has.
    #[must_use]
    pub fn sessions(mut self, sessions: u64) -> Self {
        self.sessions = Some(sessions);
        self
    }

    fn is_last(&self) -> bool {
        self.serves && self.others == Some(0)
    }
}

/// Takes the host out of service at its balancer, and has it back in any case. Kind `drain`, idempotent, and an
/// obligation: undoing brings it back, at the step that closes it, after a failure, an abort and a crash.
///
/// It is proven by looking again: that the host is left out, and that its last clients have gone. The last member that
/// serves is not drained, unless that is [allowed](Self::allow_last). Hosts of one step are drained one after the other,
/// so that two of them cannot both be the last but one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Drain {
    balancer: Arc<dyn Balancer>,
    sessions_within: Option<Duration>,
    back_within: Duration,
    allow_last: Option<String>,
    turn: Arc<Mutex<()>>,
}

/// How it was.
#[derive(Debug, Serialize, Deserialize)]
struct Old {
    served: bool,
}

impl Drain {
    /// At that balancer.
    pub fn at(balancer: impl Balancer + 'static) -> Self {
        Self {
            balancer: Arc::new(balancer),
            sessions_within: Some(Duration::from_secs(60)),
            back_within: Duration::from_secs(60),
            allow_last: None,
            turn: Arc::default(),
        }
    }

    /// How long the last clients may take to go, where the balancer counts them; 60 s unless set. The step fails then.
    #[must_use]
    pub fn sessions_within(mut self, time: Duration) -> Self {
        self.sessions_within = Some(time);
        self
    }

    /// Does not wait for the last clients: they are cut off by what comes next.
    #[must_use]
    pub fn cut_sessions(mut self) -> Self {
        self.sessions_within = None;
        self
    }

    /// How long the balancer may take to send clients again to a host that served before; 60 s unless set.
    #[must_use]
    pub fn back_within(mut self, time: Duration) -> Self {
        self.back_within = time;
        self
    }

    /// Drains the last member too: nobody is served then, for that reason.
    #[must_use]
    pub fn allow_last(mut self, reason: impl Into<String>) -> Self {
        self.allow_last = Some(reason.into());
        self
    }

    fn why_not(&self, member: &Member) -> Option<String> {
        let refuses = member.is_last() && self.allow_last.is_none();
        refuses.then(|| format!("no other member serves: {} would serve nobody", self.balancer.obligation()))
    }
}

#[async_trait]
impl Step for Drain {
    fn kind(&self) -> StepKind {
        "drain".into()
    }

    fn effect(&self) -> Effect {
        Effect::Idempotent
    }

    fn definition(&self) -> Result<Definition> {
        #[derive(Serialize)]
        struct Shown<'a> {
            balancer: Definition,
            sessions_within: Option<String>,
            back_within: String,
            allow_last: Option<&'a String>,
        }
        let text = purlin_core::units::duration::format;
        Definition::of(&Shown {
            balancer: self.balancer.definition()?,
            sessions_within: self.sessions_within.map(text),
            back_within: text(self.back_within),
            allow_last: self.allow_last.as_ref(),
        })
    }

    fn obligation(&self) -> Option<String> {
        Some(self.balancer.obligation())
    }

    async fn check(&self, cx: &Cx, env: &StepEnv) -> Result<Finding> {
        let member = self.balancer.look(cx, env).await?;
        if member.is_out {
            return Ok(Finding::NoChange);
        }
        if let Some(why) = self.why_not(&member) {
            return Ok(Finding::blocked(why));
        }
        let diff = format!("{}\n", env.text(&self.balancer.obligation())?);
        Ok(Finding::change(diff, Before::of(&Old { served: member.serves })?))
    }

    async fn apply(&self, cx: &Cx, env: &StepEnv, _: &Finding) -> Result<Outputs> {
        let _turn = cx.run("deploy.drain", async { Ok(self.turn.lock().await) }).await?;
        if let Some(why) = self.why_not(&self.balancer.look(cx, env).await?) {
            return Err(refused(ErrorKind::Conflict, why));
        }
        self.balancer.drain(cx, env).await?;
        // Somebody else may have taken the last other one out in the meantime.
        let member = self.balancer.look(cx, env).await?;
        if member.others == Some(0) && self.allow_last.is_none() {
            self.balancer.restore(cx, env).await?;
            return Err(failed(
                "the last other member went out of service at the same moment: it serves again",
            ));
        }
        Ok(Outputs::new())
    }

    async fn verify(&self, cx: &Cx, env: &StepEnv, _: &Outputs) -> Result<()> {
        let until = cx.now().saturating_add(self.sessions_within.unwrap_or_default());
        loop {
            let member = self.balancer.look(cx, env).await?;
            if !member.is_out {
                return Err(failed("it was drained, and the balancer sends clients to it"));
            }
            let left = member.sessions.filter(|left| *left > 0);
            let (Some(left), Some(within)) = (left, self.sessions_within) else { return Ok(()) };
            if cx.now() >= until {
                return Err(failed(format!("{left} clients are still there after {within:?}")));
            }
            cx.sleep(EVERY).await?;
        }
    }

    async fn undo(&self, cx: &Cx, env: &StepEnv, before: &Before) -> Result<Undo> {
        let old: Old = before.read()?;
        let member = self.balancer.look(cx, env).await?;
        let was_out = member.is_out;
        if was_out {
            self.balancer.restore(cx, env).await?;
        }
        let until = cx.now().saturating_add(self.back_within);
        loop {
            let member = self.balancer.look(cx, env).await?;
            if !member.is_out && (member.serves || !old.served) {
                return Ok(if was_out { Undo::Undone } else { Undo::NotNeeded });
            }
            if member.is_out {
                return Err(failed("it was brought back, and the balancer leaves it out"));
            }
            if cx.now() >= until {
                let message = format!(
                    "it was brought back, and the balancer takes it for down after {:?}",
                    self.back_within
                );
                return Err(failed(message));
            }
            cx.sleep(EVERY).await?;
        }
    }
}
