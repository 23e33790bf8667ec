//! `deploy.toml` (feature `config`): deployments as people write them.
//!
//! ```toml
//! purlin = 1
//! name = "map 42"
//! select = "role=web"
//! rollout = { canary = { per = "site", count = 1 }, batches = ["25%", "rest"], by = "site", soak = "60s" }
//! source = { revision = "r4711", committed_at = "2026-11-22T09:30:00Z" }
//! [vars]
//! root = "/srv/map"
//! [[step]]
//! name = "conf"
//! kind = "file"
//! path = "{{ root }}/{{ host }}.conf"
//! content = "v1\n"
//! [[step]]
//! name = "reload"
//! kind = "command"
//! argv = ["systemctl", "reload", "map"]
//! always = "it reads its file anew"
//! on_change = ["conf"]
//! [[gate]]
//! checks = "checks.toml"
//! during = "60s"
//! after = "batch"
//! ```
//!
//! Every step has `name` and `kind`, and may have `after`, `on_change` (lists of steps), `run_once`, `barrier`, `retries` and
//! `timeout`. Kind `close` (`of`) is the place where the obligation of an earlier step is closed.

mod gates;
mod kinds;
mod ready;
mod rollout;
mod step;

pub use kinds::StepKinds;

use crate::{Deployment, Node, Origin, Rollout, Target, Variables};
use gates::Declared;
use purlin_config::{Document, Fields, Misread, Value};
use purlin_core::{Diagnostic, Diagnostics, Place, Result};
use purlin_health::config::CheckKinds;
use purlin_inventory::{Inventory, TransportKind};
use purlin_transport::Transport;
use std::sync::Arc;

/// What a `deploy.toml` says, with every fault that shows without an inventory found.
///
/// ```
/// use purlin_core::{Cx, Diagnostics};
/// use purlin_deploy::config::{DeployFile, StepKinds};
/// use purlin_health::config::CheckKinds;
/// use purlin_inventory::Inventory;
/// use purlin_transport::{Local, Transport};
/// use std::sync::Arc;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let text = "purlin = 1\nname = \"map\"\nselect = \"all\"\n[vars]\nroot = \"out\"\n[[step]]\nname = \"conf\"\n\
///             kind = \"file\"\npath = \"{{ root }}/{{ host }}.conf\"\ncontent = \"v1\\n\"\n";
/// let mut faults = Diagnostics::new();
/// let file = DeployFile::read("deploy.toml", text, &StepKinds::standard(), &mut faults).ok_or("faults")?;
///
/// let estate = Inventory::load(&Cx::background(), ["web01,web02,"]).await?;
/// let here = |_: &_| Ok(Arc::new(Local::new()) as Arc<dyn Transport>);
/// let deployment = file.deployment(&estate, &here, &CheckKinds::standard(), &mut faults).ok_or("faults")?;
/// assert_eq!((deployment.nodes.len(), deployment.targets.len()), (1, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct DeployFile {
    name: String,
    select: String,
    select_place: Place,
    rollout: Rollout,
    variables: Variables,
    origin: Origin,
    evidence: Option<String>,
    nodes: Vec<Node>,
    gates: Vec<Declared>,
}

impl DeployFile {
    /// Reads a text; `name` is the file as the user named it. All faults go to `faults`; none where there is an error
    /// among them.
    pub fn read(
        name: impl Into<String>,
        text: impl Into<String>,
        kinds: &StepKinds,
        faults: &mut Diagnostics,
    ) -> Option<Self> {
        let (name, text) = (name.into(), text.into());
        let mut own = Diagnostics::new();
        let origin = Origin { file: Some(name.clone()), text: Some(text.clone()), ..Origin::default() };
        let file = Document::new(name, text).walk(&mut own, |fields| Self::walk(fields, kinds, origin));
        let is_fine = !own.has_errors();
        faults.extend(own);
        file.flatten().filter(|_| is_fine)
    }

    fn walk(fields: &mut Fields<'_>, kinds: &StepKinds, origin: Origin) -> Option<Self> {
        if let Some(version) = fields.wanted("purlin") {
            version.number(1..=1);
        }
        let name = fields.wanted("name").and_then(|name| name.name());
        let select = fields.wanted("select");
        let rollout = fields.table("rollout", rollout::read).unwrap_or_else(Rollout::all);
        let variables = fields.named_values("vars", "write variables as [vars] with a line each").into_iter();
        let variables = variables.fold(Variables::new(), |all, (name, value)| match variable(&value) {
            Some(value) => all.with(name, &value),
            None => all,
        });
        let origin = fields.table("source", |source| sourced(source, origin.clone())).unwrap_or(origin);
        let evidence = fields.value("evidence").and_then(|folder| folder.name());
        let nodes = fields.tables("step", |fields| step::read(fields, kinds));
        if nodes.is_empty() {
            fields.reject("no-steps", "there are no steps", Some("write [[step]] with name and kind"));
        }
        let gates = fields.tables("gate", gates::read);
        let select_place = select.as_ref().map(Value::place)?;
        Some(Self {
            name: name?,
            select: select?.text()?.to_owned(),
            select_place,
            rollout,
            variables,
            origin,
            evidence,
            nodes: nodes.into_iter().flatten().collect(),
            gates: gates.into_iter().flatten().collect(),
        })
    }

    /// The deployment over an inventory, to the hosts that `select` finds. The files of its gates are read. Faults that only
    /// show here go to `faults`; none where there is an error among them.
    ///
    /// A host's own variables count before those of `[vars]`.
    pub fn deployment(
        &self,
        estate: &Inventory,
        transports: &dyn Fn(&TransportKind) -> Result<Arc<dyn Transport>>,
        checks: &CheckKinds,
        faults: &mut Diagnostics,
    ) -> Option<Deployment> {
        let mut own = Diagnostics::new();
        let mut deployment =
            Deployment::named(&self.name).rollout(self.rollout.clone()).origin(self.origin.clone());
        deployment.evidence.clone_from(&self.evidence);
        deployment.nodes.clone_from(&self.nodes);
        match estate.select(&self.select) {
            Ok(found) => {
                if found.is_empty() {
                    let message = format!("no host is {}", self.select);
                    own.push(Diagnostic::error("nobody-selected", message).place(self.select_place.clone()));
                }
                for host in found.iter() {
                    match Target::of(host, transports) {
                        Ok(mut target) => {
                            target.variables = target.variables.over(&self.variables);
                            deployment.targets.push(target);
                        }
                        Err(error) => {
                            let message = format!("the host {}: {error:#}", host.name());
                            own.push(Diagnostic::error("bad-host", message).place(self.select_place.clone()));
                        }
                    }
                }
            }
            Err(error) => {
                let fault = Diagnostic::error("bad-selector", error.message().to_owned());
                own.push(fault.place(self.select_place.clone()));
            }
        }
        deployment.gates = self.gates.iter().filter_map(|gate| gate.make(estate, checks, &mut own)).collect();
        let is_fine = !own.has_errors();
        faults.extend(own);
        is_fine.then_some(deployment)
    }
}

/// A text, a whole number, true or false.
fn variable(value: &Value<'_>) -> Option<serde_json::Value> {
    if value.is_integer() {
        return value.integer().map(Into::into);
    }
    if value.is_boolean() {
        return value.boolean().map(Into::into);
    }
    value.text().map(Into::into)
}

fn sourced(fields: &mut Fields<'_>, origin: Origin) -> Origin {
    let revision = fields.value("revision").and_then(|revision| revision.name());
    let committed_at = fields.value("committed_at").and_then(|at| {
        at.parsed(|text| {
            text.parse().map_err(|error: purlin_core::Error| Misread::new(error.message().to_owned()))
        })
    });
    Origin { revision, committed_at, ..origin }
}
