//! What a descriptor's parameters mean.

mod parameter;

pub(crate) use parameter::port;

use super::fault::judge;
use super::nodes::{self, Node};
use super::{
    Address, AddressList, ConnectData, DatabaseName, Description, Descriptor, Fault, Origin, PORT, Security,
    TLS_PORT,
};
use purlin_core::{Endpoint, Error, suggest};

/// Reads a text that is a descriptor and nothing else.
pub(crate) fn descriptor(text: &str, origin: &Origin<'_>) -> Result<Descriptor, Error> {
    let mut reader = Reader::default();
    let read = nodes::node(text, 0).and_then(|(node, end)| {
        let end = nodes::skip(text, end);
        match end == text.len() {
            true => reader.descriptor(&node),
            false => Err(Fault::new(end, "syntax", "the descriptor ends before this")),
        }
    });
    reader.finish(read, origin)
}

/// Parameters that are taken without a word, because they ask for nothing that purlin would have to do otherwise.
const IDLE: [&str; 18] = [
    "COMPRESSION",
    "COMPRESSION_LEVELS",
    "ENABLE",
    "EXPIRE_TIME",
    "FAILOVER_MODE",
    "GLOBAL_NAME",
    "HS",
    "RECV_BUF_SIZE",
    "RECV_TIMEOUT",
    "RETRY_COUNT",
    "RETRY_DELAY",
    "SEND_BUF_SIZE",
    "SEND_TIMEOUT",
    "TYPE_OF_SERVICE",
    "USE_SNI",
    "USE_TCP_FAST_OPEN",
    "CID",
    "KEY",
];
/// Parameters of CONNECT_DATA that the listener or the server reads.
const PASSED_ON: [&str; 11] = [
    "SERVER",
    "INSTANCE_NAME",
    "POOL_BOUNDARY",
    "POOL_CONNECTION_CLASS",
    "POOL_NAME",
    "POOL_PURITY",
    "COLOCATION_TAG",
    "CONNECTION_ID_PREFIX",
    "REGION",
    "RDB_DATABASE",
    "TUNNEL_SERVICE_NAME",
];
/// Ways that lead through something else.
const DETOURS: [&str; 2] = ["HTTPS_PROXY", "HTTPS_PROXY_PORT"];

/// Collects what parameters say, and what is wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) faults: Vec<Fault>,
}

impl Reader {
    /// The descriptor, or all faults.
    pub(crate) fn finish(
        mut self,
        read: Result<Descriptor, Fault>,
        origin: &Origin<'_>,
    ) -> Result<Descriptor, Error> {
        let descriptor = read.map_err(|fault| self.faults.push(fault));
        let warnings = judge(&self.faults, origin)?;
        match descriptor {
            Ok(descriptor) => Ok(Descriptor { warnings, ..descriptor }),
            // A fault that ends the reading is an error, and so has been told.
            Err(()) => Err(super::invalid("the descriptor cannot be read")),
        }
    }

    pub(crate) fn descriptor(&mut self, node: &Node) -> Result<Descriptor, Fault> {
        match node.key.as_str() {
            "DESCRIPTION" => Ok(Descriptor::new(self.description(node)?)),
            "DESCRIPTION_LIST" => self.descriptions(node),
            other => Err(Fault::new(node.at, "syntax", format!("{other} is no descriptor"))
                .help("a descriptor begins with (DESCRIPTION= or (DESCRIPTION_LIST=")),
        }
    }

    fn descriptions(&mut self, node: &Node) -> Result<Descriptor, Fault> {
        let (mut descriptions, mut failover, mut load_balance) = (Vec::new(), true, true);
        for child in node.nodes()? {
            match child.key.as_str() {
                "DESCRIPTION" => descriptions.push(self.description(child)?),
                "FAILOVER" => failover = self.switch(child)?,
                "LOAD_BALANCE" => load_balance = self.switch(child)?,
                "SOURCE_ROUTE" => self.source_route(child)?,
                other => self.unknown(child.at, other, &["DESCRIPTION", "FAILOVER", "LOAD_BALANCE"]),
            }
        }
        if descriptions.is_empty() {
            return Err(Fault::new(node.at, "no-address", "a DESCRIPTION_LIST without a DESCRIPTION"));
        }
        Ok(Descriptor { descriptions, failover, load_balance, ..Descriptor::new(blank()) })
    }

    fn description(&mut self, node: &Node) -> Result<Description, Fault> {
        let mut description = blank();
        let mut direct = AddressList::new([]);
        for child in node.nodes()? {
            match child.key.as_str() {
                "ADDRESS" => direct.addresses.extend(self.address(child)?),
                "ADDRESS_LIST" => description.address_lists.push(self.address_list(child)?),
                "CONNECT_DATA" => self.connect_data(child, &mut description.connect_data)?,
                "SECURITY" => self.security(child, &mut description.security)?,
                key => {
                    let value = child.text().map(str::to_owned);
                    match self.parameter(
                        &mut description,
                        child.at,
                        key,
                        value.as_deref().unwrap_or_default(),
                    ) {
                        true => drop(value?),
                        false => self.unknown(child.at, key, &KNOWN),
                    }
                }
            }
        }
        if !direct.addresses.is_empty() {
            // Addresses without a list follow what is said of the description.
            (direct.failover, direct.load_balance) = (description.failover, description.load_balance);
            description.address_lists.insert(0, direct);
        }
        description.address_lists.retain(|list| !list.addresses.is_empty());
        let has_faults = self.faults.iter().any(Fault::is_error);
        if description.address_lists.is_empty() && !has_faults {
            return Err(Fault::new(node.at, "no-address", "a DESCRIPTION without an ADDRESS"));
        }
        Ok(description)
    }

    fn address_list(&mut self, node: &Node) -> Result<AddressList, Fault> {
        let mut list = AddressList::new([]);
        for child in node.nodes()? {
            match child.key.as_str() {
                "ADDRESS" => list.addresses.extend(self.address(child)?),
                "ADDRESS_LIST" => list.addresses.extend(self.address_list(child)?.addresses),
                "FAILOVER" => list.failover = self.switch(child)?,
                "LOAD_BALANCE" => list.load_balance = self.switch(child)?,
                "SOURCE_ROUTE" => self.source_route(child)?,
                other => self.unknown(child.at, other, &["ADDRESS", "FAILOVER", "LOAD_BALANCE"]),
            }
        }
        Ok(list)
    }

    /// None where it is one that cannot be used, which is among the faults then.
    fn address(&mut self, node: &Node) -> Result<Option<Address>, Fault> {
        let (mut protocol, mut host, mut port) = ("tcp".to_owned(), None, None);
        for child in node.nodes()? {
            match child.key.as_str() {
                "PROTOCOL" => protocol = child.text()?.to_ascii_lowercase(),
                "HOST" => host = Some((child.at, child.text()?.to_owned())),
                "PORT" => port = Some((child.at, child.text()?.to_owned())),
                other if DETOURS.contains(&other) => self.faults.push(detour(child.at, other)),
                other => self.unknown(child.at, other, &["PROTOCOL", "HOST", "PORT"]),
            }
        }
        let tls = match protocol.as_str() {
            "tcp" => false,
            "tcps" => true,
            other => {
                let message = format!("protocol {other:?}: purlin speaks tcp and tcps");
                self.faults.push(Fault::unsupported(node.at, message));
                return Ok(None);
            }
        };
        let Some((at, host)) = host else {
            self.faults.push(Fault::new(node.at, "no-address", "an ADDRESS without a HOST"));
            return Ok(None);
        };
        let port = match port {
            None => None,
            Some((at, port)) => match parameter::port(&port) {
                Some(port) => Some(port),
                None => {
                    let message = format!("port {port:?} is not a number from 1 to 65535");
                    self.faults.push(Fault::new(at, "bad-value", message));
                    return Ok(None);
                }
            },
        };
        Ok(self.place(at, &host, port, tls))
    }

    /// A host as it stands in a descriptor or in EZConnect.
    pub(crate) fn place(&mut self, at: usize, host: &str, port: Option<u16>, tls: bool) -> Option<Address> {
        let usual = if tls { TLS_PORT } else { PORT };
        match Endpoint::new(host, port.unwrap_or(usual)) {
            Ok(endpoint) => Some(Address { endpoint, tls }),
            Err(error) => {
                self.faults.push(Fault::new(at, "bad-value", error.message().to_owned()));
                None
            }
        }
    }

    fn connect_data(&mut self, node: &Node, data: &mut ConnectData) -> Result<(), Fault> {
        for child in node.nodes()? {
            match child.key.as_str() {
                "SERVICE_NAME" => self.name(data, child.at, child.text()?, DatabaseName::service),
                "SID" => self.name(data, child.at, child.text()?, DatabaseName::sid),
                key if PASSED_ON.contains(&key) => self.pass_on(data, child.at, key, child.text()?),
                key if IDLE.contains(&key) => {}
                key => self.unknown(child.at, key, &PASSED_ON),
            }
        }
        Ok(())
    }

    pub(crate) fn name(
        &mut self,
        data: &mut ConnectData,
        at: usize,
        text: &str,
        make: impl Fn(String) -> Result<DatabaseName, Error>,
    ) {
        match make(text.to_owned()) {
            Ok(name) if data.name.as_ref().is_some_and(|before| *before != name) => {
                let message = "SERVICE_NAME and SID: one of the two says which database it is";
                self.faults.push(Fault::new(at, "bad-value", message));
            }
            Ok(name) => data.name = Some(name),
            Err(error) => self.faults.push(Fault::new(at, "bad-value", error.message().to_owned())),
        }
    }

    pub(crate) fn pass_on(&mut self, data: &mut ConnectData, at: usize, key: &str, value: &str) {
        match !value.is_empty() && super::render::is_plain(value) {
            true => data.others.push((key.to_owned(), value.to_owned())),
            false => self.faults.push(Fault::new(at, "bad-value", format!("{key} cannot be {value:?}"))),
        }
    }

    fn security(&mut self, node: &Node, security: &mut Security) -> Result<(), Fault> {
        for child in node.nodes()? {
            if child.key == "WALLET_LOCATION" {
                // Of old: (WALLET_LOCATION=(SOURCE=(METHOD=FILE)(METHOD_DATA=(DIRECTORY=…))))
                if let Some(folder) = parameter::directory(child) {
                    security.wallet = Some(folder.into());
                    continue;
                }
            }
            let value = child.text()?;
            if !self.security_parameter(security, child.at, &child.key, value) {
                self.unknown(child.at, &child.key, &["WALLET_LOCATION", "SSL_SERVER_DN_MATCH"]);
            }
        }
        Ok(())
    }

    fn unknown(&mut self, at: usize, key: &str, known: &[&str]) {
        if IDLE.contains(&key) || parameter::SAID_ELSEWHERE.contains(&key) {
            return;
        }
        let fault = Fault::warning(at, "unknown-parameter", format!("{key} has no effect"));
        let near = suggest(key, known.iter().copied());
        self.faults.push(match near {
            Some(near) => fault.help(format!("did you mean {near}?")),
            None => fault,
        });
    }
}

/// What stands beside addresses.
const KNOWN: [&str; 9] = [
    "ADDRESS",
    "ADDRESS_LIST",
    "CONNECT_DATA",
    "SECURITY",
    "FAILOVER",
    "LOAD_BALANCE",
    "CONNECT_TIMEOUT",
    "TRANSPORT_CONNECT_TIMEOUT",
    "SDU",
];

pub(crate) fn blank() -> Description {
    Description { address_lists: Vec::new(), ..Description::new([], ConnectData::default()) }
}

fn detour(at: usize, key: &str) -> Fault {
    Fault::unsupported(at, format!("{key}: purlin connects directly, not through a proxy"))
}
