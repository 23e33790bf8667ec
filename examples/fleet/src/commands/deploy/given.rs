//! What is deployed, and how one gets to the hosts.

use crate::commands::inventory::sources::{Estate, Sources};
use crate::commands::remote::{Login, Ways};
use crate::commands::{check, db};
use crate::config::{Config, Layer};
use clap::Args;
use purlin::core::Diagnostics;
use purlin::deploy::config::{DeployFile, StepKinds};
use purlin::deploy::{Deployment, Plan};
use purlin::{Cx, Result};

#[derive(Debug, Args)]
pub(super) struct Given {
    #[command(flatten)]
    sources: Sources,
    #[command(flatten)]
    pub(super) login: Login,
}

impl Given {
    /// The settings among the flags.
    pub(super) fn layer(&self) -> Layer {
        self.sources.layer()
    }

    /// The deployment of a text, over the hosts of the sources; and what is odd about it.
    ///
    /// # Errors
    /// [`Invalid`](purlin::ErrorKind::Invalid) with every fault; those of the sources.
    pub(super) async fn deployment(
        &self,
        cx: &Cx,
        config: &Config,
        ways: &Ways,
        (name, text): (&str, &str),
    ) -> Result<(Deployment, Diagnostics)> {
        self.assembled(cx, config, ways, (name, text), &self.sources).await
    }

    /// The deployment that a plan was made of, over the same sources where no flag names others.
    ///
    /// # Errors
    /// Those of [`deployment`](Self::deployment); [`Invalid`](purlin::ErrorKind::Invalid) for a plan without its text.
    pub(super) async fn deployment_of(
        &self,
        cx: &Cx,
        config: &Config,
        ways: &Ways,
        plan: &Plan,
    ) -> Result<(Deployment, Diagnostics)> {
        let text = plan.origin.text.as_deref().ok_or_else(|| {
            super::unusable(format!("the plan {} was made by a program, which has to apply it", plan.id))
        })?;
        let name = plan.origin.file.as_deref().unwrap_or("deploy.toml");
        self.assembled(cx, config, ways, (name, text), &self.sources.kept(&plan.origin.inventory)).await
    }

    async fn assembled(
        &self,
        cx: &Cx,
        config: &Config,
        ways: &Ways,
        (name, text): (&str, &str),
        sources: &Sources,
    ) -> Result<(Deployment, Diagnostics)> {
        let opener = db::Opener::new(config);
        let steps = StepKinds::standard().databases(move |named| opener.open(named, None));
        let mut faults = Diagnostics::new();
        let Some(file) = DeployFile::read(name, text, &steps, &mut faults) else {
            return Err(failed(faults));
        };
        let Estate { inventory, warnings, names, .. } = sources.read(cx, config).await?;
        faults.extend(warnings);
        let transports = |kind: &_| ways.transport(kind);
        let made = file.deployment(&inventory, &transports, &check::kinds(config), &mut faults);
        let Some(mut deployment) = made else {
            return Err(failed(faults));
        };
        for target in &mut deployment.targets {
            target.elevation = self.login.elevated(target.elevation.take())?;
        }
        deployment.evidence = deployment.evidence.or_else(|| config.evidence_dir.value.clone());
        deployment.origin.inventory = names;
        Ok((deployment, faults.into_result("deploy.load")?))
    }
}

/// There is no deployment only where there is an error.
fn failed(faults: Diagnostics) -> purlin::Error {
    match faults.into_result("deploy.load") {
        Err(error) => error,
        Ok(_) => super::unusable("the deployment cannot be read"),
    }
}
