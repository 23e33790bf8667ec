//! Where a connection goes.

use crate::{Error, ErrorKind, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

/// Where a connection goes: a host and a port, a Unix socket, or a file. Cheap to clone; usable as a key.
///
/// Host names are compared as DNS does, without regard to case, and kept in lower case. It prints as it is
/// written: `db1.lon:3306`, `[2001:db8::1]:443`, `unix:/run/ldapi`,
/// `file:state.db`.
///
/// ```
/// use purlin_core::Endpoint;
///
/// let endpoint: Endpoint = "[2001:db8::1]:443".parse()?;
/// assert_eq!((endpoint.host(), endpoint.port()), (Some("2001:db8::1"), Some(443)));
/// assert_eq!(Endpoint::parse("www.example.org", Some(443))?.to_string(), "www.example.org:443");
/// # Ok::<(), purlin_core::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint(Place);

/// The name of a database that is no file, as SQLite writes it.
const IN_MEMORY: &str = ":memory:";

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Place {
    Network { host: Arc<str>, port: u16 },
    Unix(Arc<Path>),
    File(Arc<Path>),
}

impl Endpoint {
    /// A host name or an address (IPv6 with or without brackets), and a port from 1 to 65535.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`] when the host is empty, longer than 253 bytes or holds anything that no host name or
    /// address does, or when the port is 0.
    pub fn new(host: &str, port: u16) -> Result<Self> {
        without_credentials(host)?;
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        let host = match bare.parse::<IpAddr>() {
            Ok(address) => Arc::from(address.to_string()),
            Err(_) if bare.len() == host.len() && is_host_name(bare) => Arc::from(bare.to_ascii_lowercase()),
            Err(_) => return Err(invalid(format!("{host:?} is neither a host name nor an address"))),
        };
        if port == 0 {
            return Err(invalid(format!("port 0 of {host:?}: a port is from 1 to 65535")));
        }
        Ok(Self(Place::Network { host, port }))
    }

    /// A Unix socket.
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self(Place::Unix(path.into().into()))
    }

    /// A file that stands for a server, such as a database's; `:memory:` is one that lives in memory only.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Place::File(path.into().into()))
    }

    /// Reads `HOST:PORT`, `[ADDRESS]:PORT`, `unix:/PATH` or `file:PATH`; the port may be left out where there is a default.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`], naming the text and what is wrong with it. Of a text with credentials, only what follows
    /// them is named.
    pub fn parse(text: &str, default_port: Option<u16>) -> Result<Self> {
        if let Some(path) = text.strip_prefix("unix:/") {
            return Ok(Self::unix(format!("/{path}")));
        }
        match text.strip_prefix("file:").unwrap_or(text) {
            path if path.len() < text.len() && !path.is_empty() => return Ok(Self::file(path)),
            IN_MEMORY => return Ok(Self::file(IN_MEMORY)),
            _ => {}
        }
        without_credentials(text)?;
        if text.starts_with("unix:") {
            return Err(invalid(format!("{text:?}: the path of a socket starts with /")));
        }
        if text.contains("://") || text.contains('/') {
            return Err(invalid(format!("{text:?} is not HOST:PORT; leave scheme and path out")));
        }
        let (host, port) = split_port(text);
        match (port, default_port) {
            (Some(port), _) => {
                let number = port.bytes().all(|byte| byte.is_ascii_digit()).then(|| port.parse::<u16>().ok());
                let number = number.flatten().filter(|number| *number > 0);
                let number = number.ok_or_else(|| {
                    invalid(format!("{text:?}: port {port:?} is not a number from 1 to 65535"))
                })?;
                Self::new(host, number)
            }
            (None, Some(port)) => Self::new(host, port),
            (None, None) => Err(invalid(format!("{text:?} has no port; write HOST:PORT"))),
        }
    }

    /// The host name in lower case, or the address without brackets; none for a Unix socket or a file.
    pub fn host(&self) -> Option<&str> {
        match &self.0 {
            Place::Network { host, .. } => Some(host),
            Place::Unix(_) | Place::File(_) => None,
        }
    }

    /// The port; none for a Unix socket or a file.
    pub fn port(&self) -> Option<u16> {
        match &self.0 {
            Place::Network { port, .. } => Some(*port),
            Place::Unix(_) | Place::File(_) => None,
        }
    }

    /// What OpenTelemetry calls `server.address`: the host, or the path of a Unix socket.
    pub(crate) fn address(&self) -> Option<Cow<'_, str>> {
        self.host().map(Cow::Borrowed).or_else(|| self.path().map(Path::to_string_lossy))
    }

    /// The path of a Unix socket or a file.
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Place::Network { .. } => None,
            Place::Unix(path) | Place::File(path) => Some(path),
        }
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::Invalid, message).with_operation("endpoint.parse")
}

/// Whoever writes `user:password@host` must not find the password in a log; nothing before the last `@` is repeated.
fn without_credentials(text: &str) -> Result<()> {
    match text.rsplit_once('@') {
        Some((_, rest)) => {
            Err(invalid(format!("credentials do not belong here: write only what follows @, {rest:?}")))
        }
        None => Ok(()),
    }
}

/// `a:1` is a host and a port, `::1` is an address, `[::1]:1` is both.
fn split_port(text: &str) -> (&str, Option<&str>) {
    if text.starts_with('[') {
        return match text.rsplit_once("]:") {
            Some((host, port)) => (&text[..=host.len()], Some(port)),
            None => (text, None),
        };
    }
    match text.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host, Some(port)),
        _ => (text, None),
    }
}

/// The letters of RFC 1123 host names plus the underscore, which real estates use; an IPv6 zone is no part of it. A
/// label does not begin with a hyphen, and so no host can be taken for an option of a command.
fn is_host_name(text: &str) -> bool {
    let name = text.strip_suffix('.').unwrap_or(text);
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    !name.is_empty() && name.len() <= 253 && name.split('.').all(label)
}

impl FromStr for Endpoint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text, None)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Place::Network { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Place::Network { host, port } => write!(f, "{host}:{port}"),
            Place::Unix(path) => write!(f, "unix:{}", path.display()),
            Place::File(path) if path.as_os_str() == IN_MEMORY => f.write_str(IN_MEMORY),
            Place::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

impl Serialize for Endpoint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Endpoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
