//! Several fakes behind one connector.

use super::{DIALECT, FakeDatabase};
use crate::{Connection, Connector, Dialect, Driver, Target};
use async_trait::async_trait;
use purlin_core::{Cx, Endpoint, Error, ErrorKind, Result};
use std::sync::Arc;

/// Several fakes, as a primary and its replicas: a [`Connector`] that has all their addresses, and a [`Driver`] for
/// URLs such as `fake://db1,db2/map` (port 1 where there is none).
#[derive(Debug, Clone)]
pub struct FakeCluster {
    members: Vec<FakeDatabase>,
    endpoints: Vec<Endpoint>,
}

impl FakeCluster {
    /// These fakes, in this order.
    pub fn new(members: impl IntoIterator<Item = FakeDatabase>) -> Self {
        let members: Vec<_> = members.into_iter().collect();
        let endpoints = members.iter().map(|member| member.endpoint.clone()).collect();
        Self { members, endpoints }
    }

    fn member(&self, endpoint: &Endpoint) -> Result<&FakeDatabase> {
        let found = self.members.iter().find(|member| member.endpoint == *endpoint);
        found.ok_or_else(|| Error::new(ErrorKind::Unresolved, "no fake has this address"))
    }
}

#[async_trait]
impl Connector for FakeCluster {
    fn dialect(&self) -> &'static Dialect {
        self.members.first().map_or(&DIALECT, |member| member.dialect)
    }

    fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    async fn connect(&self, cx: &Cx, endpoint: &Endpoint) -> Result<Box<dyn Connection>> {
        self.member(endpoint)?.connect(cx, endpoint).await
    }
}

impl Driver for FakeCluster {
    fn schemes(&self) -> &[&'static str] {
        &["fake"]
    }

    fn connector(&self, target: &Target) -> Result<Arc<dyn Connector>> {
        Ok(Arc::new(Self { members: self.members.clone(), endpoints: target.endpoints(1)? }))
    }
}
