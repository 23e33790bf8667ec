//! Where a deployment goes.

use crate::{HostName, Variables};
use purlin_core::Result;
use purlin_inventory::TransportKind;
use purlin_transport::{Become, Host, Reach, Transport};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A host that is deployed to, and how it is reached.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Target {
    /// Its name.
    pub name: HostName,
    /// What its transport is asked for.
    pub host: Host,
    /// How it is reached.
    pub transport: Arc<dyn Transport>,
    /// As whom steps run there, where that is not the one who logs in.
    pub elevation: Option<Become>,
    /// What texts are filled in with.
    pub variables: Variables,
    /// Failure domains by their kind, such as `site = lon`.
    pub domains: BTreeMap<String, String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Whom to call, a line each.
    pub contacts: Vec<String>,
}

impl Target {
    /// A host by its name, which stands for its address.
    pub fn new(name: impl Into<String>, transport: Arc<dyn Transport>) -> Self {
        let name = name.into();
        Self {
            host: Host::new(name.as_str()),
            name: name.into(),
            transport,
            elevation: None,
            variables: Variables::new(),
            domains: BTreeMap::new(),
            owner: None,
            contacts: Vec::new(),
        }
    }

    /// A host of an inventory, with its address, variables, site, owner and contacts. `transports` gives the transport of
    /// a kind.
    ///
    /// # Errors
    /// Those of [`Reach::of`], of the host's typed keys, and of `transports`.
    pub fn of(
        host: purlin_inventory::Host<'_>,
        transports: &dyn Fn(&TransportKind) -> Result<Arc<dyn Transport>>,
    ) -> Result<Self> {
        let reach = Reach::of(host)?;
        let mut target = Self::new(host.name(), transports(&reach.kind)?);
        target.host = reach.host;
        target.elevation = reach.elevation;
        target.variables = Variables::of(host);
        for (key, value) in [("site", host.site()?), ("environment", host.environment()?)] {
            target.domains.extend(value.map(|value| (key.to_owned(), value.to_owned())));
        }
        target.owner = host.owner()?.map(str::to_owned);
        for contact in host.contacts()? {
            let ways = [contact.email, contact.phone, contact.url].into_iter().flatten();
            target.contacts.push(std::iter::once(contact.name).chain(ways).collect::<Vec<_>>().join(", "));
        }
        Ok(target)
    }

    /// What its transport is asked for.
    #[must_use]
    pub fn host(mut self, host: Host) -> Self {
        self.host = host;
        self
    }

    /// As whom steps run there.
    #[must_use]
    pub fn elevated(mut self, elevation: Become) -> Self {
        self.elevation = Some(elevation);
        self
    }

    /// What texts are filled in with.
    #[must_use]
    pub fn variables(mut self, variables: Variables) -> Self {
        self.variables = variables;
        self
    }

    /// Puts it into a failure domain, such as `site`, `lon`.
    #[must_use]
    pub fn domain(mut self, kind: impl Into<String>, name: impl Into<String>) -> Self {
        self.domains.insert(kind.into(), name.into());
        self
    }

    /// Who answers for it.
    #[must_use]
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = Some(owner.into());
        self
    }

    /// Whom to call.
    #[must_use]
    pub fn contact(mut self, contact: impl Into<String>) -> Self {
        self.contacts.push(contact.into());
        self
    }
}
