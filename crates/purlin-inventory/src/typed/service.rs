//! What a host serves.

use super::parts::{Faults, link, port, table, template, word, wrong};
use crate::{Located, Map};

/// Something that a host serves: an application, a database, a proxy.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    name: String,
    port: Option<u16>,
    url: Option<String>,
    docs: Option<String>,
    check: Map,
    address: String,
}

pub(crate) const KEYS: [&str; 4] = ["port", "url", "docs", "check"];

impl Service {
    /// Reads the services of a host; its name and address stand where a link says `{{ host }}` and `{{ address }}`.
    pub(crate) fn read_all(
        value: &Located,
        host: &str,
        address: &str,
        faults: &mut Faults,
    ) -> Option<Vec<Self>> {
        let Some(map) = value.value.as_map() else {
            let message = format!("services is a table of tables, not a {}", value.value.kind());
            wrong(faults, value, message, "as in services.app = { port = 8080 }");
            return None;
        };
        let before = faults.len();
        let read =
            map.iter().filter_map(|(name, value)| Self::read(name, value, host, address, faults)).collect();
        (faults.len() == before).then_some(read)
    }

    fn read(name: &str, value: &Located, host: &str, address: &str, faults: &mut Faults) -> Option<Self> {
        let name = word("a service's name", &Located::new(name, value.origin), faults)?.to_owned();
        let map = table(&format!("service {name:?}"), value, &KEYS, faults)?;
        let mut filled = |key: &str| {
            let value = map.get(key)?;
            let text = fill(link(key, value, faults)?, host, address);
            if text.is_none() {
                template(key, value, faults);
            }
            text
        };
        let (url, docs) = (filled("url"), filled("docs"));
        let check = match map.get("check").map(|check| (check, check.value.as_map())) {
            None => Map::new(),
            Some((_, Some(settings))) => settings.clone(),
            Some((check, None)) => {
                wrong(faults, check, format!("check is a table, not a {}", check.value.kind()), "");
                return None;
            }
        };
        Some(Self {
            port: map.get("port").and_then(|value| port(value, faults)),
            url,
            docs,
            address: address.to_owned(),
            check,
            name,
        })
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The port that it listens on.
    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// A link to it: its `url` with this path at its end. Without a `url` it is `http://` with the host's address and
    /// the service's port.
    pub fn url(&self, path: &str) -> String {
        let base = match (&self.url, self.port) {
            (Some(url), _) => url.clone(),
            (None, port) => {
                let address = match self.address.contains(':') {
                    true => format!("[{}]", self.address),
                    false => self.address.clone(),
                };
                format!("http://{address}{}", port.map(|port| format!(":{port}")).unwrap_or_default())
            }
        };
        match path.trim_start_matches('/') {
            "" => base,
            path => format!("{}/{path}", base.trim_end_matches('/')),
        }
    }

    /// Where it is explained.
    pub fn docs(&self) -> Option<&str> {
        self.docs.as_deref()
    }

    /// How it is checked, as the file says it.
    pub fn check(&self) -> &Map {
        &self.check
    }
}

/// Puts a host's name and address into a link; none where it names anything else.
fn fill(text: &str, host: &str, address: &str) -> Option<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}")?;
        filled.push_str(before);
        filled.push_str(match name.trim() {
            "host" => host,
            "address" => address,
            _ => return None,
        });
        rest = after;
    }
    Some(filled + rest)
}
