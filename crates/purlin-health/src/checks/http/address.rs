//! URLs, as far as a check needs them.

use super::invalid;
use http::Uri;
use purlin_core::{Endpoint, Result};
use std::fmt;

/// An `http` or `https` URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    is_secure: bool,
    endpoint: Endpoint,
    /// As the URL has it, for `Host`: without the port where that is the usual one.
    authority: String,
    path: String,
}

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self> {
        let fault = |what: &str| invalid(format!("\"{}\" {what}", url.escape_debug()));
        let uri: Uri = url.parse().map_err(|_| fault("is no URL"))?;
        let is_secure = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(fault("does not begin with http:// or https://")),
        };
        let authority = uri.authority().ok_or_else(|| fault("names no host"))?;
        if authority.as_str().contains('@') {
            // The text itself may hold a password and is not repeated.
            return Err(invalid(
                "a URL must not hold a user or a password: use basic authentication".to_owned(),
            ));
        }
        let usual = if is_secure { 443 } else { 80 };
        // A number that is no port is left out by the parser.
        let port = match authority.as_str().strip_prefix(authority.host()) {
            None | Some("" | ":") => usual,
            Some(port) => port[1..].parse().map_err(|_| fault("has no such port"))?,
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let endpoint = Endpoint::new(host, port)?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Self { is_secure, endpoint, authority: authority.as_str().to_owned(), path })
    }

    /// Where a redirect leads (RFC 3986, section 5.2, without the removal of dots).
    pub(super) fn join(&self, location: &str) -> Result<Self> {
        let scheme = if self.is_secure { "https" } else { "http" };
        let location = location.split('#').next().unwrap_or_default();
        if has_scheme(location) {
            return Self::parse(location);
        }
        if let Some(rest) = location.strip_prefix("//") {
            return Self::parse(&format!("{scheme}://{rest}"));
        }
        let own = self.path.split('?').next().unwrap_or("/");
        let path = match location.chars().next() {
            None => self.path.clone(),
            Some('/') => location.to_owned(),
            Some('?') => format!("{own}{location}"),
            Some(_) => {
                let folder = own.rfind('/').map_or("/", |end| &own[..=end]);
                format!("{folder}{location}")
            }
        };
        Self::parse(&format!("{scheme}://{}{path}", self.authority))
    }

    pub(super) fn is_secure(&self) -> bool {
        self.is_secure
    }

    pub(super) fn is_same_server(&self, other: &Self) -> bool {
        (self.is_secure, &self.endpoint) == (other.is_secure, &other.endpoint)
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(super) fn authority(&self) -> &str {
        &self.authority
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

/// Whether it begins with a scheme, whatever that is (RFC 3986, section 3.1).
fn has_scheme(location: &str) -> bool {
    let Some((scheme, _)) = location.split_once(':') else { return false };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_lead_where_browsers_go() -> Result<()> {
        let base = Address::parse("https://www.example.org/a/b?c=d")?;
        for (location, expected) in [
            ("http://other.example.org:8080/x", "http://other.example.org:8080/x"),
            ("//cdn.example.org/y", "https://cdn.example.org/y"),
            ("/root", "https://www.example.org/root"),
            ("sibling#part", "https://www.example.org/a/sibling"),
            ("?e=f", "https://www.example.org/a/b?e=f"),
            ("", "https://www.example.org/a/b?c=d"),
        ] {
            assert_eq!(base.join(location)?.to_string(), expected, "{location}");
        }
        assert_eq!(base.join("/a:b")?.to_string(), "https://www.example.org/a:b");
        assert!(base.join("ftp://www.example.org/").is_err() && base.join("mailto:a").is_err());
        Ok(())
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_a_password() {
        for url in [
            "",
            "www.example.org",
            "ftp://x/",
            "http://",
            "http://x:99999/",
            "http://[::1]:99999/",
            "http://a b/",
        ] {
            assert!(Address::parse(url).is_err(), "{url}");
        }
        let error = Address::parse("http://app:hunter2@www.example.org/").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
