//! A balancer that is told by commands.

use super::super::via::{Via, words};
use super::{Balancer, Member};
use crate::{Definition, StepEnv};
use async_trait::async_trait;
use purlin_core::{Cx, Result};
use purlin_transport::{Host, Transport};
use serde::Serialize;
use std::sync::Arc;

/// A balancer that is told by commands: one that drains, one that brings back, and one that succeeds while the host is left
/// out. They run on the host, or [elsewhere](Self::on).
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct BalancerCommands {
    drain: Vec<String>,
    restore: Vec<String>,
    is_out: Vec<String>,
    #[serde(skip_serializing_if = "Via::is_here")]
    on: Via,
}

impl BalancerCommands {
    /// These commands.
    pub fn new(
        drain: impl IntoIterator<Item = impl Into<String>>,
        restore: impl IntoIterator<Item = impl Into<String>>,
        is_out: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self { drain: words(drain), restore: words(restore), is_out: words(is_out), on: Via::default() }
    }

    /// On another host, such as the balancer's.
    #[must_use]
    pub fn on(mut self, transport: Arc<dyn Transport>, host: Host) -> Self {
        self.on = Via::host(transport, host);
        self
    }
}

#[async_trait]
impl Balancer for BalancerCommands {
    fn definition(&self) -> Result<Definition> {
        Definition::of(self)
    }

    fn obligation(&self) -> String {
        format!("out of service by {}", self.drain.join(" "))
    }

    async fn look(&self, cx: &Cx, env: &StepEnv) -> Result<Member> {
        let output = self.on.words(cx, env, &self.is_out).await?;
        Ok(if output.is_success() { Member::out() } else { Member::serving() })
    }

    async fn drain(&self, cx: &Cx, env: &StepEnv) -> Result<()> {
        self.on.done(cx, env, &self.drain).await
    }

    async fn restore(&self, cx: &Cx, env: &StepEnv) -> Result<()> {
        self.on.done(cx, env, &self.restore).await
    }
}
