//! A target as its URL.

use super::Target;
use super::parse::is_secret;
use super::percent::encode;
use crate::WantedRole;
use std::fmt;

/// In place of a secret.
const HIDDEN: &str = "***";

impl fmt::Debug for Target {
    /// Options by name only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, user, hosts, path, database, role, options, password, tls, errors } = self;
        let user = user.as_ref().map(|user| match user.split_once(':') {
            Some((user, _)) => format!("{user}:{HIDDEN}"),
            None => user.clone(),
        });
        f.debug_struct("Target")
            .field("scheme", scheme)
            .field("user", &user)
            .field("hosts", hosts)
            .field("path", path)
            .field("database", database)
            .field("role", role)
            .field("options", &options.keys().collect::<Vec<_>>())
            .field("password", password)
            .field("tls", tls)
            .field("errors", errors)
            .finish()
    }
}

impl fmt::Display for Target {
    /// The URL, without password, TLS settings and error classes, which have no place in it. Nor have secrets that a
    /// program has put into a user or an option: what stands there then cannot be read back.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme)?;
        match &self.path {
            Some(path) if self.user.is_none() && self.database.is_none() => {
                let path = encode(&path.to_string_lossy(), "/:,");
                // Two slashes would begin a host.
                let is_number = !path.is_empty() && path.bytes().all(|byte| byte.is_ascii_digit());
                match (path.strip_prefix("//"), is_number) {
                    (Some(rest), _) => write!(f, "/%2F{rest}")?,
                    // A number would be a port. Digits are 30 to 39 in hexadecimal.
                    (None, true) => write!(f, "%3{path}")?,
                    (None, false) => f.write_str(&path)?,
                }
            }
            _ => self.authority(f)?,
        }
        let role = match self.role {
            WantedRole::Any => None,
            role => Some(("role", role.as_str())),
        };
        let options = self.options.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(role);
        for (index, (name, value)) in options.enumerate() {
            let sign = if index == 0 { '?' } else { '&' };
            let value = if is_secret(name) { HIDDEN.to_owned() } else { encode(value, "/:,") };
            write!(f, "{sign}{}={value}", encode(name, ""))?;
        }
        Ok(())
    }
}

impl Target {
    fn authority(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("//")?;
        if let Some(user) = &self.user {
            match user.split_once(':') {
                Some((user, _)) => write!(f, "{}:{HIDDEN}@", encode(user, ""))?,
                None => write!(f, "{}@", encode(user, ""))?,
            }
        }
        if let Some(path) = &self.path {
            f.write_str(&encode(&path.to_string_lossy(), ""))?;
        }
        for (index, (host, port)) in self.hosts.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match host.contains(':') {
                true => write!(f, "{comma}[{}]", encode(host, ":"))?,
                false => write!(f, "{comma}{}", encode(host, ""))?,
            }
            if let Some(port) = port {
                write!(f, ":{port}")?;
            }
        }
        match &self.database {
            Some(database) => write!(f, "/{}", encode(database, "")),
            None => Ok(()),
        }
    }
}
