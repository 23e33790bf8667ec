//! A target as its URL.

use super::Target;
use super::percent::encode;
use crate::WantedRole;
use std::fmt;

impl fmt::Display for Target {
    /// The URL, without password, TLS settings and error classes, which have no place in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme)?;
        match &self.path {
            Some(path) if self.user.is_none() && self.database.is_none() => {
                let path = encode(&path.to_string_lossy(), "/:,");
                // Two slashes would begin a host.
                match path.strip_prefix("//") {
                    Some(rest) => write!(f, "/%2F{rest}")?,
                    None => f.write_str(&path)?,
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
            write!(f, "{sign}{}={}", encode(name, ""), encode(value, "/:,"))?;
        }
        Ok(())
    }
}

impl Target {
    fn authority(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("//")?;
        if let Some(user) = &self.user {
            write!(f, "{}@", encode(user, ""))?;
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
