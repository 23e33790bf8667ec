//! Which engines a program can reach.

use crate::{Connector, Target};
use purlin_core::{Error, ErrorKind, Outcome, Result};
use std::fmt;
use std::sync::Arc;

/// Makes connectors for an engine.
pub trait Driver: Send + Sync + fmt::Debug {
    /// The schemes of URLs that are its own, such as `mysql` and `mariadb`.
    fn schemes(&self) -> &[&'static str];

    /// A connector to that database; nothing is asked over the network.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for options that it does not know or values that it cannot take.
    fn connector(&self, target: &Target) -> Result<Arc<dyn Connector>>;
}

/// The drivers of a program: a plain value, nothing registers itself.
#[derive(Debug, Clone, Default)]
pub struct Drivers(Vec<Arc<dyn Driver>>);

/// Engines that purlin has, and the feature of the facade that brings each.
const KNOWN: [(&str, &str); 8] = [
    ("mysql", "db-mysql"),
    ("mariadb", "db-mysql"),
    ("postgres", "db-postgres"),
    ("postgresql", "db-postgres"),
    ("sqlite", "db-sqlite"),
    ("mssql", "db-mssql"),
    ("sqlserver", "db-mssql"),
    ("oracle", "db-oracle"),
];

impl Drivers {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more; of two for one scheme the later counts.
    pub fn with(mut self, driver: impl Driver + 'static) -> Self {
        self.0.push(Arc::new(driver));
        self
    }

    /// The schemes that can be reached, in the order of their drivers.
    pub fn schemes(&self) -> impl Iterator<Item = &'static str> {
        self.0.iter().flat_map(|driver| driver.schemes().iter().copied())
    }

    /// A connector to that database.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] for a scheme without a driver, naming the feature that brings it and the schemes that
    /// are there; and those of [`Driver::connector`].
    pub fn connector(&self, target: &Target) -> Result<Arc<dyn Connector>> {
        let mut drivers = self.0.iter().rev();
        match drivers.find(|driver| driver.schemes().contains(&target.scheme.as_str())) {
            Some(driver) => driver.connector(target),
            None => Err(self.unknown(&target.scheme)),
        }
    }

    fn unknown(&self, scheme: &str) -> Error {
        let feature =
            |scheme: &str| KNOWN.iter().find(|(known, _)| *known == scheme).map(|(_, feature)| *feature);
        let all = self.schemes().chain(KNOWN.iter().map(|(known, _)| *known));
        let why = match (feature(scheme), purlin_core::suggest(scheme, all)) {
            (Some(feature), _) => format!("built without feature {feature:?}"),
            (None, Some(near)) => {
                match feature(near).filter(|_| !self.schemes().any(|there| there == near)) {
                    Some(feature) => {
                        format!("did you mean {near:?}? It is built without feature {feature:?}")
                    }
                    None => format!("did you mean {near:?}?"),
                }
            }
            (None, None) => "no such engine".to_owned(),
        };
        let there: Vec<_> = self.schemes().collect();
        let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        Error::new(ErrorKind::Invalid, format!("{scheme:?}: {why}; there are: {there}"))
            .with_operation("db.connect")
            .with_outcome(Outcome::NotSent)
    }
}
