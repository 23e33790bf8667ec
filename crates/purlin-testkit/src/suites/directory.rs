//! The suite for `purlin_ldap::Directory`: about 40 cases over the entries of
//! [`SlapdSettings::ldif`](crate::SlapdSettings::ldif), each with a name that stays.

mod authenticate;
mod groups;
mod look_ups;
mod searches;

use super::{Finding, Report, Suite};
use async_trait::async_trait;
use purlin_core::{Cx, Error, Result};
use purlin_ldap::{Directory, Profile};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// Less than the watchdog's time, so that a call's own deadline names what hung.
const LIMIT: Duration = Duration::from_secs(45);

/// Makes the directories that the suite looks at. They hold the entries of
/// [`SlapdSettings::ldif`](crate::SlapdSettings::ldif) for 1,200 people.
#[async_trait]
pub trait DirectoryHarness: Send + Sync {
    /// The implementation's name, for the report.
    fn implementation(&self) -> &str;

    /// What it can do beyond the trait; nothing unless said.
    fn capabilities(&self) -> Vec<DirectoryCapability> {
        Vec::new()
    }

    /// A directory with this profile, asked by somebody who may read everything.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    async fn directory(&self, cx: &Cx, profile: Profile) -> Result<Arc<dyn Directory>>;

    /// The same, asked by somebody to whom the server gives 500 entries at most.
    ///
    /// # Errors
    /// What hinders it, which fails the case.
    async fn limited(&self, cx: &Cx, profile: Profile) -> Result<Arc<dyn Directory>>;
}

/// How many people the suite expects.
pub const DIRECTORY_PEOPLE: usize = 1200;

/// What a directory can do beyond the trait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DirectoryCapability {
    /// It names places where more can be asked.
    Referrals,
    /// It refuses passwords by a policy: `locked`, `expired`, `reset`.
    Policy,
    /// It has rules of its own for what is equal and what is in order.
    Schema,
}

impl DirectoryCapability {
    fn as_str(self) -> &'static str {
        match self {
            Self::Referrals => "referrals",
            Self::Policy => "policy",
            Self::Schema => "schema",
        }
    }
}

/// Runs the suite over one implementation.
pub async fn directory(harness: &dyn DirectoryHarness) -> Report {
    let capabilities = harness.capabilities().into_iter().map(DirectoryCapability::as_str);
    let mut suite = Suite::new("directory", harness.implementation(), capabilities);
    let stage = Stage { harness };
    look_ups::run(&mut suite, &stage).await;
    searches::run(&mut suite, &stage).await;
    groups::run(&mut suite, &stage).await;
    authenticate::run(&mut suite, &stage).await;
    suite.finish()
}

/// What the cases share.
struct Stage<'h> {
    harness: &'h dyn DirectoryHarness,
}

/// What is wrong.
#[derive(Debug)]
struct Complaint(String);

type Case = std::result::Result<(), Complaint>;

impl From<Error> for Complaint {
    fn from(error: Error) -> Self {
        Self(format!("{error:#}"))
    }
}

impl From<String> for Complaint {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Complaint {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

async fn found(case: impl Future<Output = Case>) -> Finding {
    case.await.map_err(|complaint| complaint.0)
}

impl Stage<'_> {
    fn cx() -> Cx {
        Cx::background().with_timeout(LIMIT)
    }

    fn profile() -> Result<Profile> {
        Ok(Profile::rfc2307bis(crate::Slapd::BASE.parse()?))
    }

    async fn directory(&self) -> Result<Arc<dyn Directory>> {
        self.harness.directory(&Self::cx(), Self::profile()?).await
    }
}

fn ensure(is_so: bool, complaint: impl Into<Complaint>) -> Case {
    if is_so { Ok(()) } else { Err(complaint.into()) }
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, wanted: &T) -> Case {
    let shown = |value: &T| format!("{value:?}").chars().take(300).collect::<String>();
    ensure(got == wanted, format!("{what} is {} instead of {}", shown(got), shown(wanted)))
}

fn failed<T>(what: &str, result: Result<T>) -> std::result::Result<Error, Complaint> {
    match result {
        Err(error) => Ok(error),
        Ok(_) => Err(format!("{what} went well").into()),
    }
}

/// Runs cases of a group, each with what it needs.
macro_rules! cases {
    ($suite:ident, $stage:ident, $group:literal; $($case:ident [$($need:literal),*];)*) => {$(
        let body = Box::pin(super::found($case($stage)));
        $suite.case_for_all(&[$($need),*], concat!($group, ".", stringify!($case)), body).await;
    )*};
}
use cases;
