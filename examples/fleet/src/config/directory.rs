//! Where a directory is.

use purlin::ldap::{Dn, ServerUrl, SrvDomain};
use purlin::{Error, ErrorKind, Result};
use std::fmt;
use std::str::FromStr;

/// The schemes of directories, which no database has.
const SCHEMES: [&str; 4] = ["ldaps", "ldap+starttls", "ldap", "ldapi"];

/// The servers of a directory, the best first, and the entry under which everything is:
/// `ldaps://ldap1.lon,ldap2.lds/dc=example,dc=org`. The entry is left out where it is said otherwise.
/// Where the hosts are left out, the DNS names the servers of the entry's domain: `ldaps:///dc=example,dc=org`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DirectoryUrl {
    pub(crate) servers: Vec<ServerUrl>,
    pub(crate) domain: Option<SrvDomain>,
    pub(crate) base: Option<Dn>,
}

impl DirectoryUrl {
    /// Whether a text is meant to be one.
    pub(crate) fn is_meant(text: &str) -> bool {
        text.split_once("://").is_some_and(|(scheme, _)| SCHEMES.contains(&scheme))
    }
}

impl FromStr for DirectoryUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Ok(Self { servers: vec![text.parse()?], domain: None, base: None });
        };
        let fault = |what| Err(Error::new(ErrorKind::Invalid, what).with_operation("ldap.url"));
        // What stands before it may be a password, with a slash in it, and is not repeated.
        if rest.contains('@') {
            return fault("credentials do not belong into a URL of a directory");
        }
        if rest.contains(['?', '#']) {
            return fault("a directory's URL ends with its base");
        }
        let (hosts, base) = rest.split_once('/').unwrap_or((rest, ""));
        if let (true, false) = (hosts.is_empty(), base.is_empty()) {
            let base = decoded(base);
            let domain = format!("{scheme}:///{base}").parse()?;
            return Ok(Self { servers: Vec::new(), domain: Some(domain), base: Some(Dn::new(&base)?) });
        }
        let servers = hosts.split(',').map(|host| format!("{scheme}://{host}").parse());
        let servers = servers.collect::<Result<Vec<ServerUrl>>>()?;
        let base = (!base.is_empty()).then(|| Dn::new(&decoded(base))).transpose()?;
        Ok(Self { servers, domain: None, base })
    }
}

impl fmt::Display for DirectoryUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(domain), Some(base)) = (&self.domain, &self.base) {
            let scheme = domain.to_string();
            return write!(f, "{}:///{base}", scheme.split(':').next().unwrap_or_default());
        }
        for (index, server) in self.servers.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            server.fmt(f)?;
        }
        match &self.base {
            Some(base) => write!(f, "/{base}"),
            None => Ok(()),
        }
    }
}

/// The escapes of URLs (RFC 3986, section 2.1), where they are some.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let digits = after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        rest = match digits {
            Some(byte) => {
                bytes.push(byte);
                after.get(2..).unwrap_or_default()
            }
            None => {
                bytes.push(b'%');
                after
            }
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_servers_and_a_base_are_one_url() {
        let url: DirectoryUrl = "ldaps://ldap1.lon,ldap2.lds:1636/dc=example%2Cdc=org".parse().unwrap();
        assert_eq!(url.to_string(), "ldaps://ldap1.lon:636, ldaps://ldap2.lds:1636/dc=example,dc=org");
        let socket: DirectoryUrl = "ldapi://%2Frun%2Fldapi".parse().unwrap();
        assert_eq!((socket.servers.len(), socket.base), (1, None));
        for text in ["ldaps:///dc=example,dc=org", "ldap+starttls:///ou=people,dc=example,dc=org"] {
            let url: DirectoryUrl = text.parse().unwrap();
            assert_eq!((url.to_string().as_str(), url.servers.len()), (text, 0));
            assert_eq!(url.domain.map(|domain| domain.domain).as_deref(), Some("example.org"));
        }
        for text in [
            "ldap1.lon",
            "ldaps:///o=x",
            "ldapi:///dc=x",
            "ldaps://",
            "ldaps://a,,b",
            "ldaps://a/nonsense",
            "ldaps://a/dc=x?uid",
        ] {
            assert!(text.parse::<DirectoryUrl>().is_err(), "{text}");
        }
        let error = "ldaps://cn=x:s3cret@a".parse::<DirectoryUrl>().unwrap_err();
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}
