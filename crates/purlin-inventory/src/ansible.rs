//! What Ansible's trees contain, by Ansible's rules.

pub(crate) mod config;
pub(crate) mod connection;
#[allow(dead_code, reason = "until the readers call it")]
pub(crate) mod constructed;
#[cfg(test)]
pub(crate) mod fixtures;
#[allow(dead_code, reason = "until the readers call it")]
pub(crate) mod generator;
#[allow(dead_code, reason = "until the readers call it")]
pub(crate) mod template;
#[allow(dead_code, reason = "until the readers call it")]
pub(crate) mod vault;
