//! What the tests share.

use purlin_core::{Cx, Result, SecretRef};
use purlin_ldap::{LdapDirectory, LdapSettings, Profile};
use purlin_testkit::Slapd;
use std::net::SocketAddr;
use std::time::Duration;

pub(crate) fn cx() -> Cx {
    Cx::background().with_timeout(Duration::from_secs(40))
}

pub(crate) fn profile() -> Profile {
    Profile::rfc2307bis(Slapd::BASE.parse().unwrap())
}

/// Asked by the one without a limit, in clear.
pub(crate) fn settings(servers: impl IntoIterator<Item = SocketAddr>) -> LdapSettings {
    let settings = LdapSettings::new(profile()).danger_password_in_clear();
    let settings = settings.bind(Slapd::SYNC.parse().unwrap(), SecretRef::literal("sync"));
    settings.servers(servers.into_iter().map(|address| format!("ldap://{address}"))).unwrap()
}

pub(crate) async fn open(settings: LdapSettings) -> LdapDirectory {
    LdapDirectory::open(&cx(), settings).await.unwrap()
}

pub(crate) async fn opened(servers: impl IntoIterator<Item = SocketAddr>) -> LdapDirectory {
    open(settings(servers)).await
}

/// The error, where there must be one.
pub(crate) fn failed<T>(result: Result<T>) -> purlin_core::Error {
    match result {
        Err(error) => error,
        Ok(_) => panic!("it went well"),
    }
}
